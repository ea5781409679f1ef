"""How this workstation is: versions, system, settings without names, protocols, and the state of the audit trail."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from typing import Any

from PySide6 import QtCore

from analysis.basis import SIMULATOR_VERSION
from analysis.errors import DiscernError
from analysis.worklist import WorklistFilter
from app.dicom.network.settings_file import load_settings
from app.resource_files import PROTOCOLS, load_protocol
from app.store import Store, StoreError
from app.store.schema import SCHEMA_VERSION

_SHOWN: dict[str, frozenset[str]] = {
    "theme": frozenset({"", "dark", "light"}),
    "language": frozenset({"", "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "ja", "zh", "ko", "ar"}),
}
"""Settings whose value is shown where it is one of these; of all others only how many there are."""


def versions() -> dict[str, Any]:
    """Return the versions of Discern, Python, Qt and every package that Discern needs, not of a site's own ones."""
    found = _needed("discern", {})
    return {
        "discern": found.pop("discern", "from source"),
        "python": platform.python_version(),
        "qt": QtCore.qVersion(),
        "simulator": SIMULATOR_VERSION,
        "store_schema": SCHEMA_VERSION,
        "packages": dict(sorted(found.items(), key=lambda item: item[0].lower())),
    }


def _needed(name: str, found: dict[str, str]) -> dict[str, str]:
    """Add a package that is installed, and those that it needs, to what was found."""
    if name in found:
        return found
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        return found
    for text in metadata.requires(name) or ():
        needed = re.match(r"[A-Za-z0-9._-]+", text)
        if needed is not None and "extra ==" not in text:
            _needed(re.sub(r"[-_.]+", "-", needed[0]).lower(), found)
    return found


def system() -> dict[str, Any]:
    """Return what the computer is, without its name and its user's."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "byte_order": sys.byteorder,
        "frozen": hasattr(sys, "_MEIPASS"),
    }


def settings(kept: QtCore.QSettings) -> dict[str, Any]:
    """Return the settings of the window: values of a known few, and the number of the others."""
    shown = {name: str(kept.value(name, "", type=str)) for name in _SHOWN}
    return {
        "window": {name: value if value in _SHOWN[name] else "another" for name, value in shown.items()},
        "other_settings": len([name for name in kept.allKeys() if name not in _SHOWN]),
        "shared_store": bool(str(kept.value("store/url", "", type=str))),
        "network": _network(),
    }


def _network() -> dict[str, Any]:
    """Return the network's settings without names, titles, addresses and places of files."""
    try:
        found = load_settings()
    except DiscernError:
        return {"problem": "the file of the network settings cannot be used"}
    receiver = found.receiver
    return {
        "nodes": [
            {
                "dicom": bool(node.host),
                "dicomweb": bool(node.web_url),
                "tls": node.tls,
                "may_send": node.may_send,
                "retrieve_by": node.retrieve_by,
            }
            for node in found.nodes
        ],
        "receiver": {
            "this_computer_only": receiver.bind in ("127.0.0.1", "::1", "localhost"),
            "port": receiver.port,
            "tls": receiver.tls,
            "quiet_s": receiver.quiet_s,
        },
        "certificates": {
            name: bool(value)
            for name, value in (
                ("certificate", found.tls.certificate), ("key", found.tls.key), ("authority", found.tls.authority)
            )
        },
        "limits": {name: getattr(found.limits, name) for name in sorted(vars(found.limits))},
    }  # fmt: skip


def protocols() -> dict[str, Any]:
    """Return the hash of every protocol that is shipped."""
    return {name: load_protocol(name).sha256 for name in PROTOCOLS}


def store_state(store: Store | None) -> dict[str, Any]:
    """Return how many studies the store holds in which state, and whether its audit trail is whole."""
    if store is None:
        return {"store": "none yet"}
    try:
        rows = store.worklist(WorklistFilter())
        found = store.audit.check()
    except StoreError as error:
        return {"problem": type(error).__name__}
    states = [row.state for row in rows]
    return {
        "studies": {state: states.count(state) for state in sorted(set(states))},
        "audit": {
            "records": found.head.records,
            "end": found.head.sha256,
            "whole": found.ok,
            "problems": list(found.problems),
        },
    }
