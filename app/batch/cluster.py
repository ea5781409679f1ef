"""Sources side by side on Dask: worker processes of this computer, or a cluster that the site runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.errors import DiscernError
from app.batch.one_source import AnalyseRequest, Outcome, analyse_source, unexpected
from app.version import version

_BACKLOG = 3
"""Sources handed out per worker beyond the one it works on: enough that none waits, few enough to stop at once."""
_WAIT_FOR_WORKERS_S = 30
_CONNECT_S = 10
_LOCAL_SETTINGS: dict[str, Any] = {
    # A study that ends its worker (out of memory, a crash in a library) is tried once more, then given up.
    "distributed.scheduler.allowed-failures": 1,
    # Dask's own web pages would show the names of studies' folders without a password.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


class ClusterProblem(DiscernError):
    """A cluster that cannot be used."""


@contextmanager
def local_workers(count: int) -> Iterator[Any]:
    """Start worker processes on this computer.

    They speak TLS with throw-away certificates on the loopback address, because a scheduler runs whatever it is sent:
    without them every account of this computer could use it.
    """
    import dask
    from distributed import Client, LocalCluster

    _quiet()
    dask.config.set(_LOCAL_SETTINGS)
    with (
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            host="127.0.0.1",
            security=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote_workers(address: str) -> Iterator[Any]:
    """Use a scheduler that the site runs; its certificates are those of Dask's own configuration.

    Raises
    ------
    ClusterProblem
        If nothing answers there, no worker is connected, or the workers run another Discern.
    """
    from distributed import Client

    _quiet()
    try:
        client = Client(address, timeout=_CONNECT_S)
    except (OSError, ValueError, TypeError) as error:
        raise ClusterProblem(
            f"No Dask scheduler answers at {address}; check the address, and that it is running."
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def _check_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WAIT_FOR_WORKERS_S)
    except TimeoutError as error:
        raise ClusterProblem(f"The scheduler at {address} has no workers; start at least one.") from error
    try:
        found = set(client.run(version).values())
    except ModuleNotFoundError as error:
        raise ClusterProblem(
            f"The workers of {address} cannot load Discern; install the same version there as here ({version()})."
        ) from error
    if found != {version()}:
        others = ", ".join(sorted(found - {version()}))
        raise ClusterProblem(f"The workers of {address} run Discern {others}, this is {version()}; use one version.")


def outcomes_of(
    client: Any, sources: Sequence[tuple[int, Path]], request: AnalyseRequest
) -> Iterator[tuple[int, Outcome]]:
    """Analyse numbered sources on a client's workers; each outcome comes as soon as it is there."""
    from distributed import as_completed

    waiting = iter(sources)
    room = max(1, len(client.scheduler_info()["workers"])) * (1 + _BACKLOG)
    handed_out: dict[Any, tuple[int, Path]] = {}

    def hand_out() -> Any | None:
        following = next(waiting, None)
        if following is None:
            return None
        # Never `pure`: the same source analysed twice in one run writes twice.
        future = client.submit(analyse_source, following[1], request, pure=False)
        handed_out[future] = following
        return future

    first = [future for future in (hand_out() for _ in range(room)) if future is not None]
    pool = as_completed(first)
    for future in pool:
        number, source = handed_out.pop(future)
        error = future.exception()
        yield number, future.result() if error is None else Outcome((_lost(source, error),))
        more = hand_out()
        if more is not None:
            pool.add(more)


def _lost(source: Path, error: BaseException) -> str:
    if type(error).__name__ == "KilledWorker":
        return f"'{source}' could not be analysed: it ended two worker processes, perhaps for lack of memory."
    return unexpected(source, error)


def _quiet() -> None:
    """Keep Dask's own log lines off the user's screen; what matters comes back as a sentence."""
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
