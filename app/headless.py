"""The sub-commands that need no window; each returns an exit status and writes sentences to stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from analysis.errors import DiscernError, NothingToRead
from analysis.pipeline import analyse
from analysis.readers import inspect_file, read_studies
from analysis.reading import exam_settings
from analysis.results import reading_of, results_document
from analysis.types import ExamResult, Progress, Study
from app.basis_cache import default_basis_cache
from app.outputs import write_outputs
from app.report.certificates import open_p12, read_passphrase
from app.report.signing import Signer
from app.resource_files import chosen_protocol, load_protocol, load_spin_library
from app.version import version

DONE, DONE_WITH_GAPS, NOTHING_DONE = 0, 1, 2


@dataclass(frozen=True)
class AnalyseRequest:
    """What `discern analyse` was asked for."""

    out: Path
    protocol_id: str | None
    signer: Signer | None


@dataclass(frozen=True)
class _Outcome:
    """What became of one STUDY argument: sentences for stderr, files written, and whether anything was left out."""

    sentences: tuple[str, ...]
    written: tuple[Path, ...]
    gaps: bool


def say(sentence: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(sentence.rstrip("\n") + "\n")


def signer_from(certificate: Path | None, passphrase_file: Path | None) -> Signer | None:
    """Return the signer of the command line; the passphrase is read from its file and shown nowhere."""
    if certificate is None:
        return None
    if passphrase_file is None:
        raise DiscernError("Signing needs the passphrase of the certificate: give it with --passphrase-file FILE.")
    passphrase = read_passphrase(passphrase_file)
    open_p12(certificate, passphrase)
    return Signer(certificate, passphrase)


def analyse_studies(sources: Sequence[Path], request: AnalyseRequest, jobs: int = 1) -> int:
    """Read, fit and compare every source; one bad source never stops the rest."""
    if jobs > 1 and len(sources) > 1:
        with ProcessPoolExecutor(min(jobs, len(sources)), mp_context=get_context("spawn")) as pool:
            outcomes = list(pool.map(_analyse_source, sources, [request] * len(sources)))
    else:
        outcomes = [_analyse_source(source, request, _progress_line) for source in sources]
    for outcome in outcomes:
        for sentence in outcome.sentences:
            say(sentence)
        for path in outcome.written:
            sys.stdout.write(f"{path}\n")
    if not any(outcome.written for outcome in outcomes):
        return NOTHING_DONE
    return DONE_WITH_GAPS if any(outcome.gaps for outcome in outcomes) else DONE


def _progress_line(fraction: float, sentence: str) -> None:
    say(f"{100 * fraction:3.0f} % {sentence}")


def _analyse_source(source: Path, request: AnalyseRequest, progress: Progress | None = None) -> _Outcome:
    sentences: list[str] = []
    written: list[Path] = []
    gaps = False
    try:
        for study in read_studies([source]):
            found = _analyse_study(study, source, request, progress)
            sentences += found.sentences
            written += found.written
            gaps = gaps or found.gaps
    except NothingToRead as error:
        # The error itself names the file where there is just one.
        several = error.skipped if len(error.skipped) > 1 else ()
        sentences += [*(f"{item.path}: {item.reason}" for item in several), str(error)]
    except DiscernError as error:
        sentences.append(str(error))
    return _Outcome(tuple(sentences), tuple(written), gaps or not written)


def _analyse_study(study: Study, source: Path, request: AnalyseRequest, progress: Progress | None) -> _Outcome:
    skipped = [f"{item.path}: {item.reason}" for item in study.skipped]
    if not study.acquisitions:
        reason = f"'{source}' holds images but no spectroscopy that can be read, so there is nothing to analyse."
        return _Outcome((*skipped, reason), (), gaps=True)
    protocol, why = chosen_protocol(study, request.protocol_id)
    exam = analyse(study, protocol, load_spin_library(), progress=progress, simulate=default_basis_cache())
    written = write_outputs(request.out, study, exam, protocol, request.signer)
    sentences = (*skipped, why, *_voxel_sentences(exam))
    return _Outcome(sentences, (written.results, written.report), bool(skipped) or exam.evaluable < len(exam.voxels))


def _voxel_sentences(exam: ExamResult) -> list[str]:
    sentences = [
        f"{voxel.label}: not evaluable: {'; '.join(voxel.quality.reasons)}."
        for voxel in exam.voxels
        if not voxel.quality.evaluable
    ]
    sentences += [f"{voxel.label}: {warning}" for voxel in exam.voxels for warning in voxel.warnings]
    return sentences + ([exam.withheld] if exam.withheld else [])


def make_demo(folder: Path, seed: int) -> int:
    """Write the simulated study."""
    from app.demo import make_demo as write_demo

    sys.stdout.write(f"{write_demo(folder, seed, progress=_progress_line)}\n")
    return DONE


def verify(report: Path, study: Path | None, trust: Path | None) -> int:
    """Check a report's signatures and results; with the study, compute every number again."""
    from app.report.trust import trust_roots
    from app.report.verify import verify_file

    recompute = None if study is None else lambda: _recomputed(report, study)
    found = verify_file(report, trust_roots=trust_roots(trust), recompute=recompute)
    for sentence in found.sentences:
        sys.stdout.write(sentence + "\n")
    sys.stdout.write("This report is valid.\n" if found.ok else "This report is NOT valid.\n")
    return DONE if found.ok else NOTHING_DONE


def _recomputed(report: Path, source: Path) -> Mapping[str, Any]:
    """Analyse the study of a report again with the report's protocol and the reader's settings."""
    from app.report.attach import embedded_results
    from app.report.results_schema import parse_results

    old = parse_results(embedded_results(report.read_bytes()))
    uid = old["study"]["study_instance_uid"]
    for study in read_studies([source]):
        if study.info.study_instance_uid == uid:
            protocol = load_protocol(str(old["software"]["protocol"]["id"]).rsplit("-", 1)[0])
            reading = reading_of(old)
            exam = analyse(study, protocol, load_spin_library(), settings=exam_settings(reading, study))
            return results_document(study, exam, version=version(), reading=reading)
    raise DiscernError(f"{source} does not hold the study that the report was made from.")


def inspect(files: Sequence[Path]) -> int:
    """Say what each file is, one line each."""
    readable = 0
    for path in files:
        line, good = inspect_file(path)
        readable += good
        sys.stdout.write(f"{path}: {line}\n")
    if readable == len(files):
        return DONE
    return DONE_WITH_GAPS if readable else NOTHING_DONE
