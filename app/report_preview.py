"""The live preview: the report is made anew in the background whenever the reading changed, and drawn page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from PySide6 import QtCore, QtGui

from analysis.disc_measure import DiscMeasures
from analysis.paper import Paper
from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Progress, Stop, Study
from app.audit.chain import Head
from app.collector import leave_libraries_alone
from app.jobs import JobRunner
from app.report.source import PriorExam, Received
from app.report_pages import ReportPages
from app.session import ReadingSession
from widgets.report_preview import ReportPreview
from widgets.texts import noop, tr

BUILD, DRAW, CLOSE = "report preview", "report pages", "report pages close"
_DEBOUNCE_MS = 350
NOTHING = noop("There is nothing to report before the spectra are fitted.")


@dataclass(frozen=True, eq=False)
class ReportInput:
    """Everything a report is made from.

    Attributes
    ----------
    reading : as it is to stand in the report, with its state
    created_at : when the report is made, with its offset from UTC
    to_sign : whether the bytes are to be signed; else the report calls itself unsigned
    earlier : gives the signed report that this one amends; None for a first report
    priors : earlier exams to compare with
    received : when the data came; None where it is not known
    measures : what is known already of the discs on the images, by `voxel_key`
    trail_end : gives the end of the audit trail, which the results of a signed report anchor outside the store
    """

    study: Study
    exam: ExamResult
    protocol: Protocol
    reading: Reading
    created_at: datetime
    to_sign: bool = True
    paper: Paper = "A4"
    earlier: Callable[[], bytes] | None = None
    priors: tuple[PriorExam, ...] = ()
    received: Received | None = None
    measures: Mapping[str, DiscMeasures] = field(default_factory=dict)
    trail_end: Callable[[], Head] | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """A report's bytes, and for an amendment what is different from the signed report, one sentence each."""

    pdf: bytes = field(repr=False)
    changes: tuple[str, ...] = ()


MakeReport = Callable[[ReportInput], Made]
"""Makes a report, ready to be signed; runs on a worker thread."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A report as it was shown: signing these bytes signs what was seen."""

    made_from: ReportInput
    pdf: bytes = field(repr=False)
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SignedFile:
    """A signed report, which is shown as it is."""

    sha256: str
    load: Callable[[], bytes]


