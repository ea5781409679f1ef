"""What every test stands on: a headless display, folders of its own, no network, nothing left running."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Qt and VTK read these when they are first imported, which pytest-qt does before any test.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
# The matrices of a fit are small: more BLAS threads than one only cost time. The program sets the same.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1", "", None}
THREAD_GRACE_S = 2.0

hypothesis.settings.register_profile("discern", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("discern")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The collection of real scanner files: too large for the repository, it lies beside it, where it lies at all."""
    folder = Path(os.environ.get("DISCERN_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real scanner files are not here ({folder}); DISCERN_TEST_DATA may name another folder")
    return folder


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole session: simulated bases are expensive and depend on nothing a test changes."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings, drafts and caches of the person who runs the tests out of reach."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DISCERN_CACHE_DIR", str(cache_folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_folder))
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    if "PySide6.QtCore" in sys.modules:
        from PySide6 import QtCore

        QtCore.QStandardPaths.setTestModeEnabled(True)
        for layout in (QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Format.NativeFormat):
            QtCore.QSettings.setPath(layout, QtCore.QSettings.Scope.UserScope, str(home / "config"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and name look-up that leaves this machine."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse_unless_local(host: object) -> None:
        if isinstance(host, bytes):
            host = host.decode()
        if host not in LOOPBACK and not str(host).startswith("127."):
            pytest.fail(f"a test tried to reach {host}: tests stay on this machine")

    def guarded_connect(sock: socket.socket, address):  # type: ignore[no-untyped-def]
        if isinstance(address, tuple):
            refuse_unless_local(address[0])
        return connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address):  # type: ignore[no-untyped-def]
        if isinstance(address, tuple):
            refuse_unless_local(address[0])
        return connect_ex(sock, address)

    def guarded_getaddrinfo(host, *args, **kwargs):  # type: ignore[no-untyped-def]
        refuse_unless_local(host)
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Fail a test that leaves a thread running or a window on the screen."""
    threads_before, windows_before = set(threading.enumerate()), set(visible_windows())
    yield
    windows = [window for window in visible_windows() if window not in windows_before]
    names = [type(window).__name__ for window in windows]
    for window in windows:
        window.close()
    threads = [thread for thread in threading.enumerate() if thread not in threads_before and not thread.daemon]
    end = time.monotonic() + THREAD_GRACE_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    running = [thread.name for thread in threads if thread.is_alive()]
    if names:
        pytest.fail(f"windows left open: {', '.join(names)}; give them to qtbot.addWidget", pytrace=False)
    if running:
        pytest.fail(f"threads left running: {', '.join(running)}; shut down what started them", pytrace=False)


def visible_windows() -> list:  # type: ignore[type-arg]
    """Every top-level widget on the screen; none where no test has started Qt yet."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    return [widget for widget in widgets.QApplication.topLevelWidgets() if widget.isVisible()]
