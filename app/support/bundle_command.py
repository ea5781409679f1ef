"""`discern support-bundle`: writes a support bundle, and records that in the audit trail."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from app.audit.events import AuditedObject, AuditEvent
from app.audit.in_use import store_in_use
from app.exit_status import DONE, DONE_WITH_GAPS, say
from app.settings import workstation_settings
from app.store import Store, StoreError, user_name
from app.support.bundle import Bundle, write_bundle


def bundle_event(bundle: Bundle, studies: int) -> AuditEvent:
    """Return the event of a bundle that was written."""
    text = "support bundle" if not studies else "support bundle with a study without its patient"
    return AuditEvent("exported", user_name(), text, objects=(AuditedObject("file", bundle.sha256),))


def support_bundle(target: Path, studies: Sequence[Path]) -> int:
    """Write a bundle and return the exit status; a store that cannot be used is said, and does not prevent it.

    Raises
    ------
    DiscernError
        If it cannot be written.
    """
    try:
        with store_in_use() as store:
            bundle = _written(target, store, studies)
    except StoreError as error:
        say(f"The bundle says nothing of the store, and the audit trail was not written. {error}")
        bundle = write_bundle(target, workstation_settings(), None, studies)
    for item in bundle.skipped:
        say(f"{item.path}: {item.reason}")
    sys.stdout.write(f"{target}\n")
    if studies:
        say("Look at the study's pictures before you pass the bundle on: a head can be recognised by its face.")
    return DONE_WITH_GAPS if bundle.skipped else DONE


def _written(target: Path, store: Store | None, studies: Sequence[Path]) -> Bundle:
    bundle = write_bundle(target, workstation_settings(), store, studies)
    if store is not None:
        store.audit.record(bundle_event(bundle, len(studies)))
    return bundle