class PreviewDesk(QtCore.QObject):
    """Keeps the pages at the reading while the report is in view; the newest wins, and one is made at a time."""

    prepared_changed = QtCore.Signal()

    def __init__(
        self,
        view: ReportPreview,
        session: ReadingSession,
        jobs: JobRunner,
        make: MakeReport,
        gather: Callable[[], ReportInput | SignedFile | None],
    ) -> None:
        super().__init__(view)
        self._view, self._session, self._jobs, self._make, self._gather = view, session, jobs, make, gather
        self._signed_shown = ""
        self._pages: ReportPages | None = None
        self._prepared: Prepared | None = None
        self._building: ReportInput | SignedFile | None = None
        self._on = False
        self._wait = QtCore.QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_DEBOUNCE_MS)
        self._wait.timeout.connect(self._build)
        self._drawing = False
        self._opened: list[ReportPages] = []
        """Every document that was opened and may not be closed yet, also by work that was given up."""
        self._wanted: list[tuple[int, float]] = []
        view.pages.pages_wanted.connect(self._on_wanted)
        session.reading_changed.connect(self.refresh)
        session.exam_changed.connect(self.refresh)
        session.study_changed.connect(self.forget)

    @property
    def prepared(self) -> Prepared | None:
        """The report that is shown, None where there is none or where it is older than the reading."""
        return self._prepared

    def set_on(self, on: bool) -> None:
        """Follow the reading while the report is in view, and rest otherwise."""
        if on != self._on:
            self._on = on
            self.refresh()

    def refresh(self) -> None:
        """Have the pages made anew, once the reader rests."""
        self._prepared = None
        if self._on:
            self._wait.start()

    def refresh_now(self) -> None:
        """Have the pages made anew at once."""
        self._prepared = None
        self._wait.stop()
        self._build()

    def forget(self) -> None:
        """Let go of the pages, as when another study is opened."""
        self._jobs.cancel(BUILD)
        self._building, self._prepared, self._signed_shown = None, None, ""
        self._swap(None)
        self._view.set_empty(tr(NOTHING))
        self.refresh()

    def shut_down(self) -> None:
        """Let go of the pages; nothing is drawn afterwards."""
        self._on = False
        self._wait.stop()
        _close(self._opened)
        self._opened.clear()
        self._pages = None

    # --- making --------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        if self._building is not None:
            return  # its end looks whether the reading has moved on
        source = self._gather()
        if source is None:
            if self._session.exam is None:
                self._view.set_empty(tr(NOTHING))
        elif isinstance(source, ReportInput):
            self._signed_shown = ""
            self._start(lambda: self._make(source), source)
        elif source.sha256 != self._signed_shown:
            self._start(lambda: Made(source.load()), source)

    def _start(self, make: Callable[[], Made], source: ReportInput | SignedFile) -> None:
        self._building = source
        self._view.set_waiting()
        opened = self._opened

        def work(_: Progress, __: Stop) -> tuple[ReportPages, tuple[str, ...]]:
            made = make()
            pages = ReportPages(made.pdf)
            opened.append(pages)
            return pages, made.changes

        self._jobs.start(
            BUILD,
            tr("Making the preview"),
            work,
            done=lambda made: self._on_made(*made, source),
            failed=self._on_failed,
            cancelled=self._on_cancelled,
            quiet=True,
        )

    def _on_made(self, pages: ReportPages, changes: tuple[str, ...], source: ReportInput | SignedFile) -> None:
        self._building = None
        self._swap(pages)
        self._view.set_document(pages.sizes_pt)
        leave_libraries_alone("reports")
        if isinstance(source, SignedFile):
            self._signed_shown = source.sha256
        elif self._is_current(source):
            self._prepared = Prepared(source, pages.pdf, changes)
            self.prepared_changed.emit()
            return
        if self._on and not self._is_shown():
            self._view.set_waiting()
            self._wait.start()

    def _is_shown(self) -> bool:
        """Whether what is to be shown is the signed file that is shown."""
        now = self._gather()
        return isinstance(now, SignedFile) and now.sha256 == self._signed_shown

    def _is_current(self, source: ReportInput) -> bool:
        now = self._gather()
        return (
            isinstance(now, ReportInput)
            and now.exam is source.exam
            and now.reading == source.reading
            and now.paper == source.paper
            and now.priors == source.priors
        )

    def _on_failed(self, sentence: str) -> None:
        self._building = None
        self._view.set_problem(sentence)

    def _on_cancelled(self) -> None:
        self._building = None

    def _swap(self, pages: ReportPages | None) -> None:
        self._pages = pages
        self._wanted.clear()
        old = [opened for opened in self._opened if opened is not pages]
        if old:
            self._jobs.start(
                CLOSE, tr("Closing"), lambda *_: _close(old), done=self._on_closed, failed=_ignore, quiet=True
            )

    def _on_closed(self, closed: Sequence[ReportPages]) -> None:
        self._opened[:] = [opened for opened in self._opened if opened not in closed]

    # --- drawing -------------------------------------------------------------------------------------------------

    def _on_wanted(self, wanted: list[tuple[int, float]]) -> None:
        self._wanted = list(wanted)
        self._draw()

    def _draw(self) -> None:
        """Draw the page that is wanted first; what is wanted next may be another when it is done."""
        pages = self._pages
        if pages is None or not self._wanted or self._drawing:
            return
        page, scale = self._wanted.pop(0)
        self._drawing = True

        def done(image: QtGui.QImage | None) -> None:
            self._drawing = False
            if image is not None and pages is self._pages:
                self._view.set_page_image(page, scale, image)
            self._draw()

        def gone(_: object = None) -> None:
            self._drawing = False

        self._jobs.start(
            DRAW,
            tr("Drawing a page"),
            lambda *_: pages.draw(page, scale),
            done=done,
            failed=gone,
            cancelled=lambda: gone(),
            quiet=True,
        )


def _close(opened: Sequence[ReportPages]) -> Sequence[ReportPages]:
    for pages in opened:
        pages.close()
    return opened


def _ignore(_: object) -> None:
    return None
