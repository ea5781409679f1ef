"""The network window's pages: what they show, what they say the reader wants, by mouse and keys."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.network import (
    FoundStudy,
    IncomingStudy,
    Limits,
    Node,
    QueueItem,
    ReceiverSettings,
    ScheduledStep,
    StudyQuery,
    TlsFiles,
)
from widgets.network_window import NetworkWindow

ARCHIVE = Node("Archive", "ARCHIVE", "archive.invalid", 104, commitment=True)
WEB = Node("Web", web_url="https://web.invalid/dicom-web", retrieve_by="DICOMweb", send_by="STOW")
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
Key, Button = QtCore.Qt.Key, QtCore.Qt.MouseButton


@pytest.fixture
def window(qtbot: QtBot) -> NetworkWindow:
    window = NetworkWindow()
    qtbot.addWidget(window)
    window.resize(1080, 680)
    window.nodes.set_nodes((ARCHIVE, WEB))
    window.query.set_nodes(["Archive", "Web"])
    window.queue.set_nodes(["Archive", "Web"])
    window.show()
    return window


def press(qtbot: QtBot, button: QtWidgets.QPushButton) -> None:
    qtbot.mouseClick(button, Button.LeftButton)


def page(window: NetworkWindow, widget: QtWidgets.QWidget) -> None:
    window.tabs.setCurrentWidget(widget)


def test_a_node_is_changed_tested_and_kept(qtbot: QtBot, window: NetworkWindow) -> None:
    nodes = window.nodes
    page(window, nodes)
    assert nodes.form.node() == ARCHIVE
    assert not nodes.keep.isEnabled()
    nodes.form.host.setFocus()
    nodes.form.host.selectAll()
    qtbot.keyClicks(nodes.form.host, "10.0.0.7")
    with qtbot.waitSignal(nodes.test_requested) as tested:
        press(qtbot, nodes.test)
    assert tested.args == [replace(ARCHIVE, host="10.0.0.7")]
    with qtbot.waitSignal(nodes.nodes_chosen) as kept:
        press(qtbot, nodes.keep)
    assert kept.args == [(replace(ARCHIVE, host="10.0.0.7"), WEB)]
    press(qtbot, nodes.undo)
    assert nodes.form.node() == ARCHIVE


def test_a_wrong_node_says_what_is_wrong_and_cannot_be_kept(qtbot: QtBot, window: NetworkWindow) -> None:
    nodes = window.nodes
    page(window, nodes)
    press(qtbot, nodes.add)
    assert "AE title" in nodes.answer.text()
    assert not nodes.keep.isEnabled()
    assert not nodes.test.isEnabled()
    qtbot.keyClicks(nodes.form.name, "Archive")
    qtbot.keyClicks(nodes.form.ae_title, "OTHER")
    qtbot.keyClicks(nodes.form.host, "other.invalid")
    assert "same name" in nodes.answer.text()
    qtbot.keyClicks(nodes.form.name, " 2")
    assert nodes.answer.text() == ""
    assert nodes.keep.isEnabled()
    press(qtbot, nodes.remove)
    assert nodes.list.count() == 2
    assert not nodes.keep.isEnabled()


def test_every_field_of_a_node_survives_the_form(window: NetworkWindow) -> None:
    full = Node(
        "All", "ALL", "h", 11112, True, "https://h/d", "user", "/secret", "C-MOVE", "STOW", True, True
    )  # fmt: skip
    for node in (full, ARCHIVE, WEB):
        window.nodes.form.set_node(node)
        assert window.nodes.form.node() == node


def test_a_query_is_asked_with_enter_and_a_found_study_fetched_with_enter(qtbot: QtBot, window: NetworkWindow) -> None:
    query = window.query
    page(window, query)
    qtbot.keyClicks(query.patient_name, "Test*")
    with qtbot.waitSignal(query.search_requested) as asked:
        qtbot.keyClick(query.patient_name, Key.Key_Return)
    assert asked.args == ["Archive", "studies", StudyQuery(patient_name="Test*")]
    query.set_studies(
        [FoundStudy("1.2.3", "T1", "Test^Invented", study_date="20260105", instances=12), FoundStudy("1.2.4")]
    )
    assert query.answer.text() == "2 found."
    assert query.table.rows.data(query.table.rows.index(0, 2)) == "2026-01-05"
    assert query.table.rows.data(query.table.rows.index(1, 4)) == "?"
    assert not query.fetch.isEnabled()
    query.table.setFocus()
    query.table.selectRow(0)
    with qtbot.waitSignal(query.fetch_requested) as fetched:
        qtbot.keyClick(query.table, Key.Key_Return)
    assert fetched.args == ["Archive", "1.2.3"]
    query.set_busy(True, "Fetching…")
    query.set_progress(0.4, "4 of 10 objects fetched")
    assert query.bar.value() == 40
    assert not query.search.isEnabled()
    with qtbot.waitSignal(query.cancel_requested):
        press(qtbot, query.cancel)


def test_a_wrong_date_is_not_asked_for(qtbot: QtBot, window: NetworkWindow) -> None:
    query = window.query
    qtbot.keyClicks(query.date_from, "5.1.2026")
    with qtbot.assertNotEmitted(query.search_requested):
        press(qtbot, query.search)
    assert "20260131" in query.answer.text()


def test_scheduled_steps_are_listed_and_those_without_a_study_cannot_be_fetched(window: NetworkWindow) -> None:
    step = ScheduledStep("T1", "Test^Invented", "A7", "", "Spine", "20260105", "103000", "MR", "SCANNER")
    window.query.set_steps([step])
    assert window.query.table.rows.data(window.query.table.rows.index(0, 2)) == "2026-01-05 10:30"
    window.query.table.selectRow(0)
    assert not window.query.fetch.isEnabled()


def test_the_receiver_is_switched_and_says_so(qtbot: QtBot, window: NetworkWindow) -> None:
    receiver = window.receiver
    page(window, receiver)
    wanted = ReceiverSettings("127.0.0.1", 11113, tls=True, quiet_s=7.0)
    files = TlsFiles("/c.pem", "/k.pem", "/a.pem")
    receiver.set_settings("READER", wanted, files)
    with qtbot.waitSignals([receiver.settings_chosen, receiver.switch_requested], order="strict"):
        press(qtbot, receiver.switch)
    assert receiver.settings() == ("READER", wanted, files)
    receiver.set_state(11113, "READER listens.", True)
    assert receiver.switch.text() == "Switch off"
    assert not receiver.port.isEnabled()
    receiver.set_studies([IncomingStudy("abc", 12, AT, "complete")])
    receiver.table.selectRow(0)
    with qtbot.waitSignal(receiver.open_requested) as opened:
        press(qtbot, receiver.open)
    assert opened.args == ["abc"]
    receiver.set_state(0, "The port is taken.", False)
    assert receiver.switch.text() == "Switch on"
    assert receiver.answer.text().startswith("✕")


def test_the_queue_offers_what_fits_the_chosen_items(qtbot: QtBot, window: NetworkWindow) -> None:
    queue = window.queue
    page(window, queue)
    item = QueueItem("1", "Archive", "1.2", "1.2.3", "signed report", AT, answer="nothing listens there", attempts=2)
    done = replace(item, identifier="2", state="committed", answer="stored safely")
    lost = replace(item, identifier="3", state="given up", queued_at=AT.replace(hour=11))
    queue.set_items([item, done, lost])
    assert "1 wait, 1 were given up, 3 in all" in queue.answer.text()
    queue.table.selectAll()
    for button, signal, keys in (
        (queue.retry, queue.retry_requested, ["1", "3"]),
        (queue.give_up, queue.give_up_requested, ["1"]),
        (queue.remove, queue.remove_requested, ["2", "3"]),
    ):
        with qtbot.waitSignal(signal) as asked:
            press(qtbot, button)
        assert sorted(asked.args[0]) == keys
    queue.set_items([item, replace(done, answer="again"), lost])
    assert len(queue.table.chosen()) == 3
    queue.table.selectRow(0)
    assert queue.answer.text() in ("nothing listens there", "✓  again")
    queue.table.clearSelection()
    assert not queue.retry.isEnabled()


def test_files_are_chosen_and_sent(qtbot: QtBot, window: NetworkWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QtWidgets.QFileDialog, "getOpenFileNames", lambda *_: (["/a.dcm"], ""))
    page(window, window.queue)
    window.queue.nodes.setCurrentText("Web")
    with qtbot.waitSignal(window.queue.send_requested) as sent:
        press(qtbot, window.queue.send)
    assert sent.args == ["Web", [Path("/a.dcm")]]


def test_limits_are_changed_kept_and_reset(qtbot: QtBot, window: NetworkWindow) -> None:
    limits = window.limits
    page(window, limits)
    assert limits.limits() == Limits()
    assert set(limits.boxes) == {field.name for field in fields(Limits)}
    limits.boxes["object_bytes"].setValue(100)
    limits.boxes["idle_s"].setValue(7)
    wanted = replace(Limits(), object_bytes=100 << 20, idle_s=7.0)
    with qtbot.waitSignal(limits.limits_chosen) as chosen:
        press(qtbot, limits.keep)
    assert chosen.args == [wanted]
    limits.set_limits(wanted)
    assert not limits.keep.isEnabled()
    press(qtbot, limits.reset)
    assert limits.limits() == Limits()
    press(qtbot, limits.undo)
    assert limits.limits() == wanted


def test_every_field_and_table_has_a_name(window: NetworkWindow) -> None:
    kinds = (QtWidgets.QLineEdit, QtWidgets.QComboBox, QtWidgets.QTableView, QtWidgets.QListWidget, QtWidgets.QSpinBox)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QtWidgets.QWidget)
        if isinstance(widget, kinds) and not widget.accessibleName() and widget.objectName() != "qt_spinbox_lineedit"
    ]
    assert nameless == []
