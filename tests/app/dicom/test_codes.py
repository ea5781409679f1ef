"""Every standard code is what pydicom's copy of PS3.16 says it is."""

from __future__ import annotations

import pytest
from pydicom.sr import codedict

from app.dicom import codes, findings, write_key_images
from app.dicom.codes import Code


def _all_codes() -> list[Code]:
    found = [
        value for module in (codes, write_key_images) for value in vars(module).values() if isinstance(value, Code)
    ]
    found += [codes.disc(label) for label in codes._DISCS]
    found += [*codes._METABOLITES.values(), *codes._RATIOS.values()]
    return [code for code in found if code.scheme in ("SCT", "DCM", "UCUM")]


def _meanings(code: Code) -> set[str]:
    scheme = getattr(codedict.codes, code.scheme)
    listed = (getattr(scheme, name) for name in scheme.dir())
    return {one.meaning for one in listed if one.value == code.value}


NOT_LISTED = {codes.MILLIMOLE_PER_LITRE, codes.SCORE_UNIT, codes.MR_SPECTROSCOPY}
"""UCUM units that no context group of PS3.16 lists, and a modality that has its code by two meanings."""


@pytest.mark.parametrize("code", _all_codes(), ids=lambda code: f"{code.scheme} {code.value}")
def test_a_standard_code_means_what_we_say(code):
    if code in NOT_LISTED:
        return
    assert code.meaning in _meanings(code)


def test_the_modality_code():
    assert codedict.codes.DCM.MagneticResonanceSpectroscopy.value == codes.MR_SPECTROSCOPY.value


def test_own_codes_fit_into_a_code_value_and_differ():
    names = ["Lac/PG", "tNAA/tCr", "a" * 30, "a" * 31]
    made = [codes.ratio(name) for name in names]
    assert all(len(code.value) <= 16 and code.scheme == "99DISCERN" for code in made)
    assert len({code.value for code in made}) == len(names)


def test_a_level_that_is_no_disc_is_a_code_of_our_own():
    assert codes.place("L4-L5") == Code("84020006", "SCT", "L4/L5 disc")
    assert codes.place("vox 1").scheme == "99DISCERN"


def test_no_two_concepts_share_a_code():
    own = [*findings._CLASSES.values(), *findings._DRIVERS.values(), *findings._VERDICTS.values()]
    assert len({code.value for code in own}) == len(own)
