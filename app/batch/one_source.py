"""One STUDY argument of `discern analyse`: read, fitted, compared and written; whatever goes wrong is a sentence."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import DiscernError, NothingToRead
from analysis.paper import Paper
from analysis.pipeline import analyse
from analysis.readers import read_studies
from analysis.types import ExamResult, Progress, Study
from app.basis_cache import default_basis_cache
from app.outputs import write_outputs
from app.report.signing import Signer
from app.report.source import Received
from app.resource_files import chosen_protocol, load_spin_library

_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class AnalyseRequest:
    """What `discern analyse` was asked for.

    Attributes
    ----------
    out : where the results of every study are written
    received : when and on which way the data came, for the report; None where that is not known
    """

    out: Path
    protocol_id: str | None
    signer: Signer | None
    paper: Paper = "A4"
    received: Received | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one source.

    Attributes
    ----------
    sentences : for stderr
    results, reports : the files written, one of each per study
    gaps : whether a voxel or file could not be used
    """

    sentences: tuple[str, ...]
    results: tuple[Path, ...] = ()
    reports: tuple[Path, ...] = ()
    gaps: bool = True


def analyse_source(source: Path, request: AnalyseRequest, progress: Progress | None = None) -> Outcome:
    """Analyse every study of a source and write its results; never raises for what the source holds."""
    try:
        found = [_analyse_study(study, source, request, progress) for study in read_studies([source])]
    except NothingToRead as error:
        # The error itself names the file where there is just one.
        several = error.skipped if len(error.skipped) > 1 else ()
        return Outcome((*(f"{item.path}: {item.reason}" for item in several), str(error)))
    except DiscernError as error:
        return Outcome((str(error),))
    except Exception as error:  # noqa: BLE001 - one bad study never stops the rest
        return Outcome((unexpected(source, error),))
    return Outcome(
        tuple(sentence for one in found for sentence in one.sentences),
        tuple(path for one in found for path in one.results),
        tuple(path for one in found for path in one.reports),
        any(one.gaps for one in found),
    )


def unexpected(source: Path, error: BaseException) -> str:
    """Say that a source met a bug: its kind and place, for whoever mends it, and nothing that the error may quote."""
    ours = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(_ROOT)]
    place = f" in {Path(ours[-1].filename).relative_to(_ROOT)}, line {ours[-1].lineno}" if ours else ""
    kind = type(error).__name__
    return f"'{source}' could not be analysed: something unexpected went wrong ({kind}{place}). Please report this."


def _analyse_study(study: Study, source: Path, request: AnalyseRequest, progress: Progress | None) -> Outcome:
    skipped = tuple(f"{item.path}: {item.reason}" for item in study.skipped)
    if not study.acquisitions:
        reason = f"'{source}' holds images but no spectroscopy that can be read, so there is nothing to analyse."
        return Outcome((*skipped, reason))
    protocol, why = chosen_protocol(study, request.protocol_id)
    exam = analyse(study, protocol, load_spin_library(), progress=progress, simulate=default_basis_cache())
    written = write_outputs(
        request.out, study, exam, protocol, request.signer, paper=request.paper, received=request.received
    )
    gaps = bool(skipped) or exam.evaluable < len(exam.voxels)
    return Outcome((*skipped, why, *_voxel_sentences(exam)), (written.results,), (written.report,), gaps)


def _voxel_sentences(exam: ExamResult) -> list[str]:
    sentences = [
        f"{voxel.label}: not evaluable: {'; '.join(voxel.quality.reasons)}."
        for voxel in exam.voxels
        if not voxel.quality.evaluable
    ]
    sentences += [f"{voxel.label}: {warning}" for voxel in exam.voxels for warning in voxel.warnings]
    return sentences + ([exam.withheld] if exam.withheld else [])
