"""Real files by short names."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def siemens(shared_data: Path) -> Path:
    """The Skyra study: one CSA spectrum, its RDA export and a T1 series, and an XA60 spectrum of a phantom."""
    return shared_data / "suspect/tests/test_data/siemens"


@pytest.fixture(scope="session")
def philips(shared_data: Path) -> Path:
    """An Achieva 1.5 T phantom measurement with its water reference in one object."""
    return shared_data / "suspect/tests/test_data/dicom/No_Name/Mrs_Dti_Qa/MRSshortTELN_401/IM-0001-0002.dcm"


@pytest.fixture(scope="session")
def seven_tesla(shared_data: Path) -> Path:
    """The 7 T STEAM set in NIfTI-MRS."""
    return shared_data / "nifti_mrs_tools/tests/test_data"
