"""What an analysis leaves on disk: the report on the paper that was asked for, with what is known of the data's way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from analysis.paper import PAPERS, Paper
from app.outputs import write_outputs
from app.report.source import Received
from app.resource_files import load_protocol
from tests.app.report.pdf_reading import whole_text
from tests.samples import sample_exam, sample_study

SIZES = {"A4": (595.28, 841.89), "Letter": (612, 792)}
"""ISO 216 and ANSI X3.151, in points."""


@pytest.mark.parametrize("paper", PAPERS)
def test_a_report_is_on_the_paper_that_was_asked_for(tmp_path: Path, paper: Paper) -> None:
    study = sample_study()
    received = Received(datetime(2026, 9, 15, 8, 0, tzinfo=UTC), "by DICOM")
    written = write_outputs(
        tmp_path, study, sample_exam(study), load_protocol("disc"), None, paper=paper, received=received
    )
    with pikepdf.open(written.report) as document:
        for page in document.pages:
            assert [float(edge) for edge in page.MediaBox] == pytest.approx([0, 0, *SIZES[paper]], abs=0.01)
    text = whole_text(written.report.read_bytes())
    assert "Data received 2026-09-15 08:00 +00:00, by DICOM" in text
    assert "✓ met When and from where the data were received is recorded." in text
