"""Joins the panels of the report's room to the session: what is written becomes a gesture, what changed is shown."""

from __future__ import annotations

from dataclasses import replace

from PySide6 import QtCore

from analysis.levels import disc_levels, lumbar_count_of
from app.session import ReadingSession
from widgets.report_workspace import ReportWorkspace


class ReportEditDesk(QtCore.QObject):
    """Takes impression, exam record and the amendment's reason to the reading."""

    def __init__(self, workspace: ReportWorkspace, session: ReadingSession) -> None:
        super().__init__(workspace)
        self._workspace, self._session = workspace, session
        for panel in (workspace.impression, workspace.record, workspace.amendment):
            panel.gesture_began.connect(session.begin_gesture)
            panel.gesture_ended.connect(session.end_gesture)
        workspace.impression.text_changed.connect(lambda text: self._change(impression=text))
        workspace.record.record_changed.connect(lambda record: self._change(record=record))
        workspace.amendment.reason_changed.connect(lambda text: self._change(amendment_reason=text))
        session.reading_changed.connect(self.show)
        session.exam_changed.connect(self.show)
        session.read_only_changed.connect(self.show)
        session.study_changed.connect(self.show)
        self.show()

    def _change(self, **change: object) -> None:
        self._session.change(replace(self._session.reading, **change))  # type: ignore[arg-type]

    def show(self) -> None:
        """Bring the panels to the reading."""
        session, workspace = self._session, self._workspace
        reading, read_only = session.reading, bool(session.read_only) or session.study is None
        workspace.impression.set_read_only(read_only)
        workspace.impression.set_text(reading.impression, "")
        workspace.record.set_record(reading.record, self._unmeasured())
        workspace.record.set_read_only(read_only)

    def _unmeasured(self) -> tuple[str, ...]:
        """Return the discs of the measured regions that hold no voxel, where the protocol compares discs."""
        protocol = self._session.protocol
        if protocol is None or not protocol.compares:
            return ()
        labels = [acquisition.label for acquisition in self._session.acquisitions]
        present = {label.replace("/", "-") for label in labels}
        regions = {label[:1] for label in present if label in disc_levels(lumbar_count_of(labels))}
        levels = disc_levels(lumbar_count_of(labels))
        return tuple(level for level in levels if level[:1] in regions and level not in present)
