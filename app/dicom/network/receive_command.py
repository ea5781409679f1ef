"""`discern receive`: listens without a window, and analyses every study once it is complete."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from analysis.network import Limits, NetworkSettings, Node, ReceiverSettings, TlsFiles, problem_of_node
from app.audit.in_use import record_where_in_use
from app.batch import AnalyseRequest, Outcome
from app.batch.one_source import analyse_source
from app.dicom.network.arrivals import Arrivals
from app.dicom.network.errors import BadNetworkSettings
from app.dicom.network.inbox import Inbox
from app.dicom.network.network_events import received
from app.dicom.network.receiver import Listeners, Receiver, sender_node
from app.dicom.network.settings_file import load_settings
from app.exit_status import DONE, say
from app.report.source import Received


@dataclass(frozen=True)
class ReceiveRequest:
    """What `discern receive` was asked for; None takes what the settings of the workstation say.

    Attributes
    ----------
    analyse : how complete studies are analysed; None only keeps them
    inbox : where received objects are kept
    allow : who may send, each ``AE@HOST`` or ``AE@HOST:PORT``, beside those that the settings allow
    """

    analyse: AnalyseRequest | None
    inbox: Path
    allow: tuple[str, ...] = ()
    ae_title: str | None = None
    bind: str | None = None
    port: int | None = None
    quiet_s: float | None = None
    tls: TlsFiles | None = None


def settings_for(request: ReceiveRequest, kept: NetworkSettings) -> NetworkSettings:
    """Return the settings that a request and those of the workstation give together.

    Raises
    ------
    BadNetworkSettings
        If a sender cannot be understood.
    """
    receiver = ReceiverSettings(
        bind=request.bind or kept.receiver.bind,
        port=kept.receiver.port if request.port is None else request.port,
        tls=kept.receiver.tls or request.tls is not None,
        quiet_s=kept.receiver.quiet_s if request.quiet_s is None else request.quiet_s,
    )
    nodes = (*kept.nodes, *(_sender(text) for text in request.allow))
    title = request.ae_title or kept.ae_title
    return replace(kept, ae_title=title, nodes=nodes, receiver=receiver, tls=request.tls or kept.tls)


def _sender(text: str) -> Node:
    title, _, place = text.partition("@")
    host, _, port = place.partition(":") if place.count(":") == 1 else (place, "", "")
    node = sender_node(title, host, int(port) if port.isdecimal() else 1)
    if (problem := problem_of_node(node)) or (port and not port.isdecimal()):
        raise BadNetworkSettings(f"--allow {text}: {problem or 'a port is a number.'} Give AE@HOST or AE@HOST:PORT.")
    return node


def receive(request: ReceiveRequest, over: threading.Event | None = None) -> int:
    """Listen until a signal (or `over`) ends it.

    Raises
    ------
    NetworkProblem
        If it cannot listen.
    """
    settings = settings_for(request, load_settings())
    over = over or _over_at_signal()
    inbox = _inbox(request.inbox, settings.limits)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        work = _Analyses(request.analyse, pool)
        arrivals = Arrivals(inbox, settings.receiver.quiet_s, work.begin)
        work.arrivals = arrivals
        trail = _Trail()
        receiver = Receiver(settings, inbox, Listeners(stored=trail.note))
        receiver.start()
        try:
            arrivals.start()
            how = "TLS" if settings.receiver.tls else "no TLS"
            where = f"{settings.receiver.bind}, port {receiver.port}"
            say(f"{settings.ae_title} listens at {where}, with {how}; Ctrl+C ends it.")
            while not over.wait(1.0):
                trail.write()
        finally:
            receiver.stop()
            arrivals.stop()
            trail.write()
            pool.shutdown(wait=True, cancel_futures=True)
    return DONE


def _inbox(folder: Path, limits: Limits) -> Inbox:
    return Inbox(folder, object_bytes=limits.object_bytes, free_bytes=limits.free_bytes)


def _over_at_signal() -> threading.Event:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    return over


class _Analyses:
    """Analyses complete studies in a process of its own, so that a bad one neither stops nor slows the receiver."""

    arrivals: Arrivals

    def __init__(self, request: AnalyseRequest | None, pool: ProcessPoolExecutor) -> None:
        self._request, self._pool = request, pool

    def begin(self, key: str, folder: Path) -> None:
        """Have a complete study analysed."""
        mark = self.arrivals.mark_of(key)
        if self._request is None:
            self.arrivals.processed(key, mark)
            say(f"A study is complete: {folder}")
            return
        say(f"A study is complete and is analysed: {folder}")
        try:
            request = replace(self._request, received=Received(datetime.now().astimezone(), "by DICOM"))
            future = self._pool.submit(analyse_source, folder, request)
        except RuntimeError:
            return  # the command is ending; the study is analysed at the next start
        future.add_done_callback(lambda done: self._end(key, mark, folder, done))

    def _end(self, key: str, mark: str, folder: Path, done: Future[Outcome]) -> None:
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            say(f"{folder} could not be analysed ({type(error).__name__}); it is tried again at the next start.")
            return
        outcome = done.result()
        for sentence in outcome.sentences:
            say(sentence)
        for path in (*outcome.results, *outcome.reports):
            sys.stdout.write(f"{path}\n")
        sys.stdout.flush()
        self.arrivals.processed(key, mark, "processed" if outcome.results else outcome.sentences[-1])


class _Trail:
    """Records in the audit trail what was received, many objects of one peer in one event."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._new: dict[tuple[str, str], list[str]] = {}

    def note(self, ae_title: str, host: str, uid: str) -> None:
        with self._lock:
            self._new.setdefault((ae_title, host), []).append(uid)

    def write(self) -> None:
        with self._lock:
            new, self._new = self._new, {}
        if new:
            record_where_in_use(*(received(title, host, uids) for (title, host), uids in new.items()))
