from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from PySide6 import QtCore, QtGui
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from analysis.types import ExamResult, Measured, Study
from widgets.disc_model import DiscModel
from widgets.disc_table import DiscTable
from widgets.interval_delegate import position
from widgets.metabolite_table import MetaboliteModel, MetaboliteTable

RATIOS = ("Lac/PG", "Ala/PG", "LAAL/PG", "Prop/PG")
PRETESTS = (0.10, 0.33, 0.50)
Qt = QtCore.Qt


@pytest.fixture
def model(study: Study, exam: ExamResult) -> DiscModel:
    model = DiscModel()
    model.set_contents(study.acquisitions, exam, RATIOS)
    return model


@pytest.fixture
def table(qtbot: QtBot, study: Study, exam: ExamResult) -> DiscTable:
    table = DiscTable()
    qtbot.addWidget(table)
    table.resize(1100, 330)
    table.set_exam(study.acquisitions, exam, RATIOS, PRETESTS)
    table.set_selected(3)
    table.show()
    return table


def row_of(model: DiscModel, row: int) -> list[str]:
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def test_model_keeps_the_rules_of_qt(qtmodeltester: ModelTester, model: DiscModel, study: Study) -> None:
    qtmodeltester.check(model)
    model.set_contents(study.acquisitions, None)
    qtmodeltester.check(model)
    model.set_contents((), None)


def test_metabolite_model_keeps_the_rules_of_qt(qtmodeltester: ModelTester, exam: ExamResult) -> None:
    model = MetaboliteModel()
    qtmodeltester.check(model)
    model.set_result(exam.voxels[0])


def test_a_row_says_what_was_found(model: DiscModel) -> None:
    assert row_of(model, 3) == [
        "L4-L5",
        "—",
        "—",
        "3.9 [2.2–4.1]",
        "▲ higher",
        "1.94 ± 0.05",
        "0.62 ± 0.05",
        "2.56 ± 0.05",
        "acid",
        "✓ pass · 1 ?",
    ]


def test_a_disc_that_failed_shows_no_ratio_of_likelihoods(model: DiscModel) -> None:
    row = row_of(model, 2)
    assert row[3:5] == ["withheld", "○ not evaluable"]
    assert row[-1] == "✕ PG SNR 3.8"
    assert "below 5" in model.index(2, 3).data(Qt.ItemDataRole.ToolTipRole)


def test_every_column_explains_itself(model: DiscModel) -> None:
    for column in range(model.columnCount()):
        tip = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        assert len(str(tip)) > 30
        assert str(tip).endswith(".")


def test_a_protocol_without_comparison_has_no_column_of_evidence(study: Study, exam: ExamResult) -> None:
    model = DiscModel()
    model.set_contents(study.acquisitions, replace(exam, compares=False), ("Lac/PG",))
    assert [column.key for column in model.columns] == ["level", "ratio:Lac/PG", "snr", "fwhm_hz", "gates"]
    assert model.columns[0].title == "Voxel"


def test_before_the_results_only_the_names_stand_there(study: Study) -> None:
    model = DiscModel()
    model.set_contents(study.acquisitions, None)
    assert row_of(model, 0) == ["L1-L2", "…"]


def test_csv_holds_every_number_unrounded(model: DiscModel, exam: ExamResult) -> None:
    rows = list(csv.DictReader(io.StringIO(model.as_csv())))
    assert [row["level"] for row in rows] == [voxel.label for voxel in exam.voxels]
    for row, voxel in zip(rows, exam.voxels, strict=True):
        for name, ratio in voxel.ratios.items():
            assert float(row[f"{name} value"]) == ratio.value
            assert float(row[f"{name} sd"]) == ratio.sd
            assert float(row[f"{name} low90"]) == ratio.low90
            assert float(row[f"{name} high90"]) == ratio.high90
    assert float(rows[3]["lr_median"]) == 3.9
    assert (rows[2]["lr_median"], rows[2]["evaluable"]) == ("", "no")
    assert rows[2]["reasons"] == "The signal-to-noise ratio of PG is 3.8, below 5."


def test_csv_does_not_follow_the_language_of_the_computer(model: DiscModel) -> None:
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale(QtCore.QLocale.Language.German))
    try:
        assert ",3.9,2.2,4.1," in model.as_csv()
    finally:
        QtCore.QLocale.setDefault(before)


