"""Joins the panels of the report's room to the session: what is written becomes a gesture, what changed is shown."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from PySide6 import QtCore

from analysis.levels import disc_levels, lumbar_count_of
from app.coverage_desk import CoverageDesk
from app.report.errors import ReportError
from app.report.impression import ImpressionField, drafted, impression_fields
from app.report.source import Received
from app.report.template import load_template
from app.session import ReadingSession
from widgets.report_text_edit import NumberField
from widgets.report_workspace import ReportWorkspace


class ReportEditDesk(QtCore.QObject):
    """Takes impression, exam record and the amendment's reason to the reading."""

    def __init__(
        self, workspace: ReportWorkspace, session: ReadingSession, received: Callable[[], Received | None]
    ) -> None:
        super().__init__(workspace)
        self._workspace, self._session = workspace, session
        self._coverage = CoverageDesk(workspace.coverage, session, received)
        self._drafted_for: tuple[object, ...] = ()
        self._draft = ""
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
        self._show_draft()
        workspace.impression.set_read_only(read_only)
        workspace.impression.set_text(reading.impression, self._draft)
        workspace.record.set_record(reading.record, self._unmeasured())
        workspace.record.set_read_only(read_only)
        self._coverage.show(read_only=read_only)

    def _show_draft(self) -> None:
        """Draft the impression anew where results changed, and offer their numbers."""
        session = self._session
        exam, protocol, reading = session.exam, session.protocol, session.reading
        made_for = (exam, protocol, reading.pretest, reading.voxels)
        if len(self._drafted_for) == len(made_for) and all(
            one is other for one, other in zip(self._drafted_for, made_for, strict=True)
        ):
            return
        self._drafted_for, self._draft = made_for, ""
        fields: tuple[ImpressionField, ...] = ()
        if exam is not None and protocol is not None:
            fields = impression_fields(exam, reading)
            # Where the site's template cannot be used, the preview says so in place of the pages.
            with contextlib.suppress(ReportError):
                self._draft = drafted(exam, load_template(protocol.rules.id).impression)
        shown = [NumberField(field.key, field.title, field.value) for field in fields]
        self._workspace.impression.set_fields(shown)

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
