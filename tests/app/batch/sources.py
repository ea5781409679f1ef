"""Small sources for tests of a run: one spectrum each, which is fitted in a moment."""

from __future__ import annotations

from pathlib import Path

from tests.analysis.readers.builders import METABOLITES, fid, save, spectroscopy


def make_source(folder: Path, number: int) -> Path:
    """Write a study of one spectrum; `number` makes its UID and its noise."""
    signal = fid({ppm: 100 * height for ppm, height in METABOLITES.items()}, noise=1.0, seed=number)
    dataset = spectroscopy(1, signal, StudyInstanceUID=f"1.2.3.{number}", PatientName="Secret^Name", PatientID="S-1")
    save(dataset, folder / f"source-{number}" / "spectrum.dcm")
    return folder / f"source-{number}"
