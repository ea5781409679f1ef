"""The sub-commands that need no window; each returns an exit status and writes sentences to stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import DiscernError
from analysis.readers import inspect_file, read_studies
from analysis.time_stamp_address import timestamp_problem
from app.atomic_file import reason_of, write_whole
from app.audit.headless import verified
from app.audit.in_use import record_where_in_use
from app.exit_status import DONE, DONE_WITH_GAPS, NOTHING_DONE, say_progress
from app.recomputing import recomputed_results
from app.report.certificates import open_p12, read_passphrase
from app.report.keys import FileKey
from app.report.signing import AUTOMATIC_MEANING, Signer
from app.report.time_stamping import TimeStamping
from app.report.trust import read_trust


def signer_from(
    certificate: Path | None, passphrase_file: Path | None, timestamp_url: str | None = None, trust: Path | None = None
) -> Signer | None:
    """Return the signer of the command line; the passphrase is read from its file and shown nowhere."""
    if certificate is None:
        return None
    if passphrase_file is None:
        raise DiscernError("Signing needs the passphrase of the certificate: give it with --passphrase-file FILE.")
    passphrase = read_passphrase(passphrase_file)
    open_p12(certificate, passphrase)
    if timestamp_url is None:
        return Signer(FileKey(certificate, passphrase), AUTOMATIC_MEANING)
    problem = timestamp_problem(timestamp_url)
    if problem:
        raise DiscernError(problem)
    stamping = TimeStamping(timestamp_url, read_trust(trust))
    return Signer(FileKey(certificate, passphrase), AUTOMATIC_MEANING, stamping)


def make_demo(folder: Path, seed: int) -> int:
    """Write the simulated study."""
    from app.demo import make_demo as write_demo

    sys.stdout.write(f"{write_demo(folder, seed, progress=say_progress)}\n")
    return DONE


def verify(report: Path, study: Path | None, trust: Path | None, original: Path | None = None) -> int:
    """Check a report's signatures and results; with the study, compute every number again.

    Parameters
    ----------
    original : where the report that was signed first is written
    """
    from app.report.verify import verify_file

    recompute = None if study is None else lambda: _recomputed(report, study)
    found = verify_file(report, trust=read_trust(trust), recompute=recompute)
    for sentence in found.sentences:
        sys.stdout.write(sentence + "\n")
    pdf = report.read_bytes() if report.is_file() else None
    if original is not None and pdf is not None:
        _write_original(pdf, original)
    record_where_in_use(verified(pdf, found.results, ok=found.ok))
    sys.stdout.write("This report is valid.\n" if found.ok else "This report is NOT valid.\n")
    return DONE if found.ok else NOTHING_DONE


def _write_original(pdf: bytes, target: Path) -> None:
    from app.report.original import original_of

    original = original_of(pdf)
    if original is None:
        raise DiscernError("No earlier signed report is in this one, so none was written.")
    try:
        write_whole(target, original)
    except OSError as error:
        raise DiscernError(f"{target} cannot be written: {reason_of(error)}.") from None
    sys.stdout.write(f"The report that was signed first is written to {target}; verify it by itself.\n")


def _recomputed(report: Path, source: Path) -> Mapping[str, Any]:
    """Analyse the study of a report again with the report's protocol and the reader's settings."""
    from app.report.attach import embedded_results
    from app.report.results_schema import parse_results

    return recomputed_results(parse_results(embedded_results(report.read_bytes())), read_studies([source]))


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
