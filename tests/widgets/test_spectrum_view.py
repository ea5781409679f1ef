from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.line_labels import LineLabel
from analysis.types import ExamResult, Fit
from widgets import theme
from widgets.component_rows import component_rows
from widgets.peak_labels import main_lines
from widgets.spectrum_view import SpectrumView

Qt = QtCore.Qt


@pytest.fixture
def view(qtbot: QtBot, exam: ExamResult) -> SpectrumView:
    view = SpectrumView()
    qtbot.addWidget(view)
    view.resize(900, 760)
    view.show()
    result = exam.voxels[3]
    view.show_voxel(result.acquisition, result, "")
    QtWidgets.QApplication.processEvents()
    return view


@pytest.fixture
def fit(exam: ExamResult) -> Fit:
    fit = exam.voxels[3].fit
    assert fit is not None
    return fit


def test_every_view_box_runs_right_to_left(view: SpectrumView) -> None:
    for plot in (view.plot.residual, view.plot.main, view.plot.stack):
        box = plot.getViewBox()
        assert box.xInverted()
        left = box.mapSceneToView(box.sceneBoundingRect().topLeft()).x()
        right = box.mapSceneToView(box.sceneBoundingRect().topRight()).x()
        assert left > right


def test_the_three_axes_show_the_same_range_in_the_same_place(view: SpectrumView) -> None:
    plots = (view.plot.residual, view.plot.main, view.plot.stack)
    view.plot.zoom(1.0, 2.5)
    for plot in plots:
        assert plot.getViewBox().viewRange()[0] == pytest.approx([1.0, 2.5])
    edges = {round(plot.getViewBox().sceneBoundingRect().left()) for plot in plots}
    assert len(edges) == 1


def test_residual_has_the_scale_of_the_spectrum(view: SpectrumView) -> None:
    per_px = []
    for plot in (view.plot.main, view.plot.residual):
        low, high = plot.getViewBox().viewRange()[1]
        per_px.append((high - low) / plot.getViewBox().height())
    assert per_px[0] == pytest.approx(per_px[1], rel=0.02)


def test_no_point_of_the_residual_is_cut_off(view: SpectrumView, fit: Fit) -> None:
    low, high = view.plot.residual.getViewBox().viewRange()[1]
    assert low < fit.residual.min()
    assert high > fit.residual.max()


def test_noise_band_is_two_standard_deviations(view: SpectrumView, fit: Fit) -> None:
    assert view.plot.band.getRegion() == pytest.approx((-2 * fit.noise_sd, 2 * fit.noise_sd))


def test_curves_are_the_fit(view: SpectrumView, fit: Fit) -> None:
    assert np.array_equal(view.plot.data_curve.getData()[1], fit.data)
    assert np.array_equal(view.plot.fit_curve.getData()[1], fit.fit)
    assert np.array_equal(view.plot.residual_curve.getData()[1], fit.residual)
    view.plot.set_baseline_subtracted(True)
    assert view.plot.fit_curve.getData()[1] == pytest.approx(fit.components.sum(axis=0))


def test_only_the_fit_has_a_wide_pen_and_draws_it_in_segments(view: SpectrumView) -> None:
    plot = view.plot
    assert plot.fit_curve.opts["pen"].width() == 2
    for curve in (plot.data_curve, plot.baseline_curve, plot.residual_curve, *plot.components):
        assert curve.opts["pen"].width() <= 1


def test_curves_are_kept_from_voxel_to_voxel(view: SpectrumView, exam: ExamResult) -> None:
    before = (view.plot.data_curve, *view.plot.components)
    view.show_voxel(exam.voxels[0].acquisition, exam.voxels[0], "")
    assert (view.plot.data_curve, *view.plot.components) == before


def test_ticks_stand_each_half_ppm(view: SpectrumView) -> None:
    axis = view.plot.stack.getAxis("bottom")
    assert axis.tickSpacing(0.2, 4.2, 800) == [(0.5, 0.0)]
    assert axis.tickStrings([1.5, 2.0], 1.0, 0.5) == ["1.5", "2.0"]


def test_click_on_a_component_shows_it_alone_and_again_all(view: SpectrumView, fit: Fit) -> None:
    row = fit.names.index("PG")
    at = QtCore.QPointF(2.0, -row * view.plot._stack_step)
    view.plot.stack.getViewBox().clicked.emit(at)
    assert view.plot.solo == "PG"
    assert view.plot.solo_curve.getData()[1] == pytest.approx(fit.components[row] + fit.baseline)
    assert "PG alone" in view.cursor_text.text()
    view.plot.stack.getViewBox().clicked.emit(at)
    assert view.plot.solo is None


