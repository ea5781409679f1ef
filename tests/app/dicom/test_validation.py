"""dicom3tools has nothing to say against what Discern writes, and would have if it were wrong."""

from __future__ import annotations

from pathlib import Path

import pydicom

from app.dicom.write_image import write_images
from app.dicom.write_spectroscopy import write_spectroscopy
from tests.app.dicom.objects import STUDY, oblique_stack, signal
from tests.app.dicom.validators import complaints, contradictions


def test_written_objects_are_valid_and_agree(tmp_path: Path) -> None:
    paths = [*write_images(tmp_path / "images", STUDY, oblique_stack())]
    for name, one in (("m.dcm", signal()), ("w.dcm", signal(water=True))):
        write_spectroscopy(tmp_path / name, STUDY, one)
        paths.append(tmp_path / name)
    assert [complaint for path in paths for complaint in complaints(path)] == []
    assert contradictions(paths) == []


def test_the_validator_notices_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "m.dcm"
    write_spectroscopy(path, STUDY, signal())
    file = pydicom.dcmread(path)
    del file.SpectralWidth
    file.save_as(path)
    assert any("SpectralWidth" in complaint for complaint in complaints(path))
