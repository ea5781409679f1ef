"""A study is read and analysed in a process of its own, at low priority; what comes of it arrives in steps."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from analysis.errors import Cancelled, DiscernError
from analysis.types import ExamResult, Progress, SourceFile, Stop, Study, StudyInfo

_LOOK_S = 0.1
_LEAST_PRIORITY = 19
_LISTED, _PROGRESS, _DONE, _FAILED = "listed", "progress", "done", "failed"


class NotAnalysed(DiscernError):
    """A received study could not be analysed; its text is the reason as a sentence."""


@dataclass(frozen=True, eq=False)
class Listed:
    """What a study is: enough for the worklist."""

    info: StudyInfo
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study's results under the protocol that its headers suggest; `exam` is None where `reason` says why not."""

    listed: Listed
    exam: ExamResult | None
    reason: str = ""


def prepare(
    folder: Path, listed: Callable[[list[Listed]], None], progress: Progress, stop: Stop, *, only_list: bool = False
) -> tuple[Prepared, ...]:
    """Read and analyse the studies of a folder, in a child process that ends with this call.

    Parameters
    ----------
    listed : called once the studies are read, before they are analysed
    only_list : read them, and analyse none

    Raises
    ------
    NotAnalysed
        If they cannot be read, or the process ends by itself.
    Cancelled
        If it was stopped.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(folder, theirs, only_list), name="analysis in advance")
    process.start()
    theirs.close()
    try:
        while True:
            if stop():
                raise Cancelled("The analysis was stopped.")
            if not ours.poll(_LOOK_S):
                continue
            kind, value = ours.recv()
            if kind == _PROGRESS:
                progress(*value)
            elif kind == _LISTED:
                listed(value)
            elif kind == _FAILED:
                raise NotAnalysed(value)
            else:
                done: tuple[Prepared, ...] = value
                return done
    except EOFError:
        raise NotAnalysed("The analysis ended before it was done; open the study to analyse it.") from None
    finally:
        process.terminate()
        process.join()
        process.close()
        ours.close()


def _work(folder: Path, pipe: Connection, only_list: bool) -> None:
    """Do the work in the child; whatever goes wrong is sent as a sentence."""
    with contextlib.suppress(OSError):  # where the system has no such priorities, it runs as others do
        os.nice(_LEAST_PRIORITY)
    try:
        pipe.send((_DONE, _prepared(folder, pipe, only_list)))
    except DiscernError as error:
        pipe.send((_FAILED, str(error)))
    except MemoryError:
        pipe.send((_FAILED, "There is not enough memory to analyse the study."))
    except BrokenPipeError:
        return  # nobody waits any more
    except Exception as error:  # noqa: BLE001 - one bad study never stops the receiver
        kind = type(error).__name__
        pipe.send((_FAILED, f"Something unexpected went wrong ({kind}); open the study to analyse it."))


def _prepared(folder: Path, pipe: Connection, only_list: bool) -> tuple[Prepared, ...]:
    from analysis.readers import read_studies
    from app.store.source_files import files_of

    report = _reporter(pipe)
    studies = read_studies([folder], progress=report, stop=lambda: False)
    found = [Listed(study.info, files_of(study)) for study in studies]
    pipe.send((_LISTED, found))
    if only_list:
        return ()
    return tuple(_analysed(study, one, report) for study, one in zip(studies, found, strict=True))


def _analysed(study: Study, listed: Listed, progress: Progress) -> Prepared:
    from analysis.pipeline import analyse
    from app.basis_cache import default_basis_cache
    from app.resource_files import chosen_protocol, load_spin_library

    if not study.acquisitions:
        return Prepared(listed, None, "It holds no spectroscopy that can be read, only images.")
    protocol, _ = chosen_protocol(study, None)
    exam = analyse(study, protocol, load_spin_library(), progress=progress, simulate=default_basis_cache())
    return Prepared(listed, exam)


def _reporter(pipe: Connection) -> Progress:
    last_s = 0.0

    def report(fraction: float, text: str) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s >= _LOOK_S:
            last_s = now_s
            pipe.send((_PROGRESS, (fraction, text)))

    return report
