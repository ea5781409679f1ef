from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from analysis.halves import Halves
from analysis.integration import IntegrationWindow, window_areas
from analysis.transients import Transients, transients_of
from analysis.types import ExamResult, Fit, ProcessSettings
from widgets.halves_view import HalvesView
from widgets.spectrum_table import SpectrumTable, points_csv
from widgets.transients_view import TransientsView

Qt = QtCore.Qt
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transients(exam: ExamResult) -> Transients:
    found = transients_of(exam.voxels[3].acquisition, ProcessSettings())
    count = len(found.kept)
    kept = np.ones(count, dtype=bool)
    kept[2] = False
    reasons = tuple("lipid, amplitude" if i == 2 else "" for i in range(count))
    return replace(
        found, kept=kept, reasons=reasons, shift_hz=np.linspace(0, 4, count), phase_rad=np.linspace(-0.2, 0.2, count)
    )


@pytest.fixture
def view(qtbot: QtBot, transients: Transients) -> TransientsView:
    view = TransientsView()
    qtbot.addWidget(view)
    view.resize(1000, 600)
    view.show()
    qtbot.waitExposed(view)
    view.set_transients(transients, phase0_rad=0.1)
    QtWidgets.QApplication.processEvents()
    return view


@pytest.fixture
def heard(view: TransientsView) -> list[tuple[str, object]]:
    said: list[tuple[str, object]] = []
    view.gesture_began.connect(lambda name: said.append(("began", name)))
    view.keep_transients_changed.connect(lambda keep: said.append(("keep", keep)))
    view.gesture_ended.connect(lambda: said.append(("ended", None)))
    return said


def without(*numbers: int) -> tuple[bool, ...]:
    return tuple(i not in numbers for i in range(8))


def test_every_transient_says_whether_it_is_in_and_why_not(view: TransientsView) -> None:
    row = [view.model.data(view.model.index(2, column)) for column in range(5)]
    assert row == ["3", "✕ out", "+1.14", "-4.9", "out: lipid, amplitude"]
    assert view.model.data(view.model.index(0, 1)) == "✓ in"
    assert view.heading.text().startswith("7 of 8 transients in the mean, chosen by the rule.")


