"""The settings of the workstation, for the window and for commands without one."""

from __future__ import annotations

from PySide6 import QtCore


def workstation_settings() -> QtCore.QSettings:
    """Return this user's settings."""
    return QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Scope.UserScope, "Discern", "workstation"
    )


def store_address(settings: QtCore.QSettings) -> str | None:
    """Return the address of the store that workstations share; None where readings are kept on this computer."""
    return str(settings.value("store/url", "", type=str)) or None
