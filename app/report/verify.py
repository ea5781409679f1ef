"""Is a report genuine, complete, unchanged, and signed by somebody this site trusts? Offline; nothing is fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.atomic_file import reason_of
from app.report.attach import embedded_amended, embedded_results
from app.report.compare import RELATIVE_TOLERANCE, compare_results
from app.report.errors import NotVerifiable
from app.report.layout import FINAL
from app.report.results_schema import parse_results
from app.report.seal import quiet_pyhanko
from app.report.signature_check import SignatureCheck, check_signatures
from app.report.trust import Trust

_MOST_DIFFERENCES = 20


@dataclass(frozen=True)
class Verification:
    """The outcome for one report.

    Attributes
    ----------
    results : the embedded results.json where it follows the schema, else None
    differences : what recomputing the study found different; None where nothing was recomputed
    problem : why the report is not good apart from its signatures, or None
    sentences : everything above in words, for the reader
    """

    signatures: tuple[SignatureCheck, ...] = ()
    results: Mapping[str, Any] | None = field(default=None, repr=False)
    differences: tuple[str, ...] | None = None
    problem: str | None = None
    sentences: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every signature is genuine, trusted and unchanged after, and the results are there and agree."""
        signed = bool(self.signatures) and all(signature.ok for signature in self.signatures)
        return signed and self.problem is None and self.results is not None and not self.differences


def verify_file(path: Path, *, trust: Trust, recompute: Callable[[], Mapping[str, Any]] | None = None) -> Verification:
    """Verify a report on disk; see `verify_report`. A file that cannot be read is a failed verification."""
    try:
        pdf = path.read_bytes()
    except FileNotFoundError:
        return _failed(f"There is no file {path}.")
    except OSError as error:
        return _failed(f"{path} cannot be read: {reason_of(error)}.")
    return verify_report(pdf, trust=trust, recompute=recompute)


def verify_report(
    pdf: bytes,
    *,
    trust: Trust,
    recompute: Callable[[], Mapping[str, Any]] | None = None,
    now: datetime | None = None,
) -> Verification:
    """Check signatures, later changes and the embedded results of a report.

    Parameters
    ----------
    trust : the roots and revocation lists to believe; without roots, no signature is trusted
    recompute : computes the results.json of the study again, to be compared with the embedded one
    now : the time as of which it is judged, with its zone; the clock's where None

    Raises
    ------
    CertificateProblem
        If a trusted root is not a PEM certificate, or a revocation list none.
    """
    quiet_pyhanko()
    try:
        signatures = check_signatures(pdf, trust, now=now)
    except NotVerifiable as error:
        return _failed(str(error))
    found = Verification(signatures=signatures, sentences=tuple(s.sentence for s in signatures))
    if not signatures:
        return _with_problem(found, "This PDF carries no signature, so nothing vouches for it.")
    if signatures[0].field_name != FINAL:
        return _with_problem(found, "The first signature is not the one that finalises a Discern report.")
    try:
        results = parse_results(embedded_results(pdf))
    except NotVerifiable as error:
        return _with_problem(found, str(error))
    found = replace(found, results=results)
    found = replace(found, sentences=(*found.sentences, "The embedded results follow the schema discern-results/1."))
    found = _with_amended(found, pdf, results, trust)
    return found if recompute is None else _recomputed(found, results, recompute())


def _with_amended(found: Verification, pdf: bytes, results: Mapping[str, Any], trust: Trust) -> Verification:
    """Check the signed report that this one amends: whether it is the one that is named, and valid itself."""
    named, amended = str(results.get("reading", {}).get("amends", "")), embedded_amended(pdf)
    if amended is None:
        missing = "This report says that it amends another one, but does not carry it."
        return _with_problem(found, missing) if named else found
    digest = hashlib.sha256(amended).hexdigest()
    if digest != named:
        return _with_problem(found, "The report that is embedded as the amended one is not the one that is named.")
    earlier = verify_report(amended, trust=trust, now=_proven_by(found.signatures))
    told = tuple(f"In the amended report: {sentence}" for sentence in earlier.sentences)
    found = replace(found, sentences=(*found.sentences, f"The amended report {digest} is embedded whole.", *told))
    return found if earlier.ok else _with_problem(found, "The report that this one amends is not valid.")


def _proven_by(signatures: Sequence[SignatureCheck]) -> datetime | None:
    """Return when a report was there at the latest, by the trusted time stamps on it; None where it has none."""
    return min((check.stamped_at for check in signatures if check.ok and check.stamped_at), default=None)


def is_sealed(pdf: bytes) -> bool:
    """Whether a freshly signed PDF is genuine and covered to its last byte; trust is not looked at."""
    try:
        checks = check_signatures(pdf, Trust())
    except NotVerifiable:
        return False
    return bool(checks) and all(check.intact and check.unchanged_after for check in checks)


def _recomputed(found: Verification, old: Mapping[str, Any], new: Mapping[str, Any]) -> Verification:
    differences = compare_results(old, new)
    if differences:
        first = "; ".join(differences[:_MOST_DIFFERENCES])
        more = f"; and {len(differences) - _MOST_DIFFERENCES} more" if len(differences) > _MOST_DIFFERENCES else ""
        sentence = f"Computed again, {len(differences)} results differ: {first}{more}."
    else:
        sentence = f"Computed again, every number agrees to a relative tolerance of {RELATIVE_TOLERANCE:g}."
    return replace(found, differences=differences, sentences=(*found.sentences, sentence))


def _failed(sentence: str) -> Verification:
    return Verification(problem=sentence, sentences=(sentence,))


def _with_problem(found: Verification, sentence: str) -> Verification:
    return replace(found, problem=sentence, sentences=(*found.sentences, sentence))
