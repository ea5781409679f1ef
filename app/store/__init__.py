"""The store: studies, their readings step by step, and who works on which; the only place that speaks SQL."""

from __future__ import annotations

from app.store.errors import (
    BadStoreAddress,
    CopyFailed,
    DamagedReport,
    DamagedRevision,
    ReadingIsFinal,
    ReadingLocked,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNotOurs,
    StoreUnavailable,
    StoreWriteFailed,
    UnknownStudy,
)
from app.store.locks import BEAT_S, Lock
from app.store.revisions import Revision
from app.store.signed_reports import SignedReport
from app.store.source_files import common_folder, files_of
from app.store.store import Store, user_name
from app.store.trail import AuditTrail

__all__ = [
    "AuditTrail",
    "BEAT_S",
    "BadStoreAddress",
    "CopyFailed",
    "DamagedReport",
    "DamagedRevision",
    "Lock",
    "ReadingIsFinal",
    "ReadingLocked",
    "Revision",
    "SignedReport",
    "Store",
    "StoreBusy",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreNotOurs",
    "StoreUnavailable",
    "StoreWriteFailed",
    "UnknownStudy",
    "common_folder",
    "files_of",
    "user_name",
]
