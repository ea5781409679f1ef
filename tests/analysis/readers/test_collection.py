"""The whole collection of real files: every one is read with the right numbers, or its reason is the right one.

The numbers were taken from the headers by hand (SPAR and RDA lines, SAGE headers, NIfTI-MRS header extensions, DICOM
attributes in their functional groups) or from the README of the set, not from Discern.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from analysis.readers import inspect_file, read_signal
from analysis.readers.registry import OBJECTS
from analysis.types import Acquisition

HEAD_1, HEAD_2 = (-1.567965, 35.647236, 30.271355), (-6.734508, 38.180523, 18.978550)
STEAM_7T = (32.901, -10.663, 21.356)
"""NIfTI's affine is RAS: the first two signs change."""


@dataclass(frozen=True)
class Measured:
    """What a header says of a signal: MHz, Hz, (coils, transients, points), ms, ms, averages, centre and size in mm."""

    f0: float
    width: float
    shape: tuple[int, int, int]
    te: float | None
    tr: float | None = 2000.0
    averages: int | None = None
    centre: tuple[float, float, float] | None = None
    size: tuple[float, float, float] | None = None
    water: bool = False


def spar(f0: float, te: float, averages: int, centre: tuple, size: tuple, points: int = 2048) -> Measured:
    return Measured(f0, 2000.0, (1, 1, points), te, 2000.0, averages, centre, size)


def steam(coils: int, transients: int, points: int = 4096, width: float = 12004.8, f0: float = 297.219948) -> Measured:
    return Measured(f0, width, (coils, transients, points), 11.0, 5000.0, None, STEAM_7T, (20.0, 20.0, 20.0))


def sage(centre: tuple, size: tuple, f0: float) -> Measured:
    return Measured(f0, 2500.0, (1, 16, 2048), 30.0, 2000.0, 32, centre, size, water=True)


