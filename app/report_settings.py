"""The settings of reports: read from and kept in the settings of the workstation."""

from __future__ import annotations

from dataclasses import asdict, fields

from PySide6 import QtCore

from analysis.paper import PAPERS
from analysis.time_stamp_address import timestamp_problem
from widgets.report_settings import ReportSettings

_GROUP = "report"


def load_report_settings(settings: QtCore.QSettings | None) -> ReportSettings:
    """Return what is kept; what cannot be used counts as not set."""
    if settings is None:
        return ReportSettings()
    kept = {f.name: str(settings.value(f"{_GROUP}/{f.name}", f.default, type=str)) for f in fields(ReportSettings)}
    asked = kept.pop("paper")
    paper = next((paper for paper in PAPERS if paper == asked), PAPERS[0])
    if timestamp_problem(kept["timestamp_url"]):
        kept["timestamp_url"] = ""
    return ReportSettings(paper, **kept)


def keep_report_settings(settings: QtCore.QSettings | None, chosen: ReportSettings) -> None:
    """Keep the settings; without a place for them they last until the program ends."""
    if settings is not None:
        for name, value in asdict(chosen).items():
            settings.setValue(f"{_GROUP}/{name}", value)
