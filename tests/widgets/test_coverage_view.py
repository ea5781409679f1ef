"""The coverage advisory asks for the conditions of a criterion once the criterion itself holds."""

from __future__ import annotations

from datetime import date

from pytestqt.qtbot import QtBot

from analysis.coverage import Coverage, advise
from analysis.exam_record import ExamRecord
from app.policies import load_policies
from widgets.coverage_view import CoverageView


def shown(view: CoverageView, answers: dict[str, bool]) -> set[str]:
    coverage = Coverage(("76390",), ExamRecord(answers=answers), 1, 1, protocol="brain")
    view.set_advice(advise(coverage, load_policies().policies, date(2026, 11, 27)), answers)
    return {key.split("/")[1] for key, row in view.rows.items() if not row.isHidden()}


def test_conditions_are_asked_for_where_their_criterion_holds(qtbot: QtBot) -> None:
    view = CoverageView()
    qtbot.addWidget(view)
    assert "hh-tumour" in shown(view, {})
    assert "hh-tumour-biopsy" not in shown(view, {})
    assert "hh-tumour-biopsy" in shown(view, {"hh-tumour": True})
    assert "hh-alexander" not in shown(view, {"hh-tumour": True})
    row = view.rows["healthhelp-mri-spectroscopy-hh/hh-tumour"]
    assert "? not documented" in row.state.text()
    shown(view, {"hh-tumour": True, "hh-tumour-biopsy": True})
    assert "✓ met" in row.state.text()
    assert view.rows["healthhelp-mri-spectroscopy-hh/hh-tumour-biopsy"].text.text() == "– where to take a biopsy"