def test_choosing_a_row_selects_its_voxel(table: DiscTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.voxel_selected, timeout=1000) as selected:
        table.table.selectRow(1)
    assert selected.args == [1]
    with qtbot.waitSignal(table.voxel_selected, timeout=1000):
        qtbot.keyClick(table.table, Qt.Key.Key_Down)


def test_tab_leaves_the_table(table: DiscTable) -> None:
    assert not table.table.tabKeyNavigation()


def test_the_probability_follows_the_reader(table: DiscTable, qtbot: QtBot) -> None:
    assert table.answer.text() == (
        "L4-L5: 66 % [52–67] painful  ·  4 of 5 discs evaluable · difference between discs p = 0.003"
    )
    assert [table.pretest.itemText(i) for i in range(table.pretest.count())] == ["10 %", "33 %", "50 %"]
    with qtbot.waitSignal(table.pretest_chosen, timeout=1000) as chosen:
        table.pretest.activated.emit(2)
    assert chosen.args == [0.5]
    table.set_pretest(0.5)
    assert table.answer.text().startswith("L4-L5: 80 % [69–80] painful")


def test_a_disc_that_is_not_evaluable_gets_its_reason_instead_of_a_probability(table: DiscTable) -> None:
    table.set_selected(2)
    assert table.answer.text().startswith("L3-L4 is not evaluable. The signal-to-noise ratio of PG is 3.8, below 5.")


def test_a_withheld_comparison_gives_its_reason_in_full(table: DiscTable, study: Study, exam: ExamResult) -> None:
    reason = "Only 2 discs are evaluable; at least 3 are needed."
    table.set_exam(study.acquisitions, replace(exam, withheld=reason), RATIOS, PRETESTS)
    assert f"✕ The comparison is withheld: {reason}" in table.answer.text()
    assert "painful" not in table.answer.text()


def test_copy_puts_the_table_on_the_clipboard(table: DiscTable, qtbot: QtBot) -> None:
    with qtbot.waitSignal(table.copied, timeout=1000):
        qtbot.keyClick(table.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QtGui.QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:2] == ["Level", "Pfirrmann"]
    assert lines[4].split("\t")[0] == "L4-L5"


def test_a_narrow_table_hides_ratios_and_keeps_the_evidence(table: DiscTable, qtbot: QtBot) -> None:
    table.resize(620, 330)
    keys = [column.key for column in table.model.columns]
    qtbot.waitUntil(lambda: table.table.isColumnHidden(keys.index("ratio:LAAL/PG")))
    for key in ("level", "lr", "class", "ratio:Lac/PG", "gates"):
        assert not table.table.isColumnHidden(keys.index(key))
    table.resize(1300, 330)
    qtbot.waitUntil(lambda: not table.table.isColumnHidden(keys.index("ratio:LAAL/PG")))


def test_interval_axis_is_logarithmic_and_clipped() -> None:
    assert position(1.0, 100) == pytest.approx(50)
    assert position(0.25, 100) == pytest.approx(0)
    assert position(2.0, 100) == pytest.approx(75)
    assert position(9.0, 100) == pytest.approx(100)
    assert position(0.0, 100) == pytest.approx(0)


def test_intervals_are_painted(table: DiscTable) -> None:
    assert not table.grab().isNull()


def test_metabolites_of_the_voxel(qtbot: QtBot, exam: ExamResult) -> None:
    table = MetaboliteTable()
    qtbot.addWidget(table)
    table.set_result(exam.voxels[3])
    cells = [str(table.model.index(0, column).data()) for column in range(7)]
    assert cells == ["Lac", "1.38 ± 0.04", "3 %", "—", "Lac/PG", "1.94 ± 0.05", "1.86–2.02"]
    names = [table.model.index(row, 0).data() for row in range(table.model.rowCount())]
    assert names[-3:] == ["Coll", "Lip13", "Lip09"]
    lactate = replace(exam.voxels[3].metabolites["Lac"], concentration_mmol_per_l=Measured(5.31, 1.24))
    table.set_result(replace(exam.voxels[3], metabolites={**exam.voxels[3].metabolites, "Lac": lactate}))
    assert table.model.index(0, 3).data() == "5.3 ± 1.2"
    table.set_result(None)
    assert table.model.rowCount() == 0
