"""`discern receive` and `discern send`, as programs of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from analysis.network import NetworkSettings, TlsFiles
from app.batch import AnalyseRequest
from app.cli import main
from app.demo import make_demo
from app.dicom.network.errors import BadNetworkSettings
from app.dicom.network.outbox import Outbox, default_folder
from app.dicom.network.receive_command import ReceiveRequest, receive, settings_for
from app.dicom.network.settings_file import save_settings
from tests.app.dicom.network.peers import (
    LOOPBACK,
    free_port,
    inbox_in,
    ourselves,
    receiving,
    settings_with,
    spectra,
    storescu,
    uid_of,
)
from tests.benchmarks.receive_rate import ROOT, wait_for_port


def test_the_command_line_stands_above_the_settings(tmp_path: Path) -> None:
    kept = settings_with("SCANNER", port=1234)
    bare = settings_for(ReceiveRequest(None, tmp_path), kept)
    assert (bare.receiver, bare.nodes, bare.ae_title) == (kept.receiver, kept.nodes, "DISCERN")
    files = TlsFiles("c", "k", "a")
    request = ReceiveRequest(None, tmp_path, ("A@10.0.0.1", "B@host.invalid:104"), "READER", "0.0.0.0", 0, 5.0, files)
    found = settings_for(request, kept)
    assert (found.ae_title, found.receiver.bind, found.receiver.port, found.receiver.quiet_s, found.receiver.tls) == (
        "READER",
        "0.0.0.0",
        0,
        5.0,
        True,
    )
    assert [(node.ae_title, node.host, node.port) for node in found.nodes[1:]] == [
        ("A", "10.0.0.1", 1),
        ("B", "host.invalid", 104),
    ]


@pytest.mark.parametrize("text", ["A", "@host", "A@", "A@host:port", "FAR TOO LONG AN AE TITLE@host"])
def test_a_sender_that_cannot_be_understood_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadNetworkSettings, match="AE@HOST"):
        settings_for(ReceiveRequest(None, tmp_path, (text,)), NetworkSettings())


def test_it_says_where_it_listens_and_ends_with_a_signal(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app", "receive", "--out", str(tmp_path), "--port", str(port), "--quiet", "1"]
    command += ["--allow", f"STORESCU@{LOOPBACK}", "--no-analysis"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        wait_for_port(port)
        assert storescu(port, spectra(tmp_path / "sent")).returncode == 0
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"DISCERN listens at {LOOPBACK}, port {port}, with no TLS" in told
    assert len(list((tmp_path / "received").rglob("*.dcm"))) == 2


def test_without_anybody_who_may_send_it_ends_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["receive", "--out", str(tmp_path), "--port", "0"]) == 2
    assert "No node may send" in capsys.readouterr().err


@pytest.mark.slow
def test_a_complete_study_is_analysed_by_itself_and_only_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo, port, over = make_demo(tmp_path / "demo"), free_port(), threading.Event()
    analyse = AnalyseRequest(tmp_path / "out", None, None)
    request = ReceiveRequest(analyse, tmp_path / "inbox", (f"STORESCU@{LOOPBACK}",), port=port, quiet_s=2.0)
    for sends in (True, False):
        thread = threading.Thread(target=receive, args=(request, over))
        thread.start()
        try:
            wait_for_port(port)
            if sends:
                assert storescu(port, sorted(demo.rglob("*.dcm"))).returncode == 0
                end_s = time.monotonic() + 120
                while not list((tmp_path / "inbox").rglob("processed")) and time.monotonic() < end_s:
                    time.sleep(0.2)
                (result,) = (tmp_path / "out").rglob("results.json")
                first = result.stat().st_mtime_ns
            else:
                time.sleep(4.0)
        finally:
            over.set()
            thread.join(60)
        over.clear()
    assert result.stat().st_mtime_ns == first
    assert capsys.readouterr().out.count("results.json") == 1


def test_send_says_what_became_of_each_object_and_keeps_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, port = spectra(tmp_path), free_port()
    save_settings(NetworkSettings(nodes=(ourselves(port),)))
    assert main(["send", *map(str, files), "--to", "nobody"]) == 2
    assert "known: receiver" in capsys.readouterr().err
    assert main(["send", str(files[0]), "--to", "receiver"]) == 2
    told = capsys.readouterr()
    assert "nothing listens" in told.out
    assert "1 of 1 objects wait" in told.err
    assert len(Outbox(default_folder()).items()) == 1
    inbox = inbox_in(tmp_path / "inbox")
    with receiving(settings_with("DISCERN", port=port), inbox):
        assert main(["send", str(files[1]), "--to", "DISCERN", "--wait", "20"]) == 0
    assert inbox.place_of(uid_of(files[1])) is not None
    assert f"{uid_of(files[1])}: sent: stored" in capsys.readouterr().out
