"""The report's side of the window through real keys and the mouse: writing, previewing, signing, amending."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6 import QtCore, QtGui, QtPrintSupport, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.basis import simulate_basis
from analysis.exam_record import ExamRecord
from analysis.pipeline import BasisCache
from analysis.voxel_settings import VoxelSettings
from app import recomputing
from app.audit.events import event_in
from app.collector import leave_libraries_alone
from app.jobs import JobRunner
from app.main import apply_look
from app.print_desk import printer_for
from app.report import findings_sections
from app.report.certificates import make_demo_signer
from app.report.trust import trusting
from app.report.verify import verify_report
from app.report_desk import SAVE, ReportDesk
from app.report_pages import ReportPages
from app.resource_files import load_protocol, load_spin_library
from app.services import Services
from app.session import ReadingSession
from app.store import Store, files_of
from app.window_report import make_report
from app.workstation import Workstation
from tests.app.report.pdf_reading import whole_text
from tests.app.report.pki import Pki
from tests.app.report.soft_token import PIN, SoftToken
from tests.samples import sample_exam, sample_study
from widgets.main_window import MainWindow
from widgets.report_settings import ReportSettings, ReportSettingsDialog
from widgets.report_workspace import ReportWorkspace
from widgets.sign_dialog import SignDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise")
Qt = QtCore.Qt
LONG_MS = 30_000


@dataclass
class Bench:
    """A window with a store, opened on the made-up study."""

    window: MainWindow
    session: ReadingSession
    jobs: JobRunner
    station: Workstation
    store: Store
    folder: Path

    @property
    def desk(self) -> ReportDesk:
        return self.station.reports

    @property
    def room(self) -> ReportWorkspace:
        assert self.desk.workspace is not None
        return self.desk.workspace

    def open(self, qtbot: QtBot) -> None:
        with qtbot.waitSignal(self.station.settled, timeout=LONG_MS):
            self.station.open_paths([Path("somewhere")])

    def open_report(self, qtbot: QtBot) -> None:
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        qtbot.keyClick(self.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        self.wait_for_pages(qtbot)

    def wait_for_pages(self, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: self.desk.preview.prepared is not None, timeout=LONG_MS)

    def end(self) -> None:
        self.desk.hide()
        self.station.keeping.shut_down()
        self.jobs.shut_down()
        self.desk.shut_down()


def make_bench(folder: Path) -> Bench:
    study, library = sample_study(), load_spin_library()
    services = Services(
        lambda *_: (study,),
        lambda _, name: (load_protocol(name or "disc"), "This is a test."),
        lambda study, *_: sample_exam(study),
        lambda protocol: BasisCache(protocol, library, simulate_basis),
        make_report,
        Store.open(folder=folder / "data"),
    )
    window, session, jobs = MainWindow(("disc", "brain")), ReadingSession(), JobRunner()
    station = Workstation(window, session, jobs, services)
    window.resize(1600, 950)
    window.show()
    assert services.store is not None
    return Bench(window, session, jobs, station, services.store, folder)


@pytest.fixture
def bench(qtbot: QtBot, qapp: QtWidgets.QApplication, tmp_path: Path) -> Iterator[Bench]:
    apply_look(qapp)
    made = make_bench(tmp_path)
    qtbot.addWidget(made.window)
    yield made
    made.end()


def click(qtbot: QtBot, widget: QtWidgets.QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def type_into(qtbot: QtBot, widget: QtWidgets.QWidget, text: str) -> None:
    widget.setFocus()
    qtbot.keyClicks(widget, text)


def test_it_opens_beside_the_images_and_closes_again(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    before = bench.window.columns.sizes()
    bench.open_report(qtbot)
    assert bench.room.isVisible()
    assert bench.window.grid.isVisible()
    assert not bench.window.spectrum.isVisible()
    pages = bench.room.preview.pages
    assert pages.page_count == len(bench.desk.preview._pages.sizes_pt) > 1
    qtbot.waitUntil(lambda: 0 in pages.sharp_pages, timeout=LONG_MS)
    click(qtbot, bench.room.bar.close_button)
    assert bench.window.spectrum.isVisible()
    assert bench.window.columns.sizes() == before


def test_a_window_of_its_own_and_back(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    click(qtbot, bench.room.bar.window_button)
    assert bench.desk.dock.in_window
    assert bench.room.isVisible()
    assert bench.window.spectrum.isVisible()
    click(qtbot, bench.room.bar.window_button)
    assert not bench.desk.dock.in_window
    assert bench.room.isVisible()


def test_a_preview_takes_the_discs_as_they_are_measured_already(bench: Bench, qtbot: QtBot, monkeypatch) -> None:
    bench.open(qtbot)
    qtbot.waitUntil(lambda: len(bench.station.discs.measures) == len(bench.session.acquisitions), timeout=LONG_MS)
    again: list[object] = []
    monkeypatch.setattr(findings_sections, "measure_disc", lambda *place: again.append(place))
    bench.open_report(qtbot)
    assert again == []


def test_typing_is_one_step_of_undo_and_shows_in_the_pages(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    edit = bench.room.impression.edit
    first = bench.desk.preview.prepared
    edit.selectAll()
    type_into(qtbot, edit, "Acid at one level.")
    assert bench.session.reading.impression == "Acid at one level."
    qtbot.waitUntil(lambda: not bench.session.in_gesture, timeout=LONG_MS)
    qtbot.waitUntil(lambda: bench.desk.preview.prepared not in (None, first), timeout=LONG_MS)
    assert bench.session.history.undo_text == "impression"
    assert len(bench.session.history.done) == 1
    qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.session.reading.impression == ""
    qtbot.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert bench.session.reading.impression == "Acid at one level."
    assert edit.text() == "Acid at one level."


def test_pages_that_are_made_again_are_still_collected(bench: Bench, qtbot: QtBot, monkeypatch) -> None:
    """Each report leaves 8 MiB behind that only the collector finds: it must not lose sight of them."""
    frozen: list[int] = []
    leave_libraries_alone.cache_clear()
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(1))
    bench.open(qtbot)
    bench.open_report(qtbot)
    for _ in range(3):
        with qtbot.waitSignal(bench.desk.preview.prepared_changed, timeout=LONG_MS):
            bench.desk.preview.refresh_now()
    assert len(frozen) == 1
    leave_libraries_alone.cache_clear()


def test_the_exam_record_is_part_of_the_reading(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    record = bench.room.record
    bench.room.tabs.setCurrentIndex(1)
    type_into(qtbot, record.indication, "Axial low back pain")
    type_into(qtbot, record.icd10, "m51.36 m5450 low")
    record.consent.buttons[0].setFocus()
    qtbot.keyClick(record.consent.buttons[0], Qt.Key.Key_Space)
    click(qtbot, record.screen_choice.buttons[1])
    type_into(qtbot, record.screen_detail, "hip prosthesis")
    record.indication.setFocus()
    said = bench.session.reading.record
    assert (said.indication, said.icd10, said.consent) == ("Axial low back pain", ("M51.36", "M54.50"), "given")
    assert (said.screen, said.screen_detail) == ("conditional", "hip prosthesis")
    assert record.icd10_problem.isVisible()
    assert "low" in record.icd10_problem.text()
    names = [gesture.text for gesture in bench.session.history.done]
    assert names == [
        "indication", "ICD-10 codes", "consent", "contraindication screen", "detail of the contraindication screen",
    ]  # fmt: skip


def test_the_pages_follow_an_opened_prior_and_say_when_the_data_came(bench: Bench, qtbot: QtBot, monkeypatch) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    assert bench.desk.preview.prepared is not None
    text = whole_text(bench.desk.preview.prepared.pdf)
    assert "No earlier exam was compared." in text
    assert f"{datetime.now().astimezone():%Y-%m-%d}" in text.split("Data received")[1][:40]
    assert "first opened in Discern" in text
    before = replace(sample_study().info, study_instance_uid="2.25.77", study_date="20250301")
    study = replace(sample_study(), info=before)
    read = (study, sample_exam(study))
    monkeypatch.setattr(bench.station.prior, "_read", lambda _, asked, *__: (asked(study), read)[1])
    number = bench.store.remember_study(before, files_of(study), "", datetime.now(UTC))
    bench.station.prior.open(number)

    def shows_it() -> bool:
        prepared = bench.desk.preview.prepared
        return prepared is not None and "2025-03-01 and 2026-09-14" in whole_text(prepared.pdf)

    qtbot.waitUntil(shows_it, timeout=LONG_MS)


def sign(bench: Bench, qtbot: QtBot, *, target: Path | None = None) -> SignDialog:
    """Sign through the dialog with a throw-away certificate."""
    signer = make_demo_signer(bench.folder / "signer")
    click(qtbot, bench.room.bar.sign)
    dialog = bench.desk.signing.dialog
    assert dialog is not None
    dialog.certificate.clear()
    type_into(qtbot, dialog.certificate, str(signer.p12))
    type_into(qtbot, dialog.secret, signer.passphrase_file.read_text().strip())
    if target is not None:
        qtbot.keyClick(dialog.also, Qt.Key.Key_Space)
        dialog.target.setText(str(target))
    click(qtbot, dialog.sign)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome, timeout=LONG_MS)
    return dialog


def test_signing_makes_the_reading_final_and_keeps_the_file(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    seen = bench.desk.preview.prepared
    target = bench.folder / "out" / "signed.pdf"
    dialog = sign(bench, qtbot, target=target)
    assert "valid" in dialog.outcome.labels[0].text() or "NOT TRUSTED" in dialog.outcome.labels[0].text()
    assert dialog.secret.text() == ""
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    study = bench.station.keeping.study_id
    kept = bench.store.signed_report(study)
    pdf = bench.store.signed_pdf(kept)
    assert pdf.startswith(seen.pdf)  # what was seen is what was signed
    assert target.read_bytes() == pdf
    assert kept.sha256 == hashlib.sha256(pdf).hexdigest()
    root = (bench.folder / "signer" / "demo-root.pem").read_bytes()
    found = verify_report(pdf, trust=trusting(root))
    assert found.ok
    assert found.results["reading"]["state"] == "final"
    assert bench.session.reading.state == "final"
    assert bench.store.worklist()[0].state == "final"
    assert bench.window.banner.state.text() == "Final, signed"
    assert bench.room.impression.edit.isReadOnly()
    assert bench.room.bar.amend.isVisible()
    assert not bench.room.bar.sign.isVisible()
    before = bench.session.reading
    qtbot.keyClicks(bench.room.impression.edit, "more")
    bench.session.set_pretest(0.1)
    assert bench.session.reading == before
    qtbot.waitUntil(lambda: bench.desk.preview._pages.pdf == pdf, timeout=LONG_MS)


def test_a_wrong_passphrase_signs_nothing_and_asks_again(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    signer = make_demo_signer(bench.folder / "signer")
    click(qtbot, bench.room.bar.sign)
    dialog = bench.desk.signing.dialog
    assert not dialog.sign.isEnabled()
    dialog.certificate.setText(str(signer.p12))
    type_into(qtbot, dialog.secret, "guessed")
    click(qtbot, dialog.sign)
    qtbot.waitUntil(lambda: dialog.problem.isVisible(), timeout=LONG_MS)
    assert "does not open" in dialog.problem.text()
    assert "guessed" not in dialog.problem.text()
    assert dialog.secret.text() == ""
    assert bench.session.reading.state == "draft"
    assert bench.store.signed_report(bench.station.keeping.study_id) is None
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_dialog_shows_whose_certificate_it_is(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    signer = make_demo_signer(bench.folder / "signer")
    click(qtbot, bench.room.bar.sign)
    dialog = bench.desk.signing.dialog
    dialog.certificate.setText(str(signer.p12))
    type_into(qtbot, dialog.secret, signer.passphrase_file.read_text().strip())
    qtbot.waitUntil(lambda: "Demo Signer" in dialog.holder.text(), timeout=LONG_MS)
    assert "Valid 20" in dialog.holder.text()
    dialog.reject()


def test_an_amendment_starts_with_a_reason_and_is_signed_too(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    sign(bench, qtbot).accept()
    study = bench.station.keeping.study_id
    first = bench.store.signed_report(study)
    click(qtbot, bench.room.bar.amend)
    amendment = bench.room.amendment
    assert amendment.isVisible()
    assert not amendment.begin.isEnabled()
    type_into(qtbot, amendment.reason, "Level was wrong")
    qtbot.keyClick(amendment.reason, Qt.Key.Key_Return)
    assert bench.session.reading.state == "amended"
    assert bench.session.reading.amends == first.sha256
    assert bench.window.banner.state.text() == "Amendment, unsigned"
    assert bench.session.history.undo_text == ""
    bench.room.tabs.setCurrentIndex(0)
    edit = bench.room.impression.edit
    edit.selectAll()
    type_into(qtbot, edit, "Corrected.")
    bench.session.set_pretest(0.1)
    bench.wait_for_pages(qtbot)
    changes = [amendment.changes.item(row).text() for row in range(amendment.changes.count())]
    assert changes == ["Impression: nothing → “Corrected.”", "Pre-test probability: 33 % → 10 %"]
    sign(bench, qtbot).accept()
    second = bench.store.signed_report(study)
    assert (second.number, second.amends) == (2, first.sha256)
    assert bench.window.banner.state.text() == "Amended, signed"
    assert bench.store.signed_pdf(first)


def begin_amendment(bench: Bench, qtbot: QtBot, reason: str) -> None:
    click(qtbot, bench.room.bar.amend)
    type_into(qtbot, bench.room.amendment.reason, reason)
    qtbot.keyClick(bench.room.amendment.reason, Qt.Key.Key_Return)
    assert bench.session.reading.state == "amended"


def test_an_amendment_can_be_dropped_and_the_signed_report_shows_again(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    sign(bench, qtbot).accept()
    session, desk, panel = bench.session, bench.desk, bench.room.amendment
    final, labels = session.reading, [voxel.label for voxel in session.exam.voxels]
    report = bench.store.signed_report(bench.station.keeping.study_id)
    begin_amendment(bench, qtbot, "Level was wrong")
    session.edit_voxel("level", 0, replace(session.voxel_reading(0), settings=VoxelSettings(label="T12-L1")))
    session.set_pretest(0.1)
    qtbot.waitUntil(lambda: bench.station.live.current, timeout=LONG_MS)
    assert session.exam.voxels[0].label == "T12-L1"
    assert not bench.room.bar.preliminary.isVisible()
    click(qtbot, panel.drop)
    assert panel.question.isVisible()
    assert not panel.drop.isVisible()
    assert session.reading.state == "amended"
    click(qtbot, panel.keep)
    assert not panel.question.isVisible()
    amended = session.reading
    click(qtbot, panel.drop)
    click(qtbot, panel.really_drop)
    qtbot.waitUntil(lambda: desk.is_signed, timeout=LONG_MS)
    assert session.reading == final
    assert bench.window.banner.state.text() == "Final, signed"
    assert "33 %" in bench.window.discs.pretest.currentText()
    assert bench.window.notices.log[-1].text == "The amendment was dropped; the signed report stays in force."
    qtbot.waitUntil(lambda: bench.station.live.current, timeout=LONG_MS)
    assert [voxel.label for voxel in session.exam.voxels] == labels
    shown = desk.preview
    qtbot.waitUntil(lambda: shown._pages is not None and shown._signed_shown == report.sha256, timeout=LONG_MS)
    assert bench.room.bar.amend.isVisible()
    assert not panel.question.isVisible()
    click(qtbot, panel.take_up)
    assert session.reading == amended
    assert bench.window.banner.state.text() == "Amendment, unsigned"
    assert not panel.take_up.isVisible()
    qtbot.waitUntil(lambda: bench.station.live.current, timeout=LONG_MS)
    assert session.exam.voxels[0].label == "T12-L1"


def test_a_dropped_amendment_is_still_dropped_when_the_study_is_opened_again(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    sign(bench, qtbot).accept()
    final, study = bench.session.reading, bench.station.keeping.study_id
    begin_amendment(bench, qtbot, "Too early")
    bench.open(qtbot)
    assert bench.session.reading.amendment_reason == "Too early"
    qtbot.waitUntil(lambda: not bench.jobs.is_running(), timeout=LONG_MS)
    bench.room.show_amendment(True, bring=True)
    click(qtbot, bench.room.amendment.drop)
    click(qtbot, bench.room.amendment.really_drop)
    qtbot.waitUntil(lambda: bench.desk.is_signed, timeout=LONG_MS)
    bench.open(qtbot)
    assert bench.session.reading == final
    assert "final" in bench.session.read_only
    assert bench.desk.is_signed
    said = [event_in(record.content)[0] for record in bench.store.audit.records()]
    (dropped,) = [event for event in said if "amendment dropped" in event.text]
    assert dropped.action == "state changed"
    assert dropped.objects[0].identifier == bench.store.signed_report(study).sha256
    assert bench.store.worklist()[0].state == "final"
    begin_amendment(bench, qtbot, "Now it is time")
    assert bench.session.reading.amendment_reason == "Now it is time"


def test_preliminary_is_a_state_of_its_own_and_its_file_says_unsigned(
    bench: Bench, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    click(qtbot, bench.room.bar.preliminary)
    assert bench.session.reading.state == "preliminary"
    assert bench.window.banner.state.text() == "Preliminary"
    target = bench.folder / "out.pdf"
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *a: (str(target), ""))
    click(qtbot, bench.room.bar.save)
    qtbot.waitUntil(target.exists, timeout=LONG_MS)
    found = verify_report(target.read_bytes(), trust=trusting())
    assert not found.ok
    assert found.signatures == ()
    click(qtbot, bench.room.bar.preliminary)
    assert bench.session.reading.state == "draft"


def test_a_report_that_cannot_be_written_says_why(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    (bench.folder / "file").write_bytes(b"")
    target = bench.folder / "file" / "report.pdf"
    bench.desk.save_to(target, lambda: b"%PDF")
    qtbot.waitUntil(lambda: not bench.jobs.is_running(SAVE), timeout=LONG_MS)
    notice = bench.window.notices.log[-1]
    assert (notice.severity, notice.text) == ("error", f"The report cannot be written to {target}: not a directory.")


def test_keys_turn_and_zoom_the_pages_and_edits_keep_the_place(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    pages = bench.room.preview.pages
    pages.setFocus()
    qtbot.keyClick(pages, Qt.Key.Key_PageDown)
    qtbot.keyClick(pages, Qt.Key.Key_PageDown)
    assert pages.page == 2
    assert bench.room.preview.place.text().startswith("3 / ")
    qtbot.keyClick(pages, Qt.Key.Key_Plus)
    assert not pages.fits_width
    zoom, top = pages.zoom, pages.page_rect(2).top()
    bench.session.edit("text", replace(bench.session.reading, impression="Other."))
    bench.wait_for_pages(qtbot)
    assert (pages.zoom, pages.page, pages.page_rect(2).top()) == (zoom, 2, top)
    qtbot.keyClick(pages, Qt.Key.Key_0)
    assert pages.fits_width
    qtbot.keyClick(pages, Qt.Key.Key_Home)
    assert pages.page == 0
    qtbot.keyClick(pages, Qt.Key.Key_End)
    assert pages.page == pages.page_count - 1


def test_a_report_is_printed_from_its_bytes(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    pdf = bench.desk.preview.prepared.pdf
    pages = ReportPages(pdf)
    printer = printer_for(pages)
    printer.setOutputFormat(QtPrintSupport.QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(bench.folder / "printed.pdf"))
    printer.setResolution(72)
    printer.setFromTo(2, 3)
    assert "Demo" not in printer.docName()
    with qtbot.waitSignal(bench.desk.printing.ended, timeout=LONG_MS) as ended:
        bench.desk.printing.print_on(printer, pages)
    assert ended.args == [True]
    printed, expected = ReportPages((bench.folder / "printed.pdf").read_bytes()), ReportPages(pdf)
    assert len(printed.sizes_pt) == 2
    one, other = printed.draw(0, 0.5), expected.draw(1, 0.5)
    assert one.size() == other.size()
    assert _ink(one) == pytest.approx(_ink(other), rel=0.25)
    printed.close()
    expected.close()


def _ink(image: QtGui.QImage) -> float:
    """How dark a page is on the whole."""
    small = image.scaled(40, 56).convertToFormat(QtGui.QImage.Format.Format_Grayscale8)
    return sum(255 - QtGui.qGray(small.pixel(x, y)) for x in range(40) for y in range(56)) / 2240


def test_the_print_dialog_offers_the_pages(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    click(qtbot, bench.room.preview.print)
    qtbot.waitUntil(lambda: bench.desk.printing.dialog is not None, timeout=LONG_MS)
    dialog = bench.desk.printing.dialog
    assert (dialog.minPage(), dialog.maxPage()) == (1, bench.room.preview.pages.page_count)
    dialog.reject()


def test_a_report_is_verified_against_the_open_study(bench: Bench, qtbot: QtBot, monkeypatch) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    target = bench.folder / "signed.pdf"
    sign(bench, qtbot, target=target).accept()
    trust = bench.folder / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes((bench.folder / "signer" / "demo-root.pem").read_bytes())
    bench.desk._take_settings(ReportSettings(trust_folder=str(trust)))
    changed = {"exam": bench.session.exam}
    monkeypatch.setattr(recomputing, "analyse", lambda *_, **__: changed["exam"])
    click(qtbot, bench.room.bar.verify)
    view = bench.desk.checking.view
    assert view.compare.currentData() == "open study"
    type_into(qtbot, view.report, str(target))
    click(qtbot, view.verify)
    qtbot.waitUntil(lambda: view.table.rowCount() > 0, timeout=LONG_MS)
    assert view.outcome.title.text() == "This report is valid."
    assert view.counted.text().split()[0] == view.counted.text().split()[2]
    first = replace(changed["exam"].voxels[0], ratios=dict(changed["exam"].voxels[1].ratios))
    changed["exam"] = replace(changed["exam"], voxels=(first, *changed["exam"].voxels[1:]))
    qtbot.keyClick(view.report, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "NOT" in view.outcome.title.text(), timeout=LONG_MS)
    assert view.only_different.isChecked()
    assert 0 < view.table.rowCount() < len(view._values)
    assert view.table.item(0, 1).text().startswith("L1-L2 ratios")
    damaged = bytearray(target.read_bytes())
    damaged[5000] ^= 1
    target.write_bytes(bytes(damaged))
    click(qtbot, view.verify)
    qtbot.waitUntil(lambda: not view._busy, timeout=LONG_MS)
    assert view.outcome.title.text() == "This report is NOT valid."
    assert "INVALID" in view.outcome.labels[0].text()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.isVisible()


def test_the_draft_holds_number_fields_and_more_are_inserted(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    panel = bench.room.impression
    draft = panel.edit.text()
    assert "{L4-L5 LR}" in draft
    assert bench.session.reading.impression == ""
    assert not panel.draft_button.isEnabled()
    panel.edit.moveCursor(QtGui.QTextCursor.MoveOperation.End)
    type_into(qtbot, panel.edit, " SNR")
    menus = {action.text(): action.menu() for action in panel.insert_menu.actions()}
    chosen = next(a for a in menus["L4-L5"].actions() if a.text().startswith("signal-to-noise"))
    chosen.trigger()
    assert bench.session.reading.impression == f"{draft} SNR {{L4-L5 SNR}}"
    qtbot.keyClick(panel.edit, Qt.Key.Key_Backspace)
    assert bench.session.reading.impression == f"{draft} SNR "
    click(qtbot, panel.draft_button)
    assert bench.session.reading.impression == ""
    assert panel.edit.text() == draft


def test_the_readers_word_on_a_criterion_can_be_given_and_taken_back(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    coverage = bench.room.coverage
    bench.room.tabs.setCurrentIndex(2)
    row = coverage.rows["procedure-0609t/0609t-indication"]
    assert "not documented" in row.state.text()
    bench.session.edit(
        "indication", replace(bench.session.reading, record=ExamRecord(indication="Axial low back pain"))
    )
    assert "✓ met" in row.state.text()
    assert row is coverage.rows["procedure-0609t/0609t-indication"]
    assert "✓ met · 5 measured" in coverage.rows["procedure-0609t/0609t-three-discs"].state.text()


def test_a_brain_criterion_is_answered_with_the_keyboard(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.window.protocol_requested.emit("brain")
    qtbot.waitUntil(lambda: bench.session.protocol.rules.id == "brain" and bench.session.exam is not None)
    bench.open_report(qtbot)
    bench.room.tabs.setCurrentIndex(2)
    row = next(row for row in bench.room.coverage.rows.values() if row.answer is not None)
    qtbot.keyClick(row.answer.buttons[0], Qt.Key.Key_Space)
    (answer,) = bench.session.reading.record.answers.items()
    assert answer == (row._id, True)
    assert "✓ met" in row.state.text()
    qtbot.keyClick(row.answer.buttons[0], Qt.Key.Key_Space)
    assert bench.session.reading.record.answers == {}
    assert "? not documented" in row.state.text()


def test_a_token_is_offered_once_its_library_is_named(bench: Bench, qtbot: QtBot) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    click(qtbot, bench.room.bar.sign)
    dialog = bench.desk.signing.dialog
    assert not dialog.with_token.isEnabled()
    assert "name its PKCS#11 library" in dialog.with_token.toolTip()
    dialog.reject()
    bench.desk._take_settings(ReportSettings(pkcs11_module=str(bench.folder / "none.so")))
    click(qtbot, bench.room.bar.sign)
    qtbot.waitUntil(lambda: "cannot be used as the library of a token" in dialog.with_token.toolTip(), timeout=LONG_MS)
    assert not dialog.with_token.isEnabled()
    dialog.reject()


def test_a_report_is_signed_with_a_token_and_time_stamped(
    bench: Bench, qtbot: QtBot, hospital: Pki, token: SoftToken
) -> None:
    bench.open(qtbot)
    bench.open_report(qtbot)
    trust = bench.folder / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes(hospital.root.pem)
    bench.desk._take_settings(
        ReportSettings(timestamp_url=f"{hospital.url}/tsa", pkcs11_module=str(token.module), trust_folder=str(trust))
    )
    click(qtbot, bench.room.bar.sign)
    dialog = bench.desk.signing.dialog
    assert "time-stamp authority 127.0.0.1" in dialog.summary.text()
    qtbot.waitUntil(dialog.with_token.isEnabled, timeout=LONG_MS)
    click(qtbot, dialog.with_token)
    qtbot.waitUntil(lambda: "Issued by Test issuing authority" in dialog.holder.text(), timeout=LONG_MS)
    type_into(qtbot, dialog.secret, "0000")
    click(qtbot, dialog.sign)
    qtbot.waitUntil(lambda: "does not accept this PIN" in dialog.problem.text(), timeout=LONG_MS)
    assert bench.session.reading.state == "draft"
    type_into(qtbot, dialog.secret, PIN)
    click(qtbot, dialog.sign)
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome, timeout=LONG_MS)
    told = [label.text() for label in dialog.outcome.labels]
    assert "by Test time-stamp authority: valid, trusted" in told[0]
    assert "seals the file as it is" in told[1]
    dialog.accept()
    pdf = bench.store.signed_pdf(bench.store.signed_report(bench.station.keeping.study_id))
    assert verify_report(pdf, trust=trusting(hospital.root.pem)).ok


def test_settings_of_signatures_are_kept(bench: Bench, qtbot: QtBot) -> None:
    settings = ReportSettingsDialog(bench.window)
    qtbot.addWidget(settings)
    settings.ask(ReportSettings())
    type_into(qtbot, settings.timestamp, "tsa.example.org")
    assert "begins with http" in settings.problem.text()
    settings.timestamp.clear()
    type_into(qtbot, settings.timestamp, "https://tsa.example.org/rfc3161")
    type_into(qtbot, settings.module, "/usr/lib/token.so")
    with qtbot.waitSignal(settings.chosen) as chosen:
        settings.buttons.button(QtWidgets.QDialogButtonBox.StandardButton.Ok).click()
    assert chosen.args[0].timestamp_url == "https://tsa.example.org/rfc3161"
    assert chosen.args[0].pkcs11_module == "/usr/lib/token.so"
