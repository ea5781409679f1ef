"""How pynetdicom is used here: without logs that name patients, received objects go to the disk as they come.

The settings of pynetdicom are those of the whole process, so they are made once, when this package is first used.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import tempfile
import threading
from typing import Any

from pynetdicom import _config, register_uid
from pynetdicom import dimse_messages as _messages
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.transport import AssociationSocket

from app.dicom.network.short_bytes import file_head
from app.dicom.network.sop_classes import MAKERS_OWN

dimse_messages: Any = _messages  # what is replaced in it are its private imports
_SINKS = threading.local()
_ORDINARY = tempfile.NamedTemporaryFile
_ORDINARY_META, _ORDINARY_WRITE = dimse_messages.create_file_meta, dimse_messages.write_file_meta_info


class sink_in_use:  # noqa: N801 - a context manager, named like one
    """Lets pynetdicom write the object that arrives on this thread into what `make` returns.

    Parameters
    ----------
    make : returns something with ``name``, ``write``, ``file.flush`` and ``close``
    """

    def __init__(self, make: Any) -> None:
        self._make = make

    def __enter__(self) -> None:
        _SINKS.make = self._make

    def __exit__(self, *_: object) -> None:
        _SINKS.make = None


def _file_for_object(*args: Any, **options: Any) -> Any:
    make = getattr(_SINKS, "make", None)
    return _ORDINARY(*args, **options) if make is None else make()


def _meta_for_object(**of: Any) -> Any:
    return of if getattr(_SINKS, "make", None) is not None else _ORDINARY_META(**of)


def _write_meta(file: Any, meta: Any, *args: Any, **options: Any) -> None:
    if isinstance(meta, dict):
        file.start_with(file_head(meta["sop_class_uid"], meta["sop_instance_uid"], meta["transfer_syntax"]))
    else:
        _ORDINARY_WRITE(file, meta, *args, **options)


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
    _config.STORE_RECV_CHUNKED_DATASET = True
    for keyword, uid in MAKERS_OWN.items():
        register_uid(uid, keyword, StorageServiceClass)
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    dimse_messages.NamedTemporaryFile = _file_for_object
    dimse_messages.create_file_meta = _meta_for_object
    dimse_messages.write_file_meta_info = _write_meta
    transport: Any = AssociationSocket
    transport._shutdown_socket = _close_socket


set_up()
