"""The receiver against dcmtk: who gets in, what is kept, what is answered."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import MRSpectroscopyStorage  # type: ignore[attr-defined]

from analysis.errors import Cancelled
from analysis.network import NetworkSettings, Node
from app.dicom.network.association import Wanted, associated
from app.dicom.network.commitment import outcome_in, references
from app.dicom.network.echo import echo
from app.dicom.network.errors import NetworkProblem, Refused, Unreachable
from app.dicom.network.inbox import name_of
from app.dicom.network.outbox import Outbox
from app.dicom.network.receiver import Listeners, Receiver, sender_node
from app.dicom.network.send import send_due
from app.dicom.network.sop_classes import COMMITMENT, COMMITMENT_INSTANCE, MAKERS_OWN, PLAIN, VERIFICATION
from tests.app.dicom.network.peers import (
    LOOPBACK,
    Authority,
    dcmtk,
    free_port,
    inbox_in,
    never,
    ourselves,
    receiving,
    settings_with,
    spectra,
    storescu,
    uid_of,
)


def test_what_dcmtk_sends_is_kept_as_it_is_and_only_once(tmp_path: Path) -> None:
    files, stored = spectra(tmp_path), []
    inbox = inbox_in(tmp_path / "inbox")
    listeners = Listeners(stored=lambda *about: stored.append(about))
    with receiving(settings_with(), inbox, listeners) as receiver:
        for _ in range(2):
            sent = storescu(receiver.port, files)
            assert sent.returncode == 0, sent.stderr
            assert sent.stderr.count("Received Store Response (Success)") == 2
    assert stored == [("STORESCU", LOOPBACK, uid_of(file)) for file in files]
    for file in files:
        place = inbox.place_of(uid_of(file))
        assert place is not None
        assert dcmread(place) == dcmread(file)
        assert name_of(uid_of(file)) == place.stem
        assert dcmtk("dcmftest", place).stdout.startswith("yes")


@pytest.mark.parametrize("uid", MAKERS_OWN.values(), ids=MAKERS_OWN)
def test_spectra_of_a_makers_own_class_come_in_and_go_out(tmp_path: Path, uid: str) -> None:
    made = dcmread(spectra(tmp_path)[0])
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = uid
    made.save_as(tmp_path / "own.dcm")
    inbox, port = inbox_in(tmp_path / "inbox"), free_port()
    outbox = Outbox(tmp_path / "outbox")
    outbox.add([tmp_path / "own.dcm"], "receiver")
    with receiving(settings_with("DISCERN", port=port), inbox):
        send_due(outbox, NetworkSettings(nodes=(ourselves(port),)), never)
    assert [item.answer for item in outbox.items()] == ["stored"]
    place = inbox.place_of(uid_of(tmp_path / "own.dcm"))
    assert place is not None
    assert dcmread(place) == made


def test_a_peer_that_names_another_class_than_it_agreed_on_is_cut_off(tmp_path: Path) -> None:
    """It must not reach the short way, where an abort would wait for itself."""
    settings = settings_with("STORESCU", "DISCERN")
    with receiving(settings, inbox_in(tmp_path)) as receiver:
        calling = AE("STORESCU")
        calling.add_requested_context(MRSpectroscopyStorage, PLAIN[0])
        association = calling.associate(LOOPBACK, receiver.port, ae_title="DISCERN")
        request = C_STORE()
        request.MessageID, request.Priority = 1, 0
        request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = "1.2.3.4", "1.2.3.5"
        request.DataSet = BytesIO(b"\0" * 100)
        association.dimse.send_msg(request, 1)
        end_s = time.monotonic() + 20
        while association.is_established and time.monotonic() < end_s:
            time.sleep(0.01)
        assert not association.is_established
        assert "answers" in echo(ourselves(receiver.port), settings, never)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_another_object_of_a_known_uid_is_refused_and_the_first_stays(tmp_path: Path) -> None:
    file = spectra(tmp_path)[0]
    changed = dcmread(file)
    changed.ImageComments = "changed"
    changed.save_as(tmp_path / "changed.dcm")
    inbox = inbox_in(tmp_path / "inbox")
    with receiving(settings_with(), inbox) as receiver:
        assert storescu(receiver.port, [file]).returncode == 0
        refused = storescu(receiver.port, [tmp_path / "changed.dcm"])
        assert "Store Failed" in refused.stderr or "CannotUnderstand" in refused.stderr
    place = inbox.place_of(uid_of(file))
    assert place is not None
    assert "ImageComments" not in dcmread(place) or dcmread(place).ImageComments != "changed"


def test_a_full_disk_and_a_large_object_are_answered_out_of_resources(tmp_path: Path) -> None:
    files = spectra(tmp_path)
    for name, options in (("full", {"free_bytes": 1 << 60}), ("large", {"object_bytes": 2000})):
        with receiving(settings_with(), inbox_in(tmp_path / name, **options)) as receiver:
            assert "OutOfResources" in storescu(receiver.port, files[:1]).stderr.replace(" ", "")
            assert echo(ourselves(receiver.port), settings_of_storescu(), never)


def settings_of_storescu() -> NetworkSettings:
    return replace(settings_with(), ae_title="STORESCU")


def test_only_known_titles_from_known_hosts_get_in(tmp_path: Path) -> None:
    files = spectra(tmp_path)
    nodes = (sender_node("STORESCU", LOOPBACK), sender_node("ELSEWHERE", "127.0.0.9"))
    settings = replace(settings_with(), nodes=nodes)
    with receiving(settings, inbox_in(tmp_path / "inbox")) as receiver:
        assert dcmtk("echoscu", "-aet", "STORESCU", "-aec", "DISCERN", LOOPBACK, receiver.port).returncode == 0
        calling = dcmtk("echoscu", "-aet", "ELSEWHERE", "-aec", "DISCERN", LOOPBACK, receiver.port)
        assert "Calling AE Title Not Recognized" in calling.stderr
        called = dcmtk("storescu", "-aec", "OTHER", LOOPBACK, receiver.port, files[0])
        assert "Called AE Title Not Recognized" in called.stderr
        with socket.create_connection((LOOPBACK, receiver.port), source_address=("127.0.0.8", 0)) as stranger:
            stranger.settimeout(5)
            assert stranger.recv(1) == b""
    assert list((tmp_path / "inbox" / "arrived").iterdir()) == []


def test_nothing_listens_without_anybody_who_may_send_or_where_the_port_is_taken(tmp_path: Path) -> None:
    inbox = inbox_in(tmp_path)
    with pytest.raises(NetworkProblem, match="No node may send"):
        Receiver(NetworkSettings(), inbox).start()
    with socket.create_server((LOOPBACK, 0)) as taken:
        settings = settings_with(port=taken.getsockname()[1])
        with pytest.raises(NetworkProblem, match="cannot listen"):
            Receiver(settings, inbox).start()
    unknown = replace(settings_with(), nodes=(sender_node("A", "nowhere.invalid"),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_: (_ for _ in ()).throw(OSError()))
        with pytest.raises(NetworkProblem, match="check their names"):
            Receiver(unknown, inbox).start()


def test_tls_takes_only_peers_with_a_certificate_of_the_authority(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    files, inbox = spectra(tmp_path), inbox_in(tmp_path / "inbox")
    settings = replace(settings_with("DISCERN", "STORESCU", tls=True), tls=authority.issue("receiver"))
    peer = authority.issue("peer")
    secure = ("+tls", peer.key, peer.certificate, "+cf", peer.authority)
    with receiving(settings, inbox) as receiver:
        sent = storescu(receiver.port, files, *secure)
        assert sent.returncode == 0, sent.stderr
        node = ourselves(receiver.port, tls=True)
        assert "with TLS" in echo(node, replace(settings, tls=peer), never)
        assert storescu(receiver.port, files).returncode != 0
        stranger = replace(other.issue("stranger"), authority=str(authority.root))
        for tls, called in ((stranger, node), (peer, ourselves(receiver.port))):
            with pytest.raises(NetworkProblem):
                echo(called, replace(settings, tls=tls), never)
        with pytest.raises(Refused, match="not trusted"):
            echo(ourselves(receiver.port, tls=True), replace(settings, tls=other.issue("peer")), never)
    assert len(list((tmp_path / "inbox" / "arrived").iterdir())) == 2


def test_a_failed_connection_is_explained(tmp_path: Path) -> None:
    settings = settings_with("DISCERN")
    with receiving(settings, inbox_in(tmp_path)) as receiver:
        assert "answers by DICOM" in echo(ourselves(receiver.port), settings, never)
        with pytest.raises(Refused, match="another AE title than 'WRONG'"):
            echo(ourselves(receiver.port, ae_title="WRONG"), settings, never)
        with pytest.raises(Refused, match="does not know our AE title 'NOBODY'"):
            echo(ourselves(receiver.port), replace(settings, ae_title="NOBODY"), never)
    with pytest.raises(Unreachable, match="nothing listens"):
        echo(ourselves(free_port()), settings, never)


def test_stopping_cuts_an_association_off(tmp_path: Path) -> None:
    settings, stopped = settings_with("DISCERN"), threading.Event()

    def wait_for_its_end(port: int) -> None:
        wanted = Wanted([(VERIFICATION, PLAIN)])
        with associated(ourselves(port), settings, wanted, stopped.is_set) as association:
            stopped.set()
            while association.is_established:
                time.sleep(0.01)

    with receiving(settings, inbox_in(tmp_path)) as receiver, pytest.raises(Cancelled):
        wait_for_its_end(receiver.port)


def test_a_peer_gets_its_storage_commitment_on_an_association_of_ours(tmp_path: Path) -> None:
    files, port, reports = spectra(tmp_path), free_port(), []
    peer = Node("modality", "MODALITY", LOOPBACK, port, may_send=True)
    settings = replace(settings_with(), nodes=(peer,))

    def on_report(event: evt.Event) -> tuple[int, None]:
        reports.append((event.event_type, *outcome_in(event.event_information)))
        return 0, None

    modality = AE("MODALITY")
    modality.add_supported_context(COMMITMENT, list(PLAIN), scu_role=True, scp_role=True)
    listening = modality.start_server((LOOPBACK, port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, on_report)])
    calling = AE("MODALITY")
    calling.add_requested_context(MRSpectroscopyStorage)
    calling.add_requested_context(COMMITMENT, list(PLAIN))
    with receiving(settings, inbox_in(tmp_path / "inbox")) as receiver:
        association = calling.associate(LOOPBACK, receiver.port, ae_title="DISCERN")
        assert association.send_c_store(dcmread(files[0])).Status == 0
        pairs = tuple((str(MRSpectroscopyStorage), uid) for uid in (uid_of(files[0]), "1.2.999"))
        information = Dataset()
        information.TransactionUID = "1.2.3.4"
        information.ReferencedSOPSequence = references(pairs)
        status, _ = association.send_n_action(information, 1, COMMITMENT, COMMITMENT_INSTANCE)
        assert status.Status == 0
        del information.ReferencedSOPSequence
        status, _ = association.send_n_action(information, 1, COMMITMENT, COMMITMENT_INSTANCE)
        assert status.Status == 0x0115
        association.release()
        end_s = time.monotonic() + 30
        while not reports and time.monotonic() < end_s:
            time.sleep(0.05)
    listening.shutdown()
    assert reports == [(2, "1.2.3.4", (uid_of(files[0]),), ("1.2.999",))]
    assert list((tmp_path / "inbox" / "commitments").iterdir()) == []