UNEDITED = "osprey/exampledata/sdat/UnEdited_with_MM_data"
CHALLENGE = Measured(123.22, 4000.0, (1, 1, 2048), None, None)
SIMULATED = Measured(127.8, 2000.0, (1, 25, 1024), 30.0)
MEASURED: dict[str, Measured] = {
    "suspect/tests/test_data/siemens/SVS_30.IMA": Measured(
        123.234655, 1200.0, (1, 1, 1024), 30.0, 2000.0, 64, (41.602906, 21.569007, -4.958838), (20, 40, 20)
    ),
    "suspect/tests/test_data/siemens/SVS_30.rda": Measured(
        123.234655, 1200.48, (1, 1, 1024), 30.0, 2000.0, 64, (41.602906, 21.569007, -4.958838), (20, 40, 20)
    ),
    "suspect/tests/test_data/siemens/SVS_XA60.dcm": Measured(
        123.255089, 1199.904, (1, 1, 1024), 30.0, 2000.0, 80, (0.0, 57.441155, -8.038786), (30, 30, 30)
    ),
    "suspect/tests/test_data/dicom/No_Name/Mrs_Dti_Qa/MRSshortTELN_401/IM-0001-0002.dcm": Measured(
        63.89575, 1000.0, (1, 1, 1024), 31.9136, 2000.0, 128, (6.069609, 15.207739, 3.963097), (25, 15, 15), water=True
    ),
    "tarquin/unit/SVS.dcm": Measured(
        127.767224,
        2000.0,
        (1, 1, 1024),
        35.4064,
        2000.0,
        128,
        (32.171398, 11.839465, 74.386299),
        (20, 20, 20),
        water=True,
    ),
    "tarquin/unit/siemens_ima_WS.ima": Measured(
        63.683831, 2000.0, (1, 1, 2048), 30.0, 1500.0, 128, (0, 0, 0), (20, 20, 20)
    ),
    "tarquin/unit/siemens_rda_WS.rda": Measured(
        63.683977, 2000.0, (1, 1, 2048), 30.0, 1500.0, 128, (0, 0, 0), (20, 20, 20)
    ),
    "tarquin/unit/philips_spar_sdat_W*.S*": spar(
        127.786142, 30.0, 128, (-24.325113, -2.068002, 37.624603), (20, 20, 20), points=1024
    ),
    "tarquin/ge/P1806*.7": sage((-4.7429, -27.2165, -0.108252), (38.1088, 37.9904, 38), 63.872622),
    "tarquin/ge/P1847*.7": sage((-4.69309, -27.264, -0.108252), (14.1741, 14.031, 14), 63.872615),
    "tarquin/ge/P1907*.7": sage((-44.4718, -26.8609, -0.909437), (20.1574, 19.9939, 20), 63.872612),
    "osprey/exampledata/sdat/*/sub-01/*/*/*press*/sub-01_PRESS*.s*": spar(
        127.750896, 35.0, 64, (0.0, 45.033447, 37.662209), (30, 30, 30)
    ),
    "osprey/exampledata/sdat/*/sub-02/*/*/*press*/sub-02_PRESS*.s*": spar(
        127.75069, 35.0, 64, (-6.688963, 30.43144, 33.869564), (30, 30, 30)
    ),
    f"{UNEDITED}/sub-01/*/mrs/*press*/*PRESS_raw*.S*": spar(127.755264, 30.0, 48, HEAD_1, (26, 26, 30)),
    f"{UNEDITED}/sub-01/*/mrs/*press-inv*/*TI-600_raw*.S*": spar(127.755224, 30.0, 96, HEAD_1, (26, 26, 30)),
    f"{UNEDITED}/sub-02/*/mrs/*press*/*PRESS_raw*.S*": spar(127.755472, 30.0, 48, HEAD_2, (26, 26, 30)),
    f"{UNEDITED}/sub-02/*/mrs/*press-inv*/*TI-600_raw*.S*": spar(127.755456, 30.0, 96, HEAD_2, (26, 26, 30)),
    "mrs_mri_libs/Examples/data/sub2_MRS.S*": Measured(
        298.035767, 4000.0, (1, 2, 4096), 16.0, 2000.0, 272, (-4.924033, 69.148087, 10.974103), (25, 20, 20)
    ),
    "nifti_mrs_tools/tests/test_data/ecc.nii.gz": steam(4, 1),
    "nifti_mrs_tools/tests/test_data/metab.nii.gz": steam(1, 1, 4095),
    "nifti_mrs_tools/tests/test_data/metab_int_freq.nii.gz": steam(1, 1, 4095, f0=297.0),
    "nifti_mrs_tools/tests/test_data/metab_raw.nii.gz": steam(4, 16),
    "nifti_mrs_tools/tests/test_data/quant_raw.nii.gz": steam(4, 2),
    "nifti_mrs_tools/tests/test_data/wref_raw.nii.gz": steam(4, 2),
    "osprey/exampledata/nifti-mrs/*/*/*/*.nii.gz": steam(32, 1, 2048, 6002.4),
    "synthetic_brain/metab*.nii.gz": SIMULATED,
    "synthetic_brain/wref.nii.gz": Measured(127.8, 2000.0, (1, 1, 1024), 30.0),
    "fitting_challenge_2016/*_JMRUI/*.txt": CHALLENGE,
}
NO_SAMPLING = "LCModel raw data that do not state their field strength and dwell time"
PLAIN, BASIS, RESULTS = "the file is plain text in no format", "LCModel basis set", "LCModel results"
OTHERS: dict[str, str] = {
    # MR images
    "dcm_qa_enh/In/Philips/*.dcm": "DICOM MR image, axial, 64 frames, 64 x 64 pixels",
    "dcm_qa_enh/In/Siemens/XA10/*.dcm": "DICOM MR image, axial, 6 frames, 64 x 64 pixels",
    "dcm_qa_uih/In/*/*/*.dcm": "DICOM MR image, sagittal, one slice, 460 x 512 pixels of 0.5 x 0.5 mm, 1 mm thick",
    "suspect/tests/test_data/siemens/mri/*.IMA": "DICOM MR image, axial, one slice, 960 x 1024 pixels",
    f"{UNEDITED}/*/*/anat/*.nii.gz": "NIfTI image, sagittal, 160 slices",
    "spine/sub-unf01/*T[12]w.nii.gz": "NIfTI image",
    "spine/t2_lumbar.nii.gz": "NIfTI image, sagittal, 38 slices of 257 x 201 pixels",
    # kinds of images that are not read
    "nibabel/nibabel/nicom/tests/data/[01].dcm": "Siemens mosaic",
    "nibabel/nibabel/nicom/tests/data/csa_slice_norm.dcm": "Siemens mosaic",
    "nibabel/nibabel/nicom/tests/data/decimal_rescale.dcm": "no valid Series Instance UID",
    "nibabel/nibabel/nicom/tests/data/slicethickness_empty_string.dcm": "projection through many slices",
    "osprey/exampledata/twix/*/*/*/*/*.nii.gz": "map of labels",
    "spine/sub-unf01/*manual.nii.gz": "map of labels",
    "mrs_mri_libs/Examples/data/*.PAR": "Philips PAR image header",
    "mrs_mri_libs/Examples/data/*.hdr": "Analyze image header",
    # halves, other nuclei, missing numbers
    "mrs_mri_libs/Examples/data/sub1.SPAR": "it is a spectrum of 31P",
    "mrs_mri_libs/Examples/data/sub1.SDAT": "Data that are read with their header, sub1.SPAR",
    "mrs_mri_libs/Examples/data/*.list": "put the DATA file of the same name beside it",
    "osprey/exampledata/sdat/MEGA/*/*/*/*/*megapress*.spar": "SPAR header without its data",
    "fitting_challenge_2016/*LCModel/*.RAW": NO_SAMPLING,
    "fitting_challenge_2016/*LCModel/*.H2O": NO_SAMPLING,
    "lcmodel/test_lcm/data.raw": NO_SAMPLING,
    "vespa/docs/*/*/*.zip": "Holds 19 files",
    # not measured signals
    "tarquin/ge/*.shf": "GE SAGE header",
    "**/*.BASIS": BASIS,
    "**/*.basis": BASIS,
    "**/*.COORD": RESULTS,
    "**/*.TABLE": RESULTS,
    "**/*.table": RESULTS,
    "lcmodel/test_lcm/control.file": "LCModel control file",
    "**/*.ps": "PostScript document",
    "**/*.csv": PLAIN,
    "**/*.CSV": PLAIN,
    "**/*.py": PLAIN,
    "**/*.json": PLAIN,
    "**/*.md": PLAIN,
    "fitting_challenge_2016/Licence.txt": PLAIN,
    "fitting_challenge_2016/*_text*/*.txt": PLAIN,
    "suspect/tests/test_data/tarquin/*.txt": PLAIN,
}


