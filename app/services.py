"""What the window lets others do: reading files, computing, writing reports, keeping readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.voxel_settings import ExamSettings
from app.live_refit import BasesOf
from app.report_preview import MakeReport
from app.store import Store

FirstLook = Callable[[Sequence[Path], Stop], Study | None]
ReadStudies = Callable[[Sequence[Path], Progress, Stop], tuple[Study, ...]]
ChooseProtocol = Callable[[Study, str | None], tuple[Protocol, str]]
Analyse = Callable[[Study, Protocol, ExamSettings, Progress, Stop], ExamResult]


@dataclass(frozen=True)
class Services:
    """The work that the workstation starts; all of it runs on worker threads."""

    read_studies: ReadStudies
    choose_protocol: ChooseProtocol
    analyse: Analyse
    bases_of: BasesOf
    make_report: MakeReport | None = None
    store: Store | None = None
    first_look: FirstLook | None = None
    settings: QtCore.QSettings | None = None
