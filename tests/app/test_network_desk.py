"""The network window with real peers behind it: from the button to the archive and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.network import NetworkSettings, Node
from analysis.worklist import WorklistFilter
from app.audit.events import event_in
from app.dicom.network.outbox import Outbox, default_folder
from app.dicom.network.settings_file import load_settings, save_settings
from app.report_preview import SignedFile
from app.store import Store
from tests.app.dicom.network.peers import LOOPBACK, free_port, spectra, storescu
from tests.app.dicom.objects import STUDY
from tests.orthanc import CALLER, Modality, Orthanc, running_orthanc
from tests.reading_desk import Desk, desk_with
from widgets.network_window import NetworkWindow

LONG_MS = 30_000
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|support raise|grabbing the keyboard")


@pytest.fixture(scope="module")
def archive() -> Iterator[Orthanc]:
    with running_orthanc([Modality(CALLER)]) as archive:
        yield archive


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    store = Store.open(folder=tmp_path / "store")
    desk = desk_with(qtbot, store)
    yield desk
    desk.close()
    store.close()


def opened(desk: Desk) -> NetworkWindow:
    desk.window.network_requested.emit()
    view = desk.station.network.view
    assert view is not None
    return view


def press(qtbot: QtBot, button: QtWidgets.QPushButton) -> None:
    qtbot.mouseClick(button, QtCore.Qt.MouseButton.LeftButton)


def actions_of(desk: Desk) -> list[str]:
    store = desk.station.network._services.store
    assert store is not None
    return [event_in(record.content)[0].action for record in store.audit.records()]


def test_nothing_listens_and_nothing_is_asked_before_it_is_wanted(desk: Desk) -> None:
    view = opened(desk)
    assert desk.station.network.receiving.port == 0
    assert "Nothing listens" in view.receiver.answer.text()
    assert "No node" in view.query.answer.text()


def test_a_node_is_entered_tested_kept_and_its_study_found_fetched_opened_and_sent_back(
    qtbot: QtBot, desk: Desk, archive: Orthanc, tmp_path: Path
) -> None:
    files = spectra(tmp_path)
    for file in files:
        archive.store(file.read_bytes())
    view, folders = opened(desk), []
    desk.station.network._open_paths = folders.extend
    press(qtbot, view.nodes.add)
    view.nodes.form.set_node(Node("Orthanc", archive.aet, LOOPBACK, archive.dicom_port))
    view.nodes.form.changed.emit()
    press(qtbot, view.nodes.test)
    qtbot.waitUntil(lambda: "answers by DICOM" in view.nodes.answer.text(), timeout=LONG_MS)
    press(qtbot, view.nodes.keep)
    assert [node.name for node in load_settings().nodes] == ["Orthanc"]
    qtbot.keyClicks(view.query.patient_id, STUDY.patient_id)
    press(qtbot, view.query.search)
    qtbot.waitUntil(lambda: view.query.table.rows.rowCount() == 1, timeout=LONG_MS)
    view.query.table.selectRow(0)
    press(qtbot, view.query.fetch)
    qtbot.waitUntil(lambda: bool(folders), timeout=LONG_MS)
    assert len(list(folders[0].glob("*.dcm"))) == 2
    view.queue.send_requested.emit("Orthanc", files)
    qtbot.waitUntil(lambda: view.queue.table.rows.rowCount() == 2, timeout=LONG_MS)
    qtbot.waitUntil(lambda: "0 wait, 0 were given up, 2 in all" in view.queue.answer.text(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: "sent" in actions_of(desk), timeout=LONG_MS)
    assert {"queried", "received", "sent"} <= set(actions_of(desk))


def test_the_receiver_is_switched_on_and_what_comes_stands_in_the_worklist(
    qtbot: QtBot, desk: Desk, tmp_path: Path
) -> None:
    port = free_port()
    nodes = (Node("Scanner", "STORESCU", LOOPBACK, 104, may_send=True),)
    receiver = replace(NetworkSettings().receiver, port=port, quiet_s=1.0)
    save_settings(NetworkSettings(nodes=nodes, receiver=receiver))
    view = opened(desk)
    press(qtbot, view.receiver.switch)
    qtbot.waitUntil(lambda: desk.station.network.receiving.port == port, timeout=LONG_MS)
    qtbot.waitUntil(lambda: "listens at 127.0.0.1" in view.receiver.answer.text(), timeout=LONG_MS)
    assert storescu(port, spectra(tmp_path)).returncode == 0
    qtbot.waitUntil(lambda: view.receiver.table.rows.rowCount() == 1, timeout=LONG_MS)
    store = desk.station.network._services.store
    assert store is not None
    qtbot.waitUntil(lambda: len(store.worklist(WorklistFilter())) == 1, timeout=LONG_MS)
    assert store.worklist(WorklistFilter())[0].held_by is None
    press(qtbot, view.receiver.switch)
    qtbot.waitUntil(lambda: view.receiver.switch.text() == "Switch on", timeout=LONG_MS)
    qtbot.waitUntil(lambda: "received" in actions_of(desk), timeout=LONG_MS)
    assert storescu(port, spectra(tmp_path)).returncode != 0


def test_the_signed_report_is_queued_for_the_chosen_node_and_sent(
    qtbot: QtBot, desk: Desk, archive: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The objects themselves are built, and come back from the archive, in the test from end to end."""
    desk.open(qtbot)
    save_settings(NetworkSettings(nodes=(Node("Orthanc", archive.aet, LOOPBACK, archive.dicom_port),)))
    sending = desk.station.send_report
    sending._offer()
    assert not sending.menu.isEnabled()

    def export(folder: Path, *_: object, **__: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=file.name) for file in spectra(folder)]

    monkeypatch.setattr("app.dicom.export.write_export", export)
    monkeypatch.setattr(sending, "_signed", lambda: SignedFile("0" * 64, lambda: b"%PDF"))
    sending._offer()
    assert sending.menu.isEnabled()
    sending.fill()
    assert [action.text() for action in sending.menu.actions()] == ["Orthanc"]
    sending.menu.actions()[0].trigger()
    queue = desk.station.network.sending
    qtbot.waitUntil(lambda: [item.state for item in queue.items] == ["sent", "sent"], timeout=LONG_MS)
    assert {item.label for item in queue.items} == {"signed report"}
    assert any("2 objects are queued for Orthanc" in notice.text for notice in desk.window.notices.log)


def test_what_was_left_in_the_queue_is_sent_when_the_program_starts(
    qtbot: QtBot, desk: Desk, archive: Orthanc, tmp_path: Path
) -> None:
    network = desk.station.network
    network.resume()
    assert network.sending.outbox is None
    save_settings(NetworkSettings(nodes=(Node("Orthanc", archive.aet, LOOPBACK, archive.dicom_port),)))
    Outbox(default_folder()).add(spectra(tmp_path), "Orthanc")
    network.resume()
    qtbot.waitUntil(lambda: [item.state for item in network.sending.items] == ["sent", "sent"], timeout=LONG_MS)
    assert network.view is None


def test_a_receiver_that_cannot_start_says_why(qtbot: QtBot, desk: Desk) -> None:
    view = opened(desk)
    press(qtbot, view.receiver.switch)
    qtbot.waitUntil(lambda: "No node may send" in view.receiver.answer.text(), timeout=LONG_MS)
    assert view.receiver.switch.text() == "Switch on"
