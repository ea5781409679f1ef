"""The guards of conftest.py guard: a guard that never fires is worth nothing."""

from __future__ import annotations

import os
import socket

import pytest

pytest_plugins = ["pytester"]

CONFTEST = "from tests.conftest import *\nfrom tests.conftest import _no_network, _nothing_left_running, _own_folders\n"


@pytest.fixture
def guarded(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    return pytester


def test_a_connection_outside_fails_the_test():
    with pytest.raises(pytest.fail.Exception, match="example.org"):
        socket.create_connection(("example.org", 80), timeout=1)
    with socket.socket() as client, pytest.raises(pytest.fail.Exception, match="192.0.2.1"):
        client.connect(("192.0.2.1", 80))


def test_a_connection_to_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        pass


def test_settings_go_to_a_folder_of_the_test(tmp_path_factory, qapp):
    from PySide6 import QtCore

    base = str(tmp_path_factory.getbasetemp())
    settings = QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Scope.UserScope, "Discern", "Discern"
    )
    assert settings.fileName().startswith(base)
    assert os.environ["XDG_DATA_HOME"].startswith(base)
    assert os.environ["DISCERN_CACHE_DIR"].startswith(base)


def test_a_thread_left_running_fails_its_test(guarded):
    guarded.makepyfile("""
        import threading
        def test_leaks():
            threading.Thread(target=threading.Event().wait, args=(3,), name="forgotten").start()
    """)
    result = guarded.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*threads left running: forgotten*"])


def test_a_window_left_open_fails_its_test(guarded):
    guarded.makepyfile("""
        from PySide6 import QtWidgets
        def test_leaks(qapp):
            global window
            window = QtWidgets.QWidget()
            window.show()
        def test_tidy(qtbot):
            tidy = QtWidgets.QWidget()
            qtbot.addWidget(tidy)
            tidy.show()
    """)
    result = guarded.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*windows left open: QWidget*"])
