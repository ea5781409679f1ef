"""Joins the amendment's panel to the session: begins an amendment, drops it, and takes a dropped one up again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtCore

from analysis.reading import Reading
from app.keeping import Keeping
from app.report_preview import SignedFile
from app.session import ReadingSession
from widgets.notice_bar import Severity
from widgets.report_workspace import ReportWorkspace
from widgets.texts import tr


class AmendmentDesk(QtCore.QObject):
    """Remembers what was dropped for as long as the study is open and nothing else was begun.

    Parameters
    ----------
    signed : gives the signed report of the open reading, None where there is none
    tell : takes a severity and a sentence
    """

    def __init__(
        self,
        workspace: ReportWorkspace,
        session: ReadingSession,
        keeping: Keeping,
        signed: Callable[[], SignedFile | None],
        tell: Callable[[Severity, str], None],
    ) -> None:
        super().__init__(workspace)
        self._workspace, self._session, self._keeping = workspace, session, keeping
        self._signed, self._tell = signed, tell
        self._is_signed = False
        self._signed_reading: Reading | None = None
        self._dropped: Reading | None = None
        panel = workspace.amendment
        panel.begin_requested.connect(self._begin)
        panel.drop_requested.connect(self._drop)
        panel.take_up_requested.connect(self._take_up)
        session.study_changed.connect(self._forget)

    def show(self, *, is_signed: bool) -> None:
        """Bring the panel to the reading."""
        self._is_signed = is_signed
        reading = self._session.reading
        begun = reading.state == "amended" and not is_signed
        self._workspace.show_amendment(begun or is_signed)
        self._workspace.amendment.set_amendment(
            reading.amendment_reason,
            begun=begun,
            read_only=begun and bool(self._session.read_only),
            was_dropped=self._can_take_up(),
        )

    def _forget(self) -> None:
        self._signed_reading, self._dropped = None, None

    def _can_take_up(self) -> bool:
        """Whether what was dropped amends the report that is in force."""
        signed = self._signed()
        return (
            self._is_signed
            and self._dropped is not None
            and signed is not None
            and (self._dropped.amends == signed.sha256)
        )

    def _begin(self, reason: str) -> None:
        signed = self._signed()
        if self._is_signed and signed is not None:
            self._signed_reading, self._dropped = self._session.reading, None
            self._keeping.amend(self._session.reading, reason, signed.sha256)

    def _drop(self) -> None:
        self._workspace.finish_gestures()
        if self._session.reading.state != "amended" or self._is_signed or self._session.read_only:
            return

        def dropped(amended: Reading) -> None:
            self._dropped = amended
            self.show(is_signed=self._is_signed)
            self._tell("info", tr("The amendment was dropped; the signed report stays in force."))

        self._keeping.drop_amendment(self._signed_reading, dropped)

    def _take_up(self) -> None:
        dropped = self._dropped
        if dropped is not None and self._can_take_up():
            self._signed_reading, self._dropped = self._session.reading, None
            self._keeping.take_up(dropped)
