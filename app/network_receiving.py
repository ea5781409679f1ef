"""The receiver of the window: switched on and off, and what becomes of the studies that come in."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_data_path
from PySide6 import QtCore

from analysis.network import IncomingStudy, NetworkSettings
from app.advance_analysis import AdvanceAnalysis
from app.dicom.network.network_events import received
from app.store import Store

if TYPE_CHECKING:  # pynetdicom and pydicom would slow the start of a window that may never listen
    from app.dicom.network.arrivals import Arrivals
    from app.dicom.network.inbox import Inbox
    from app.dicom.network.receiver import OnCommitment, Receiver


def default_inbox() -> Path:
    """Return where this user's received and fetched studies are kept."""
    return user_data_path("discern", appauthor=False) / "received"


class Receiving(QtCore.QObject):
    """Owns inbox, receiver and arrivals while the window is open; the network's threads only emit signals here."""

    complete = QtCore.Signal(str, object)
    """A study is complete, from a thread of the network: its key and folder."""

    def __init__(self, store: Store | None, advance: AdvanceAnalysis) -> None:
        super().__init__()
        self._store, self._advance = store, advance
        self._inbox: Inbox | None = None
        self._receiver: Receiver | None = None
        self._arrivals: Arrivals | None = None
        self._new: list[tuple[str, str, str]] = []
        self._lock = threading.Lock()
        self.complete.connect(self._analyse, QtCore.Qt.ConnectionType.QueuedConnection)

    def inbox(self, settings: NetworkSettings) -> Inbox:
        """Return the inbox, opened when first needed; raises NetworkProblem."""
        from app.dicom.network.inbox import Inbox

        if self._inbox is None:
            limits = settings.limits
            self._inbox = Inbox(default_inbox(), object_bytes=limits.object_bytes, free_bytes=limits.free_bytes)
        return self._inbox

    @property
    def port(self) -> int:
        """The port that it listens on; 0 where it does not."""
        return self._receiver.port if self._receiver is not None else 0

    def start(self, settings: NetworkSettings, on_commitment: OnCommitment) -> None:
        """Begin to listen; raises NetworkProblem."""
        if self._receiver is not None:
            return
        from app.dicom.network.arrivals import Arrivals
        from app.dicom.network.receiver import Listeners, Receiver

        inbox = self.inbox(settings)
        receiver = Receiver(settings, inbox, Listeners(stored=self._note, commitment=on_commitment))
        receiver.start()
        self._receiver = receiver
        self._arrivals = Arrivals(inbox, settings.receiver.quiet_s, self.complete.emit)
        self._arrivals.start()

    def stop(self) -> None:
        """Stop listening."""
        receiver, arrivals, self._receiver, self._arrivals = self._receiver, self._arrivals, None, None
        if receiver is not None:
            receiver.stop()
        if arrivals is not None:
            arrivals.stop()
        self.record()

    def studies(self) -> list[IncomingStudy]:
        """Return what came in, the latest first."""
        return self._arrivals.studies() if self._arrivals is not None else []

    def folder_of(self, key: str) -> Path:
        """Return the folder of a study that came in."""
        return default_inbox() / "studies" / key

    def record(self) -> None:
        """Record in the audit trail what came since the last time; called on any thread."""
        with self._lock:
            new, self._new = self._new, []
        if self._store is None or not new:
            return
        peers: dict[tuple[str, str], list[str]] = {}
        for title, host, uid in new:
            peers.setdefault((title, host), []).append(uid)
        for (title, host), uids in peers.items():
            self._store.audit.record(received(title, host, uids))

    def _note(self, ae_title: str, host: str, uid: str) -> None:
        with self._lock:
            self._new.append((ae_title, host, uid))

    def _analyse(self, key: str, folder: Path) -> None:
        """Have a complete study put into the worklist and analysed in the background."""
        arrivals = self._arrivals
        if arrivals is None:
            return
        mark = arrivals.mark_of(key)

        def tell(state: str, is_end: bool) -> None:
            if is_end:
                arrivals.processed(key, mark, state)
            else:
                arrivals.note(key, state)

        self._advance.add(folder, tell)
