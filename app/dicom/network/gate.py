"""Who may connect, and how often: by address first, because that is known before a byte is read."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from analysis.network import Limits

_MINUTE_S = 60.0


class Visit:
    """One connection. The socket is only watched: what owns it closes it, by being dropped in some cases."""

    def __init__(self, sock: socket.socket) -> None:
        self.associated = False
        self._socket = weakref.ref(sock)

    def now_through(self, sock: socket.socket) -> None:
        """Follow the connection into its TLS socket."""
        self._socket = weakref.ref(sock)

    @property
    def open(self) -> bool:
        """Whether the connection still exists."""
        sock = self._socket()
        return sock is not None and sock.fileno() >= 0

    def cut(self) -> None:
        """End the connection; its own thread notices and cleans up."""
        sock = self._socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@dataclass
class _Host:
    """What is known of one address."""

    visits: list[Visit] = field(default_factory=list)
    recent_s: deque[float] = field(default_factory=deque)


class Gate:
    """Admits connections of allowed addresses within their limits.

    Connections that have not associated yet make room for newer ones, so that garbage and silence from an allowed
    address do not keep its real associations out.
    """

    def __init__(self, hosts: Collection[str], limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._hosts, self._limits, self._clock = frozenset(hosts), limits, clock
        self._known: dict[str, _Host] = {host: _Host() for host in self._hosts}
        self._lock = threading.Lock()

    def admit(self, host: str, sock: socket.socket) -> Visit | None:
        """Return the visit of a new connection, None where it is turned away."""
        with self._lock:
            known = self._known.get(host)
            if known is None or not self._within_rate(known):
                return None
            known.visits = [visit for visit in known.visits if visit.open]
            waiting = [visit for visit in known.visits if not visit.associated]
            for visit in waiting[: max(0, len(waiting) + 1 - self._limits.waiting_per_host)]:
                visit.cut()
                known.visits.remove(visit)
            visit = Visit(sock)
            known.visits.append(visit)
            return visit

    def _within_rate(self, known: _Host) -> bool:
        now = self._clock()
        while known.recent_s and now - known.recent_s[0] > _MINUTE_S:
            known.recent_s.popleft()
        if len(known.recent_s) >= self._limits.connections_per_minute:
            return False
        known.recent_s.append(now)
        return True


def addresses_of(hosts: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the numeric addresses of each host; a name that cannot be resolved has none."""
    found: dict[str, frozenset[str]] = {}
    for host in hosts:
        try:
            found[host] = frozenset(str(info[4][0]) for info in socket.getaddrinfo(host, None))
        except OSError:
            found[host] = frozenset()
    return found
