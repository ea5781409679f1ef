"""The window's report: the bridge from what the reader asked for to the file."""

from __future__ import annotations

from pathlib import Path

from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from app.outputs import save_report


def report_writer(
    study: Study, exam: ExamResult, protocol: Protocol, path: Path, progress: Progress, stop: Stop
) -> Path:
    """Write an unsigned draft of the report."""
    progress(0.1, "Writing the report")
    return save_report(path, study, exam, protocol, None)
