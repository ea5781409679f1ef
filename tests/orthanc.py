"""A real archive for tests: Orthanc in a network namespace of its own, reached through loopback.

Orthanc 1.10.1 listens on every address of its machine, whatever its settings say; in a namespace that has nothing but
a loopback of its own, nobody else can reach it. Sockets in a folder carry the connections in and out.

    @pytest.fixture(scope="module")
    def archive() -> Iterator[Orthanc]:
        with running_orthanc() as archive:
            yield archive

    associate("127.0.0.1", archive.dicom_port, ae_title=archive.aet)      # calling AE title "DISCERN"
    urlopen(archive.request("/dicom-web/studies"))                        # STOW, WADO and QIDO below /dicom-web

Callers that Orthanc is to know, and to send to (C-MOVE, storage commitment), are named with `modalities`: it reaches
``127.0.0.1:port`` of this machine under the same number. `options` are merged into Orthanc's settings, for example
``{"Worklists": {"Enable": True, "Database": str(folder)}}``. The test skips where Orthanc, `unshare` or the right to
make a namespace is missing. Everything is stopped and removed when the context ends.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AET, CALLER = "ORTHANC", "DISCERN"
USER, PASSWORD = "reader", "only for tests"
_DICOM_PORT, _HTTP_PORT = 4242, 8042
_PLUGINS = Path("/usr/share/orthanc/plugins")
_START_LIMIT_S = 60.0
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Modality:
    """A program that Orthanc knows; `port` on this machine's loopback is where it listens, 1 where it does not."""

    aet: str
    port: int = 1


@dataclass(frozen=True)
class Orthanc:
    """A running archive."""

    dicom_port: int
    http_port: int
    aet: str = AET

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def request(self, path: str, **options: Any) -> urllib.request.Request:
        """Return an HTTP request with user and password; `options` go to `urllib.request.Request`."""
        request = urllib.request.Request(self.url + path, **options)
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {secret}")
        return request

    def get(self, path: str) -> bytes:
        """Return what the archive answers to a GET."""
        with urllib.request.urlopen(self.request(path), timeout=60) as answer:
            return answer.read()

    def store(self, part10: bytes) -> dict[str, Any]:
        """Hand over one DICOM file by HTTP; returns Orthanc's answer (``ID``, ``Status``)."""
        with urllib.request.urlopen(self.request("/instances", data=part10, method="POST"), timeout=60) as answer:
            return json.load(answer)


@contextlib.contextmanager
def running_orthanc(
    modalities: Sequence[Modality] = (Modality(CALLER),), options: Mapping[str, Any] | None = None
) -> Iterator[Orthanc]:
    """Run an empty archive until the context ends."""
    import pytest

    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    enter = _way_into_a_namespace()
    if program is None or enter is None:
        pytest.skip("Orthanc and the right to make a network namespace are needed (apt-get install orthanc)")
    folder = Path(tempfile.mkdtemp(prefix="orthanc-"))
    plan = folder / "plan.json"
    settings = _settings(folder, modalities, options or {})
    (folder / "orthanc.json").write_text(json.dumps(settings), encoding="utf-8")
    inward = {"dicom": _DICOM_PORT, "http": _HTTP_PORT}
    outward = {f"out-{m.port}": m.port for m in modalities if m.port > 1}
    command = [program, str(folder / "orthanc.json")]
    plan.write_text(json.dumps({"command": command, "inward": inward, "outward": outward}), encoding="utf-8")
    closing: list[_Relay] = []
    with (folder / "log").open("wb") as log:
        inside = subprocess.Popen(
            [*enter, sys.executable, str(Path(__file__).resolve()), str(plan)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TCP_NODELAY": "1"},
        )
    try:
        for name, port in outward.items():
            closing.append(_Relay(_listen_unix(folder / name), port))
        ports = {}
        for name in inward:
            listener = socket.create_server(("127.0.0.1", 0))
            ports[name] = listener.getsockname()[1]
            closing.append(_Relay(listener, str(folder / name)))
        archive = Orthanc(ports["dicom"], ports["http"])
        _wait_for(archive, inside, folder / "log")
        yield archive
    finally:
        assert inside.stdin is not None
        inside.stdin.close()  # ends what runs inside
        inside.wait(30)
        for relay in closing:
            relay.close()
        shutil.rmtree(folder, ignore_errors=True)


def _way_into_a_namespace() -> list[str] | None:
    for command in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        with contextlib.suppress(OSError):
            if subprocess.run([*command, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0:
                return command
    return None


def _settings(folder: Path, modalities: Sequence[Modality], options: Mapping[str, Any]) -> dict[str, Any]:
    may = ("AllowEcho", "AllowFind", "AllowMove", "AllowGet", "AllowStore", "AllowStorageCommitment")
    known = {
        m.aet.lower(): {"AET": m.aet, "Host": "127.0.0.1", "Port": m.port, **dict.fromkeys(may, True)}
        for m in modalities
    }
    return {
        "Name": "Discern test archive",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "Plugins": [str(path) for path in _PLUGINS.glob("*.so") if path.name != "libServeFolders.so"],
        "DicomAet": AET,
        "DicomPort": _DICOM_PORT,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": known,
        "UnknownSopClassAccepted": True,  # else Siemens CSA spectra are refused
        "OverwriteInstances": False,
        "HttpPort": _HTTP_PORT,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        **options,
    }


def _wait_for(archive: Orthanc, inside: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_LIMIT_S
    while True:
        if inside.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Orthanc did not start: {log.read_text(errors='replace')[-2000:]}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            archive.get("/system")
            return
        time.sleep(0.1)


# --- carrying connections between the two sides --------------------------------------------------------------------


class _Relay:
    """Joins every connection to a listener with one to a socket in a folder (str) or a port of this loopback (int)."""

    def __init__(self, listener: socket.socket, target: str | int) -> None:
        self._listener, self._target = listener, target
        self._ends: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, name="orthanc-relay", daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """End every connection and its thread."""
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            try:
                other = _connect(self._target)
            except OSError:
                one.close()
                continue
            self._ends |= {one, other}
            thread = threading.Thread(target=self._carry, args=(one, other), name="orthanc-relay", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with one, other:
            for end in (one, other):
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_pump, args=(other, one), name="orthanc-relay", daemon=True)
            back.start()
            _pump(one, other)
            back.join()
        self._ends -= {one, other}


def _listen_unix(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def _connect(target: str | int) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target))
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        end.connect(target)
    except OSError:
        end.close()
        raise
    return end


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _inside(plan_path: Path) -> None:
    """Run Orthanc inside the namespace until the standard input ends."""
    plan, folder = json.loads(plan_path.read_text(encoding="utf-8")), plan_path.parent
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, port in plan["outward"].items():
        _Relay(socket.create_server(("127.0.0.1", port)), str(folder / name))
    orthanc = subprocess.Popen(plan["command"], stdin=subprocess.DEVNULL)
    for name, port in plan["inward"].items():
        _Relay(_listen_unix(folder / name), port)
    threading.Thread(target=lambda: (orthanc.wait(), os._exit(1)), daemon=True).start()
    sys.stdin.buffer.read()
    orthanc.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        orthanc.wait(20)
    os._exit(0)


if __name__ == "__main__":
    _inside(Path(sys.argv[1]))