def files_of(shared_data: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(shared_data.glob(pattern)) if path.is_file()]


@pytest.mark.parametrize("pattern", MEASURED)
def test_the_numbers_and_the_place_are_those_of_the_header(shared_data, pattern):
    files, expected = files_of(shared_data, pattern), MEASURED[pattern]
    assert files
    for path in files:
        check(read_signal(path), expected, path)


def check(found: Acquisition, expected: Measured, path: Path) -> None:
    known = found.parameters
    assert known.f0_mhz == pytest.approx(expected.f0, abs=1e-5), path
    assert known.spectral_width_hz == pytest.approx(expected.width, rel=1e-4), path
    assert found.fids.shape == expected.shape, path
    assert (found.water is not None) == expected.water, path
    times = [None if time is None else pytest.approx(time / 1000, rel=1e-4) for time in (expected.te, expected.tr)]
    assert [known.te_s, known.tr_s] == times, path
    assert known.averages == expected.averages, path
    if expected.centre is None:
        assert found.voxel is None, path
    else:
        assert found.voxel.centre_mm == pytest.approx(expected.centre, abs=1e-3), path
        assert found.voxel.size_mm == pytest.approx(expected.size, abs=1e-3), path
        axes = np.array(found.voxel.axes)
        assert np.abs(axes @ axes.T - np.eye(3)).max() < 1e-9


@pytest.mark.parametrize("pattern", OTHERS)
def test_every_other_file_is_named_for_what_it_is(shared_data, pattern):
    files = files_of(shared_data, pattern)
    assert files
    for path in files:
        assert OTHERS[pattern] in inspect_file(path)[0], path


def test_no_file_of_the_collection_is_left_out(shared_data):
    counted = Counter(path for pattern in (*MEASURED, *OTHERS) for path in files_of(shared_data, pattern))
    every = {path for path in shared_data.rglob("*") if path.is_file()}
    assert every - set(counted) == set()
    assert [path for path, count in counted.items() if count > 1] == []


def test_the_help_page_names_every_format():
    page = (Path(__file__).resolve().parents[3] / "resources/help/formats.md").read_text(encoding="utf-8")
    for word in (
        "RDA",
        "TWIX",
        "SPAR and SDAT",
        ".list",
        "P-file",
        "NIfTI-MRS",
        "jMRUI",
        "LCModel RAW",
        "United Imaging",
    ):
        assert word in page
    for reader in OBJECTS:
        for uid in reader.sop_classes - {"1.2.840.10008.5.1.4.1.1.4.2", "1.3.12.2.1107.5.9.1"}:
            assert uid in page or reader.name == "DICOM MR image"
