"""Verifying a report from the window, by the same engine as the command line's `verify`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6 import QtCore, QtWidgets

from analysis.errors import Cancelled
from analysis.types import Progress, Stop, Study
from app.jobs import JobRunner
from app.session import ReadingSession
from app.window_report import site_trust
from widgets.report_settings import ReportSettings
from widgets.report_verify_view import ReportVerifyView, VerifiedValue, VerifyRequest
from widgets.texts import tr

if TYPE_CHECKING:
    from app.report.trust import Trust
    from app.report.verify import Verification

VERIFY = "verify"
ReadStudies = Callable[[Sequence[Path], Progress, Stop], tuple[Study, ...]]


@dataclass(frozen=True, eq=False)
class Verified:
    """What was found of one report, and its values beside those computed again."""

    found: Verification
    values: tuple[VerifiedValue, ...] = ()


class VerifyDesk(QtCore.QObject):
    """Opens the view, and checks what it asks for in the background."""

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        session: ReadingSession,
        jobs: JobRunner,
        settings: Callable[[], ReportSettings],
        read_studies: ReadStudies,
    ) -> None:
        super().__init__(parent)
        self._parent, self._session, self._jobs = parent, session, jobs
        self._settings, self._read_studies = settings, read_studies
        self.view: ReportVerifyView | None = None
        session.study_changed.connect(self._on_study)

    def show(self) -> None:
        """Open the view."""
        if self.view is None:
            self.view = ReportVerifyView(self._parent)
            self.view.requested.connect(self.verify)
            self.view.cancelled.connect(lambda: self._jobs.cancel(VERIFY))
        self._on_study()
        self.view.show()
        self.view.raise_()

    def _on_study(self) -> None:
        if self.view is not None:
            self.view.set_study(self._session.study is not None)

    def verify(self, request: VerifyRequest) -> None:
        """Check a report, and compute its numbers again where a study is at hand."""
        settings, study, read = self._settings(), self._session.study, self._read_studies

        def work(progress: Progress, stop: Stop) -> Verified:
            def studies() -> tuple[Study, ...]:
                if request.folder is not None:
                    return read((request.folder,), progress, stop)
                return (study,) if study is not None else ()

            asked = request.compare != "nothing"
            return verified(request.report, site_trust(settings), studies if asked else None, stop)

        if self.view is not None:
            self.view.set_busy()
        self._jobs.start(VERIFY, tr("Verifying the report"), work, done=self._on_verified, failed=self._on_failed)

    def _on_verified(self, verified: Verified) -> None:
        if self.view is None:
            return
        found = verified.found
        title = tr("This report is valid.") if found.ok else tr("This report is NOT valid.")
        self.view.set_outcome(title, sentences_of(found), verified.values)

    def _on_failed(self, sentence: str) -> None:
        if self.view is not None:
            self.view.set_outcome(tr("The report could not be verified."), ((False, sentence),), ())


def verified(report: Path, trust: Trust, studies: Callable[[], Sequence[Study]] | None, stop: Stop) -> Verified:
    """Verify a report, with its numbers computed again where `studies` gives the studies to look among.

    Raises
    ------
    DiscernError
        If the report's study is not among them, or cannot be analysed.
    """
    from app.recomputing import recomputed_results
    from app.report.compare import compared_values
    from app.report.verify import verify_file

    again: list[dict[str, Any]] = []
    found = verify_file(report, trust=trust)
    if studies is None or found.results is None:
        return Verified(found)
    embedded = found.results

    def recompute() -> dict[str, Any]:
        again.append(recomputed_results(embedded, studies(), stop))
        return again[0]

    found = verify_file(report, trust=trust, recompute=recompute)
    if stop():
        raise Cancelled(tr("Verifying was cancelled."))
    values = (VerifiedValue(c.place, c.old, c.new, c.agrees) for c in compared_values(embedded, again[0]))
    return Verified(found, tuple(values))


def sentences_of(found: Verification) -> list[tuple[bool, str]]:
    """Return what a verification found, each sentence with whether it is as it should be."""
    ok = {signature.sentence: signature.ok for signature in found.signatures}
    bad = {found.problem, found.sentences[-1] if found.differences else None}
    return [(ok.get(text, text not in bad and not _says_bad(text)), text) for text in found.sentences]


def _says_bad(sentence: str) -> bool:
    """Whether a sentence on a signature inside the amended report says that it does not hold."""
    return "INVALID" in sentence or "NOT TRUSTED" in sentence
