"""`discern audit`: shows how the trail stands, checks it, exports it, notes its end elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.audit.anchors import anchors_in, append_anchor
from app.audit.chain import ChainReport
from app.audit.events import AuditEvent
from app.audit.export import export_trail
from app.audit.in_use import store_in_use
from app.exit_status import DONE, NOTHING_DONE, say
from app.store import AuditTrail, user_name


@dataclass(frozen=True)
class AuditRequest:
    """What `discern audit` was asked for.

    Attributes
    ----------
    verify : go through the whole chain
    anchors : files of anchors or signed reports to compare it with
    export : where the trail is written, ``.xml`` or ``.json``
    write_anchor : file that the end of the trail is added to
    """

    verify: bool = False
    anchors: Sequence[Path] = ()
    export: Path | None = None
    write_anchor: Path | None = None


def audit(request: AuditRequest) -> int:
    """Do what was asked; the exit status is 0 only where the chain, if it was checked, is whole.

    Raises
    ------
    DiscernError
        If the store, an anchor or the export cannot be used.
    """
    given = [head for path in request.anchors for head in anchors_in(path)]
    with store_in_use() as store:
        if store is None:
            say("There is no audit trail yet: it begins when the workstation first keeps a reading.")
            return NOTHING_DONE
        trail = store.audit
        found = trail.check(given) if request.verify or request.anchors else None
        if request.export is not None:
            _export(trail, request.export)
        if request.write_anchor is not None:
            append_anchor(request.write_anchor, trail.head())
            sys.stdout.write(f"{request.write_anchor}\n")
        if found is None:
            head = trail.head()
            sys.stdout.write(f"The audit trail holds {_count(head.records)}; its end is {head.sha256}.\n")
            return DONE
    return _tell(found)


def _export(trail: AuditTrail, path: Path) -> None:
    """Export, and record that; the export itself is not in what it holds."""
    records = list(trail.records())
    export_trail(path, records)
    trail.record(AuditEvent("audit used", user_name(), f"{_count(len(records))} exported"))
    sys.stdout.write(f"{path}\n")


def _tell(found: ChainReport) -> int:
    for problem in found.problems:
        sys.stdout.write(f"{problem}\n")
    anchors = "no anchor" if not found.anchors else f"{found.anchors} anchors" if found.anchors > 1 else "1 anchor"
    if found.ok:
        note = "" if found.anchors else " Records missing at its end would show by an anchor only (--anchor FILE)."
        sys.stdout.write(f"The audit trail is whole: {_count(found.head.records)}, compared with {anchors}.{note}\n")
        return DONE
    sys.stdout.write(
        f"The audit trail is BROKEN ({_count(found.head.records)}, compared with {anchors}); keep the store as it is "
        "and compare it with a backup.\n"
    )
    return NOTHING_DONE


def _count(records: int) -> str:
    return "1 record" if records == 1 else f"{records} records"
