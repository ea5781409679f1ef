"""Banner, notices, progress, empty state and text windows: what they say and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6 import QtCore, QtGui, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.types import ExamResult, Gate, Study, StudyInfo
from widgets import dialogs, theme, wording
from widgets.elided_label import ElidedLabel
from widgets.main_window import MainWindow
from widgets.notice_bar import Notice, NoticeBar
from widgets.patient_banner import PatientBanner
from widgets.progress_bar import ProgressBar


def test_banner_names_patient_study_and_state(qtbot: QtBot, study: Study) -> None:
    banner = PatientBanner()
    qtbot.addWidget(banner)
    banner.set_study(study.info)
    banner.set_protocol("Disc protocol 1", "Because.")
    assert banner.name.text() == "Demo, Simulated"
    assert banner.patient.text() == "F · born 1978-05-03 (48 y) · ID H00003"
    assert banner.study.text() == "MR lumbar spine with spectroscopy · 2026-09-14"
    assert banner.state.text() == "Draft"
    assert not banner.simulated.isHidden()
    assert "Research use only" in banner.accessibleDescription()
    banner.set_study(replace(study.info, simulated=False))
    assert banner.simulated.isHidden()


def test_banner_does_not_make_up_what_is_not_stated(qtbot: QtBot) -> None:
    banner = PatientBanner()
    qtbot.addWidget(banner)
    banner.set_study(StudyInfo("2.25.1"))
    assert banner.name.text() == "Name not stated"
    assert banner.patient.text() == "sex not stated · birth date not stated · no ID"


def test_information_fades_and_errors_stay(qtbot: QtBot) -> None:
    bar = NoticeBar(fade_ms=20)
    qtbot.addWidget(bar)
    bar.move(400, 400)  # away from the pointer, under which a notice waits
    bar.add("error", "The file cannot be read.")
    bar.add("info", "1 file was skipped.")
    assert len(bar.shown) == 2
    qtbot.waitUntil(lambda: bar.shown == (Notice("error", "The file cannot be read."),))
    assert len(bar.log) == 2
    bar.clear()
    assert bar.isHidden()


def test_the_same_notice_is_not_shown_twice_and_errors_outlive_the_rest(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.add("error", "First.")
    bar.add("error", "First.")
    assert len(bar.shown) == 1
    for text in ("a", "b", "c"):
        bar.add("info", text)
    assert Notice("error", "First.") in bar.shown
    assert len(bar.shown) == 3


def test_short_work_shows_no_progress_and_long_work_does(qtbot: QtBot) -> None:
    bar = ProgressBar(delay_ms=30)
    qtbot.addWidget(bar)
    bar.start("open", "Opening")
    bar.finish("open")
    assert bar.isHidden()
    assert bar.key == ""
    bar.start("fit", "Fitting")
    qtbot.waitUntil(bar.isVisible)
    bar.advance("fit", 0.5, "L3-L4")
    assert bar.bar.value() == 500
    assert bar.label.text() == "Fitting · L3-L4"
    with qtbot.waitSignal(bar.cancel_requested, timeout=1000) as cancelled:
        bar.cancel.click()
    assert cancelled.args == ["fit"]
    bar.finish("fit")
    assert bar.isHidden()


def test_details_show_every_step_and_every_skipped_file(study: Study, exam: ExamResult) -> None:
    page = dialogs.processing_page(exam.voxels[0])
    assert "Transients were aligned in frequency and phase." in page
    assert "drift_hz = 2.1" in page
    assert "A text file, which holds no images" in dialogs.files_page(study)
    assert "No file was skipped." in dialogs.files_page(replace(study, skipped=()))
    assert "error: Bad &lt;b&gt;" in dialogs.messages_page([Notice("error", "Bad <b>")])
    assert "No spectrum" in dialogs.processing_page(None)


def test_key_sheet_lists_the_keys_of_the_menu(qtbot: QtBot) -> None:
    window = MainWindow(("disc",))
    qtbot.addWidget(window)
    page = dialogs.keys_page(window.commands)
    for keys in ("Ctrl+O", "Ctrl+Shift+O", "Ctrl+R", "Ctrl+I", "Esc", "F1"):
        assert keys in page
        actions = [action.shortcut().toString() for action in window.findChildren(QtGui.QAction)]
        assert keys in actions


def test_layout_is_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1000, 700)
    window.set_reading(True)
    window.show()
    window.columns.setSizes([400, 600])
    settings = QtCore.QSettings(str(tmp_path / "layout.ini"), QtCore.QSettings.Format.IniFormat)
    window.save_layout(settings)
    settings.sync()
    again = MainWindow()
    qtbot.addWidget(again)
    again.set_reading(True)
    again.restore_layout(QtCore.QSettings(str(tmp_path / "layout.ini"), QtCore.QSettings.Format.IniFormat))
    again.show()
    assert again.size() == window.size()
    assert again.columns.sizes() == window.columns.sizes()


def test_a_window_from_a_lost_screen_comes_back(qtbot: QtBot) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.setGeometry(9000, -4000, 1200, 700)
    window.clamp_to_screens()
    area = QtGui.QGuiApplication.primaryScreen().availableGeometry()
    assert area.contains(window.geometry().topLeft())


def test_dropped_files_are_asked_to_be_opened(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    mime = QtCore.QMimeData()
    mime.setUrls([QtCore.QUrl.fromLocalFile(str(tmp_path))])
    event = QtGui.QDropEvent(
        QtCore.QPointF(5, 5),
        QtCore.Qt.DropAction.CopyAction,
        mime,
        QtCore.Qt.MouseButton.LeftButton,
        QtCore.Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(window.paths_dropped, timeout=1000) as dropped:
        window.dropEvent(event)
    assert dropped.args == [[tmp_path]]


def test_everything_that_can_be_clicked_is_large_enough_and_named(qtbot: QtBot) -> None:
    window = MainWindow(("disc",))
    qtbot.addWidget(window)
    window.set_reading(True)
    window.show()
    for button in window.findChildren(QtWidgets.QAbstractButton):
        if button.isVisible() and not isinstance(button.parent(), QtWidgets.QTableView):
            assert button.height() >= 24, button.text()
            assert button.text() or button.accessibleName()


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        parts = QtGui.QColor(colour).getRgbF()[:3]
        linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_colour_stands_out_from_its_ground() -> None:
    for tokens in (theme.DARK, theme.LIGHT):
        words = (tokens.text, tokens.dim, tokens.good, tokens.warn, tokens.bad, tokens.info, *tokens.series)
        for colour in words:
            for ground in (tokens.window, tokens.panel):
                assert contrast(colour, ground) >= 4.5, (tokens.name, colour, ground)


def test_wording_of_numbers() -> None:
    assert wording.with_sd(1.944, 0.21) == "1.94 ± 0.21"
    assert wording.with_sd(1.944, 0.048) == "1.94 ± 0.05"
    assert wording.with_sd(None, 0.1) == "—"
    assert wording.with_sd(12.0, 0.0) == "12.00 ± 0.00"
    assert wording.scale_exponent(4.2e-5) == -6
    assert wording.arbitrary_unit(-6) == "10⁻⁶ a.u."
    assert wording.person_name("Family^Given^Middle^^Dr=Other") == "Family, Given Middle"
    assert wording.day("20260914") == "2026-09-14"
    gate = Gate("water FWHM", None, "Hz", "unknown", "at most 15 Hz", "Unknown.")
    assert wording.gate_chip(gate) == "? water FWHM not known"


def test_a_line_without_room_ends_in_an_ellipsis_and_keeps_its_text(qtbot: QtBot) -> None:
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("L5-S1 · PRESS TE 30 ms, TR 1500 ms · 64 transients · 20 × 14 × 4.8 mm")
    label.resize(800, 24)
    assert not label.elided
    label.resize(200, 24)
    label.show()
    assert label.elided
    assert label.text().endswith("4.8 mm")
    assert not label.grab().isNull()
