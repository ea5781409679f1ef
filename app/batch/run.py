"""The run of `discern analyse`: hands sources out, records what is done, reports, and writes the table."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import DiscernError
from app.audit.headless import analysed
from app.audit.in_use import record_where_in_use
from app.batch.cluster import local_workers, outcomes_of, remote_workers
from app.batch.journal import Journal, source_mark
from app.batch.one_source import AnalyseRequest, Outcome, analyse_source
from app.batch.table import check_ending, write_table
from app.exit_status import DONE, DONE_WITH_GAPS, NOTHING_DONE, say, say_progress

_TABLE_NAME = "voxels.csv"


@dataclass(frozen=True)
class Plan:
    """How a run is done.

    Attributes
    ----------
    jobs : worker processes on this computer; 1 works in this process
    scheduler : address of a Dask scheduler to use instead
    table : where the table of all voxels goes; None writes ``voxels.csv`` where there is more than one source
    """

    jobs: int = 1
    scheduler: str | None = None
    table: Path | None = None


def analyse_sources(sources: Sequence[Path], request: AnalyseRequest, plan: Plan = Plan()) -> int:
    """Read, fit and compare every source; one bad source never stops the rest. Returns the exit status.

    Raises
    ------
    DiscernError
        If the run cannot begin, or its table cannot be written.
    """
    if plan.table is not None:
        check_ending(plan.table)
    if plan.scheduler is not None and request.signer is not None:
        raise DiscernError(
            "Reports are not signed on a cluster, because your passphrase would travel to its workers; "
            "leave out --sign, or use --jobs on this computer."
        )
    found: dict[int, Outcome] = {}
    with Journal(request.out, request) as journal:
        marks = [source_mark(source) for source in sources]
        kept = {n: one for n, mark in enumerate(marks) if (one := journal.outcome_of(mark)) is not None}
        found |= kept
        if kept:
            say(f"Going on with a run that was stopped: {len(kept)} of {len(sources)} sources are done already.")
        waiting = [(n, source) for n, source in enumerate(sources) if n not in kept]
        count = _Count(len(sources), len(kept))
        try:
            for number, outcome in _outcomes(waiting, request, plan):
                journal.add(marks[number], outcome)
                found[number] = outcome
                _tell(outcome)
                signed = request.signer is not None
                record_where_in_use(*analysed(outcome.results, outcome.reports, signed=signed))
                count.tell_one_more()
        except KeyboardInterrupt:
            say(f"Stopped: {len(found)} of {len(sources)} sources are done; the same command goes on from there.")
            raise
        journal.finish()
    return _finish([found[n] for n in range(len(sources))], request, plan)


def _outcomes(
    waiting: Sequence[tuple[int, Path]], request: AnalyseRequest, plan: Plan
) -> Iterator[tuple[int, Outcome]]:
    workers: AbstractContextManager[Any]
    if plan.scheduler is not None:
        workers = remote_workers(plan.scheduler)
    elif plan.jobs > 1 and len(waiting) > 1:
        workers = local_workers(min(plan.jobs, len(waiting)))
    else:
        progress = say_progress if len(waiting) == 1 else None
        yield from ((number, analyse_source(source, request, progress)) for number, source in waiting)
        return
    with workers as client:
        yield from outcomes_of(client, waiting, request)


def _finish(outcomes: Sequence[Outcome], request: AnalyseRequest, plan: Plan) -> int:
    results = [path for outcome in outcomes for path in outcome.results]
    table = plan.table or (request.out / _TABLE_NAME if len(outcomes) > 1 else None)
    if table is not None and results:
        sys.stdout.write(f"{write_table(table, results)}\n")
    if not results:
        return NOTHING_DONE
    return DONE_WITH_GAPS if any(outcome.gaps for outcome in outcomes) else DONE


def _tell(outcome: Outcome) -> None:
    for sentence in outcome.sentences:
        say(sentence)
    for result, report in zip(outcome.results, outcome.reports, strict=True):
        sys.stdout.write(f"{result}\n{report}\n")
    sys.stdout.flush()


class _Count:
    """Says how far a run of several sources is, and how long the rest may take."""

    def __init__(self, total: int, done: int) -> None:
        self._total, self._done, self._fresh = total, done, 0
        self._began = time.monotonic()

    def tell_one_more(self) -> None:
        self._done += 1
        self._fresh += 1
        if self._total == 1:
            return
        left = (time.monotonic() - self._began) / self._fresh * (self._total - self._done)
        rest = f", about {_duration(left)} to go" if self._done < self._total else ""
        say(f"{self._done} of {self._total} sources are done{rest}.")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
