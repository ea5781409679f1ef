"""The same archive with certificates: DICOM over TLS both ways, and DICOMweb by HTTPS, each with an own authority."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from analysis.network import NetworkSettings, Node, ReceiverSettings, StudyQuery, TlsFiles
from app.dicom.network import query, web
from app.dicom.network.echo import echo
from app.dicom.network.errors import BadNetworkSettings, Refused, Unreachable
from app.dicom.network.outbox import Outbox
from app.dicom.network.receiver import Listeners
from app.dicom.network.retrieve import retrieve
from app.dicom.network.send import send_due
from tests.app.dicom.network.peers import (
    LOOPBACK,
    Authority,
    free_port,
    inbox_in,
    never,
    no_progress,
    receiving,
    spectra,
    uid_of,
)
from tests.app.dicom.objects import STUDY
from tests.orthanc import AET, CALLER, PASSWORD, USER, Modality, running_orthanc


@dataclass(frozen=True)
class Site:
    """An archive with certificates, its authority, what it holds, and settings that reach it."""

    authority: Authority
    settings: NetworkSettings
    files: list[Path]

    @property
    def node(self) -> Node:
        return self.settings.nodes[0]


@contextlib.contextmanager
def https_before(port: int, files: TlsFiles) -> Iterator[int]:
    """Speak TLS on a port of loopback and pass what comes to another port in plain, as a hospital's proxy does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    listener, over = socket.create_server((LOOPBACK, 0)), threading.Event()
    listener.settimeout(0.1)
    threads: list[threading.Thread] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def carry(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            plain.settimeout(30)
            with (
                context.wrap_socket(plain, server_side=True) as secured,
                socket.create_connection((LOOPBACK, port)) as to,
            ):
                back = threading.Thread(target=pump, args=(to, secured))
                back.start()
                pump(secured, to)
                back.join()

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                threads.append(threading.Thread(target=carry, args=(listener.accept()[0],)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        over.set()
        accepting.join()
        for thread in threads:
            thread.join(30)
        listener.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    authority, files, port = Authority(folder / "authority"), spectra(folder / "sent"), free_port()
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    theirs, ours = authority.issue("archive"), authority.issue("workstation")
    may = dict.fromkeys(
        ("AllowEcho", "AllowFind", "AllowMove", "AllowGet", "AllowStore", "AllowStorageCommitment"), True
    )
    options = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": theirs.certificate,
        "DicomTlsPrivateKey": theirs.key,
        "DicomTlsTrustedCertificates": theirs.authority,
        "DicomTlsRemoteCertificateRequired": True,
        "DicomModalities": {
            CALLER.lower(): {"AET": CALLER, "Host": LOOPBACK, "Port": port, "UseDicomTls": True, **may}
        },
    }
    with (
        running_orthanc([Modality(CALLER, port)], options) as archive,
        https_before(archive.http_port, theirs) as https_port,
    ):
        for file in files:
            archive.store(file.read_bytes())
        node = Node(
            "Orthanc",
            AET,
            LOOPBACK,
            archive.dicom_port,
            tls=True,
            web_url=f"https://{LOOPBACK}:{https_port}/dicom-web",
            web_user=USER,
            web_password_file=str(password),
            commitment=True,
            may_send=True,
        )
        receiver = ReceiverSettings(port=port, tls=True)
        yield Site(authority, NetworkSettings(CALLER, (node,), receiver, tls=ours), files)


def test_one_button_tests_both_ways_with_certificates(site: Site) -> None:
    answer = echo(site.node, site.settings, never)
    assert "by DICOM with TLS within" in answer
    assert "by DICOMweb" in answer


def test_an_archive_of_another_authority_is_not_trusted_on_either_way(site: Site, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "Another authority").issue("workstation")
    mine = replace(site.settings, tls=replace(site.settings.tls, authority=stranger.authority))
    with pytest.raises(Refused, match="not trusted"):
        echo(replace(site.node, web_url=""), mine, never)
    with pytest.raises(Refused, match="not trusted"):
        web.test_service(site.node, mine)
    with pytest.raises(Refused, match="not trusted"):  # no authority: those of the system, which do not know it
        web.test_service(site.node, replace(site.settings, tls=TlsFiles()))


def test_a_workstation_without_a_certificate_of_the_authority_gets_nothing(site: Site, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "Another authority").issue("workstation")
    theirs = replace(stranger, authority=site.settings.tls.authority)
    by_dicom = replace(site.node, web_url="")
    with pytest.raises((Refused, Unreachable)):
        echo(by_dicom, replace(site.settings, tls=theirs), never)
    with pytest.raises((Refused, Unreachable)):
        echo(replace(by_dicom, tls=False), site.settings, never)
    with pytest.raises(BadNetworkSettings, match="three files"):
        echo(by_dicom, replace(site.settings, tls=TlsFiles()), never)


def test_a_certificate_of_another_host_is_not_trusted(site: Site) -> None:
    by_name = site.node.web_url.replace(LOOPBACK, "localhost")
    with pytest.raises(Refused, match="not trusted"):
        web.test_service(replace(site.node, web_url=by_name), site.settings)
    with pytest.raises(Refused, match="not trusted"):
        echo(replace(site.node, host="localhost", web_url=""), site.settings, never)


@pytest.mark.parametrize("way", ["C-GET", "C-MOVE", "DICOMweb"])
def test_a_study_is_found_and_fetched(way: str, site: Site, tmp_path: Path) -> None:
    node, inbox = replace(site.node, retrieve_by=way), inbox_in(tmp_path / "inbox")  # type: ignore[arg-type]
    wanted = StudyQuery(patient_id=STUDY.patient_id)
    found = (
        web.find_studies(node, wanted, site.settings)
        if way == "DICOMweb"
        else query.find_studies(node, wanted, site.settings, never)
    )
    assert [one.study_instance_uid for one in found] == [STUDY.study_instance_uid]
    with receiving(site.settings, inbox) if way == "C-MOVE" else contextlib.nullcontext():
        fetched = retrieve(node, STUDY.study_instance_uid, inbox, site.settings, progress=no_progress, stop=never)
    assert (fetched.stored, fetched.failed) == (2, 0)
    assert all(inbox.place_of(uid_of(file)) is not None for file in site.files)


def test_what_is_sent_is_confirmed_by_tls_and_stow_goes_by_https(site: Site, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.add(site.files, site.node.name)
    listeners = Listeners(commitment=lambda *answer: outbox.confirmed(*answer))
    with receiving(site.settings, inbox_in(tmp_path / "inbox"), listeners):
        assert send_due(outbox, site.settings, never) == 2
        end_s = time.monotonic() + 30
        while {item.state for item in outbox.items()} != {"committed"} and time.monotonic() < end_s:
            time.sleep(0.05)
    assert [item.state for item in outbox.items()] == ["committed"] * 2
    stow = Outbox(tmp_path / "stow")
    stow.add(site.files[:1], site.node.name)
    send_due(stow, replace(site.settings, nodes=(replace(site.node, send_by="STOW"),)), never)
    assert [(item.state, item.answer) for item in stow.items()] == [("sent", "stored by DICOMweb")]