def test_cursor_reads_shift_and_amplitude(view: SpectrumView, fit: Fit) -> None:
    at = view.plot.main.getViewBox().mapViewToScene(QtCore.QPointF(2.04, float(fit.fit.mean())))
    view.plot.scene().sigMouseMoved.emit(at)
    point = int(np.argmin(np.abs(fit.ppm - 2.04)))
    where = "2.04 ppm · −321.7 Hz from 4.65 ppm"
    assert view.cursor_text.text() == f"{where} · data {fit.data[point]:.3g} · fit {fit.fit[point]:.3g} a.u."


def test_header_names_the_voxel_and_every_gate(view: SpectrumView, exam: ExamResult) -> None:
    assert view.title.text() == "L4-L5 · PRESS TE 30 ms, TR 1500 ms · 8 transients · 20 × 14 × 5 mm"
    chips = [chip.text() for chip in view.quality.chips]
    assert "✓ drift 2.1 Hz" in chips
    assert "? residual water not known" in chips
    assert len(chips) == len(exam.voxels[3].quality.gates)


def test_a_voxel_that_is_not_evaluable_says_why(view: SpectrumView, exam: ExamResult) -> None:
    view.show_voxel(exam.voxels[2].acquisition, exam.voxels[2], "")
    assert view.quality.chips[0].text().startswith("✕ not evaluable: The signal-to-noise ratio of PG is 3.8")


def test_before_the_fit_the_view_says_what_is_missing(view: SpectrumView, exam: ExamResult) -> None:
    view.show_voxel(exam.voxels[0].acquisition, None, "Fitting…")
    assert view.pages.currentWidget() is view.message
    assert view.message.text() == "Fitting…"
    failed = replace(exam.voxels[0], fit=None, quality=replace(exam.voxels[0].quality, reasons=("No signal.",)))
    view.show_voxel(failed.acquisition, failed, "")
    assert view.message.text() == "No fit. No signal."


def test_labels_do_not_cover_each_other(view: SpectrumView) -> None:
    boxes = [item.sceneBoundingRect() for item in view.plot.labels.items if item.isVisible()]
    assert len(boxes) >= 4
    for i, box in enumerate(boxes):
        inner = box.adjusted(2, 3, -2, -3)
        assert not any(inner.intersects(other.adjusted(2, 3, -2, -3)) for other in boxes[i + 1 :])


def test_lines_are_named_as_the_protocol_says(fit: Fit) -> None:
    named = main_lines(fit, [LineLabel("Lac", 1.31, ("Lac",)), LineLabel("None", 2.8, ("Nothing",))])
    assert [line.text for line in named] == ["Lac 1.31"]
    assert named[0].ppm == pytest.approx(1.31, abs=0.05)


def test_many_signals_leave_a_row_for_the_sum_of_the_small_ones(fit: Fit) -> None:
    rows = component_rows(fit, most=4)
    assert rows[-1].name == "6 others"
    assert sum(row.curve for row in rows) == pytest.approx(fit.components.sum(axis=0))


def test_signals_that_the_protocol_names_keep_their_row(fit: Fit) -> None:
    rows = component_rows(fit, most=4, named=("Ala", "Prop"))
    assert [row.name for row in rows[:2]] == ["Ala", "Prop"]
    assert sum(row.curve for row in rows) == pytest.approx(fit.components.sum(axis=0))


def test_with_little_height_the_spectrum_keeps_most_of_it(view: SpectrumView, qtbot: QtBot) -> None:
    view.resize(600, 380)
    qtbot.waitUntil(lambda: len(view.plot._rows) < 9)
    QtWidgets.QApplication.processEvents()
    heights = [plot.getViewBox().height() for plot in (view.plot.residual, view.plot.main, view.plot.stack)]
    assert heights[1] > heights[2]
    view.resize(900, 900)
    qtbot.waitUntil(lambda: len(view.plot._rows) == 9)


def test_an_adjusted_fit_says_so_first(view: SpectrumView, exam: ExamResult) -> None:
    adjusted = replace(exam.voxels[3], adjusted_by_reader=True)
    view.show_voxel(adjusted.acquisition, adjusted, "")
    assert view.title.text().startswith("✎ adjusted · L4-L5")


def test_light_theme_reaches_the_plots(view: SpectrumView, qapp: QtWidgets.QApplication) -> None:
    theme.apply_theme(qapp, theme.LIGHT)
    view.apply_theme()
    assert view.plot.fit_curve.opts["pen"].color() == QtGui.QColor(theme.LIGHT.fit)
    assert theme.current() is theme.LIGHT


def test_keys_reset_and_take_the_baseline_away(view: SpectrumView, qtbot: QtBot, fit: Fit) -> None:
    view.plot.zoom(1.0, 2.0)
    qtbot.keyClick(view.plot, Qt.Key.Key_X)
    assert view.plot.main.getViewBox().viewRange()[0] == pytest.approx([fit.ppm[0], fit.ppm[-1]])
    qtbot.keyClick(view.plot, Qt.Key.Key_B)
    assert np.allclose(view.plot.baseline_curve.getData()[1], 0)
