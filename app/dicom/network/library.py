"""How pynetdicom is used here: without logs that name patients, with makers' own classes, and closing what it opened.

The settings of pynetdicom are those of the whole process, so they are made once, when this package is first used.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import Any

from pynetdicom import _config, register_uid
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.transport import AssociationSocket

from app.dicom.network.sop_classes import MAKERS_OWN


def _close_socket(transport: Any) -> None:
    """Close a connection also where it cannot be shut down any more; pynetdicom leaves it open then."""
    sock = transport.socket
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            sock.close()


def set_up() -> None:
    """Make the settings; doing it again changes nothing."""
    for keyword, uid in MAKERS_OWN.items():
        register_uid(uid, keyword, StorageServiceClass)
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    transport: Any = AssociationSocket
    transport._shutdown_socket = _close_socket


set_up()
