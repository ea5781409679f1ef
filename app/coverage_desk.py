"""Joins the coverage advisory to the reading: policies are read once, criteria are checked with every change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from PySide6 import QtCore

from analysis.coverage import advise, coverage_of
from app.policies import Policies, load_policies
from app.report.errors import ReportError
from app.report.record_sections import received_words
from app.report.source import Received
from app.report.template import load_template
from app.report.wording import dicom_day
from app.session import ReadingSession
from widgets.coverage_view import CoverageView
from widgets.texts import tr


class CoverageDesk(QtCore.QObject):
    """Shows what the documentation meets, and takes the reader's word on a criterion to the record."""

    def __init__(self, view: CoverageView, session: ReadingSession, received: Callable[[], Received | None]) -> None:
        super().__init__(view)
        self._view, self._session, self._received = view, session, received
        self._policies: Policies | None = None
        self._codes: dict[str, tuple[str, ...]] = {}
        view.answered.connect(self._answer)

    def show(self, *, read_only: bool) -> None:
        """Bring the advisory to the reading."""
        session = self._session
        exam, protocol = session.exam, session.protocol
        if exam is None or protocol is None:
            self._view.set_advice((), {})
            return
        if self._policies is None:
            self._policies = load_policies()
        record = session.reading.record
        try:
            codes = self._codes_of(protocol.rules.id)
        except ReportError as error:
            self._view.set_advice((), {}, (str(error),))
            return
        day = dicom_day(session.study.info.study_date) if session.study is not None else None
        coverage = coverage_of(codes, record, exam, exam_date=day, received=received_words(self._received()))
        advice = advise(coverage, self._policies.policies, date.today())
        self._view.set_advice(advice, dict(record.answers), self._policies.problems)
        self._view.set_read_only(read_only)

    def _codes_of(self, protocol_id: str) -> tuple[str, ...]:
        if protocol_id not in self._codes:
            self._codes[protocol_id] = load_template(protocol_id).procedure_codes
        return self._codes[protocol_id]

    def _answer(self, criterion: str, value: bool | None) -> None:
        reading = self._session.reading
        answers = {name: said for name, said in reading.record.answers.items() if name != criterion}
        if value is not None:
            answers[criterion] = value
        self._session.edit(
            tr("answer to a criterion"), replace(reading, record=replace(reading.record, answers=answers))
        )
