"""The Qt binding keeps the references it is given.

PySide6 6.12.0 on CPython 3.11 loses one reference to None on every void call, and one to True on every emit, until the
interpreter aborts. A pin keeps it out; this test says so where the pin is lifted.
"""

from __future__ import annotations

import sys

import pytest
from PySide6 import QtCore

CALLS = 500
MORTAL = pytest.mark.skipif(sys.version_info >= (3, 12), reason="None and True are immortal since Python 3.12")


class Sender(QtCore.QObject):
    fired = QtCore.Signal()


@MORTAL
def test_void_calls_return_an_owned_none(qapp):
    timer = QtCore.QTimer()
    for _ in range(CALLS):  # the first calls take references of their own, which would hide a loss
        timer.setSingleShot(True)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        timer.setSingleShot(True)
    assert sys.getrefcount(None) - before > -CALLS // 10


@MORTAL
def test_emit_returns_an_owned_true(qapp):
    sender = Sender()
    for _ in range(CALLS):
        sender.fired.emit()
    before = sys.getrefcount(True)
    for _ in range(CALLS):
        sender.fired.emit()
    assert sys.getrefcount(True) - before > -CALLS // 10
