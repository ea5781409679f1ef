"""Saturation bands: what headers say of them, and that what they do not say stays unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.readers import read_studies
from analysis.readers.saturation import bands_of, bands_of_siemens
from analysis.types import SaturationBand
from tests.analysis.readers.builders import fid, item, save, spectroscopy

FRONT = {"SlabThickness": 40.0, "SlabOrientation": [0.0, 1.0, 0.0], "MidSlabPosition": [1.0, -35.0, 2.0]}
TILT = float(np.sqrt(0.5))
BACK = {"SlabThickness": 30.0, "SlabOrientation": [0.0, TILT, TILT], "MidSlabPosition": [0.0, 44.0, 0.0]}


def with_bands(*bands: dict[str, object]) -> pydicom.Dataset:
    group = item()
    group.MRSpatialSaturationSequence = [item(**band) for band in bands]
    return item(SharedFunctionalGroupsSequence=group)


def test_bands_of_the_functional_groups() -> None:
    found = bands_of(with_bands(FRONT, BACK))
    assert found is not None
    assert found[0] == SaturationBand((1.0, -35.0, 2.0), (0.0, 1.0, 0.0), 40.0)
    assert found[1].normal == pytest.approx((0.0, TILT, TILT))


def test_a_frame_speaks_before_the_shared_groups() -> None:
    dataset = with_bands(FRONT)
    own = item()
    own.MRSpatialSaturationSequence = [item(**BACK)]
    dataset.PerFrameFunctionalGroupsSequence = [own]
    found = bands_of(dataset)
    assert found is not None
    assert [band.thickness_mm for band in found] == [30.0]


def test_none_and_unknown_are_told_apart() -> None:
    assert bands_of(with_bands()) == ()
    none = item(SharedFunctionalGroupsSequence=item(MRModifierSequence=item(SpatialPresaturation="NONE")))
    assert bands_of(none) == ()
    slab = item(SharedFunctionalGroupsSequence=item(MRModifierSequence=item(SpatialPresaturation="SLAB")))
    assert bands_of(slab) is None
    assert bands_of(item()) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"SlabThickness": 0.0},
        {"SlabOrientation": [0.0, 0.5, 0.0]},
        {"SlabOrientation": [0.0, 1.0]},
        {"MidSlabPosition": [0.0, 0.0]},
    ],
)
def test_one_impossible_band_leaves_them_all_unknown(spoilt: dict[str, object]) -> None:
    assert bands_of(with_bands(FRONT, {**BACK, **spoilt})) is None


def test_bands_reach_the_acquisition(tmp_path: Path) -> None:
    dataset = spectroscopy(1, fid({2.0: 1.0})[np.newaxis])
    groups = dataset.get("SharedFunctionalGroupsSequence") or [item()]
    groups[0].MRSpatialSaturationSequence = [item(**FRONT)]
    dataset.SharedFunctionalGroupsSequence = list(groups)
    (study,) = read_studies([save(dataset, tmp_path / "one.dcm")])
    (acquisition,) = study.acquisitions
    assert acquisition.saturation_bands is not None
    assert [band.thickness_mm for band in acquisition.saturation_bands] == [40.0]


def test_a_siemens_protocol_names_those_with_a_thickness() -> None:
    key = ("sRSatArray", "asElm")
    protocol = {
        (*key, "__attribute__", "size"): 8.0,
        (*key, "0", "dThickness"): 50.0,
        (*key, "0", "sPosition", "dCor"): -40.0,
        (*key, "0", "sNormal", "dCor"): 1.0,
        (*key, "1", "ulShape"): 1.0,
    }
    assert bands_of_siemens(protocol) == (SaturationBand((0.0, -40.0, 0.0), (0.0, 1.0, 0.0), 50.0),)
    del protocol[(*key, "0", "sNormal", "dCor")]
    assert bands_of_siemens(protocol) is None  # a band without a direction
    assert bands_of_siemens({}) is None


def test_a_real_siemens_exam_without_bands_says_so(shared_data: Path) -> None:
    path = shared_data / "suspect" / "tests" / "test_data" / "siemens" / "SVS_30.IMA"
    if not path.is_file():
        pytest.skip("the real Siemens spectrum is not here")
    (study,) = read_studies([path])
    assert study.acquisitions[0].saturation_bands == ()