def test_the_model_keeps_qts_rules(view: TransientsView, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(view.model)


def test_a_click_on_a_point_takes_it_out(qtbot: QtBot, view: TransientsView, heard: list[tuple[str, object]]) -> None:
    spots = view.plots.spots[view.plots.shift]
    point = spots.points()[4]
    scene = spots.mapToScene(point.pos())
    qtbot.mouseClick(view.plots.viewport(), LEFT, pos=view.plots.mapFromScene(scene))
    assert heard == [("began", "transient 5 out"), ("keep", without(2, 4)), ("ended", None)]
    assert view.model.data(view.model.index(4, 1)) == "✕ out (by hand)"
    assert "chosen by the reader" in view.heading.text()


def test_space_takes_the_selected_one_back_in(
    qtbot: QtBot, view: TransientsView, heard: list[tuple[str, object]]
) -> None:
    view.table.setFocus()
    for _ in range(2):
        qtbot.keyClick(view.table, Qt.Key.Key_Down)
    assert view.toggle_button.text() == "Take in"
    qtbot.keyClick(view.table, Qt.Key.Key_Space)
    assert heard == [("began", "transient 3 in"), ("keep", without()), ("ended", None)]


def test_a_click_in_the_table_takes_it_out(qtbot: QtBot, view: TransientsView, heard: list[tuple[str, object]]) -> None:
    rect = view.table.visualRect(view.model.index(0, 1))
    qtbot.mouseClick(view.table.viewport(), LEFT, pos=rect.center())
    assert heard[1] == ("keep", without(0, 2))


def test_the_automatic_choice_comes_back(qtbot: QtBot, view: TransientsView, heard: list[tuple[str, object]]) -> None:
    assert not view.automatic_button.isEnabled()
    view.set_kept(without(0))
    qtbot.mouseClick(view.automatic_button, LEFT)
    assert heard == [("began", "automatic choice of transients"), ("keep", None), ("ended", None)]
    assert view.model.data(view.model.index(2, 1)) == "✕ out"


def test_the_last_transient_stays(qtbot: QtBot, view: TransientsView, heard: list[tuple[str, object]]) -> None:
    view.set_kept(tuple(i == 0 for i in range(8)))
    qtbot.mouseClick(view.toggle_button, LEFT)
    assert heard == []
    assert "The last transient stays" in view.heading.text()


def test_the_mean_is_of_what_is_kept(view: TransientsView) -> None:
    view.set_kept(without(0, 1))
    assert view.plots.mean_curve.getData()[1] == pytest.approx(view._rows[2:].mean(axis=0))
    assert sum(curve.isVisible() for curve in view.plots.rejected) == 2
    assert view.plots.spectra.getViewBox().xInverted()


def test_before_they_are_computed_the_view_says_so(view: TransientsView) -> None:
    view.set_transients(None, "Aligning the transients…")
    assert view.heading.text() == "Aligning the transients…"
    assert not view.plots.isVisible()
    assert not view.toggle_button.isEnabled()


def test_halves_lie_over_each_other_with_the_band_of_the_noise(qtbot: QtBot) -> None:
    view = HalvesView()
    qtbot.addWidget(view)
    view.show()
    ppm = np.linspace(0.5, 4.2, 200)
    odd, even = np.sin(ppm), np.sin(ppm) + 0.1
    view.set_halves(Halves(ppm, odd, even, (odd - even) / 2, 0.05, 1.0))
    assert np.array_equal(view.odd_curve.getData()[1], odd)
    assert view.band.getRegion() == pytest.approx((-0.1, 0.1))
    assert view.difference.getViewBox().xInverted()
    assert "1.00 times that of the noise" in view.heading.text()
    view.set_halves(None, "This file holds one averaged signal.")
    assert view.heading.text() == "This file holds one averaged signal."
    assert not view.canvas.isVisible()


# --- the table twin ----------------------------------------------------------------------------------------------


@pytest.fixture
def fit(exam: ExamResult) -> Fit:
    fit = exam.voxels[3].fit
    assert fit is not None
    return fit


@pytest.fixture
def table(qtbot: QtBot, fit: Fit) -> SpectrumTable:
    window = IntegrationWindow(
        name="PG", ppm=((1.92, 2.14),), signals=("PG",), beside="lipid", source="made up", status="design choice"
    )
    table = SpectrumTable()
    qtbot.addWidget(table)
    table.show()
    table.set_fit("L4-L5", fit, window_areas(fit, [window]))
    return table


def test_points_are_those_of_the_plot_from_left_to_right(table: SpectrumTable, fit: Fit) -> None:
    row = [table.points.data(table.points.index(0, column)) for column in range(5)]
    shown = (fit.data[-1], fit.fit[-1], fit.baseline[-1], fit.residual[-1])
    assert row == [f"{fit.ppm[-1]:.4f}", *(f"{value:.6g}" for value in shown)]
    assert table.points.rowCount() == fit.ppm.size


def test_csv_is_copied_with_units(qtbot: QtBot, table: SpectrumTable, fit: Fit) -> None:
    qtbot.mouseClick(table.copy_button, LEFT)
    text = QtGui.QGuiApplication.clipboard().text()
    assert text == points_csv(fit)
    assert text.splitlines()[0] == "shift_ppm,data_au,fit_au,baseline_au,residual_au"
    values = np.array([[float(v) for v in line.split(",")] for line in text.splitlines()[1:]])
    assert values[::-1, 1] == pytest.approx(fit.data, rel=1e-5)


def test_windows_stand_beside_the_model_with_their_source(table: SpectrumTable) -> None:
    row = [table.windows.data(table.windows.index(0, column)) for column in range(10)]
    assert row[:2] == ["PG", "2.14–1.92"]
    assert row[-2:] == ["made up", "design choice"]
    table.tabs.setCurrentIndex(1)
    assert table.csv().startswith("Window;Span (ppm);Data − baseline (a.u.·ppm)")


def test_models_keep_qts_rules(table: SpectrumTable, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(table.windows)
