"""Fetching a study into the inbox: C-GET on our own association, or C-MOVE to our receiver."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import build_role, evt

from analysis.network import NetworkSettings, Node
from analysis.types import Progress, Stop
from app.dicom.network.association import Wanted, answered, associated
from app.dicom.network.errors import NetworkProblem, Refused, Unreachable
from app.dicom.network.fetched import Fetched
from app.dicom.network.inbox import Inbox
from app.dicom.network.sop_classes import ENCODINGS, GET, MOVE, PLAIN, STORED

_PENDING: Final = 0xFF00
_SOME_FAILED: Final = 0xB000
_UNKNOWN_DESTINATION: Final = (0xA801, 0xC000)
_LOOK_S: Final = 0.2


def retrieve(
    node: Node,
    study_uid: str,
    inbox: Inbox,
    settings: NetworkSettings,
    *,
    progress: Progress,
    stop: Stop,
    series_uid: str = "",
) -> Fetched:
    """Fetch a study, or one series of it, in the way that the node is configured for.

    Raises
    ------
    NetworkProblem
        If nothing of it could be fetched.
    Cancelled
        If it was stopped; what had come whole stays.
    """
    if node.retrieve_by == "DICOMweb":
        from app.dicom.network.web import retrieve as by_web

        return by_web(node, study_uid, inbox, settings, progress=progress, stop=stop, series_uid=series_uid)
    asked = Dataset()
    asked.QueryRetrieveLevel = "SERIES" if series_uid else "STUDY"
    asked.StudyInstanceUID = study_uid
    if series_uid:
        asked.SeriesInstanceUID = series_uid
    fetch = _get if node.retrieve_by == "C-GET" else _move
    fetched = fetch(node, asked, inbox, settings, progress, stop)
    if not fetched.stored:
        why = f"all {fetched.failed} objects failed" if fetched.failed else "it has none of its objects"
        raise Refused(f"{node.name} sent nothing of the study: {why}.")
    return fetched


def _get(
    node: Node, asked: Dataset, inbox: Inbox, settings: NetworkSettings, progress: Progress, stop: Stop
) -> Fetched:
    counts = {"stored": 0, "failed": 0}

    def on_store(event: evt.Event) -> int:
        request: Any = event.request
        sink, uid = request._dataset_file, str(request.AffectedSOPInstanceUID or "")
        if sink is None or not uid:
            counts["failed"] += 1
            return 0xC000
        kept = inbox.keep(sink, uid)
        # The archive may send an object again in other words than the modality did: the first is kept.
        good = kept in ("kept", "same", "different")
        counts["stored" if good else "failed"] += 1
        return 0x0000 if good else 0xA700

    wanted = Wanted(
        [(GET, PLAIN), *((uid, ENCODINGS) for uid in STORED)],
        handlers=[(evt.EVT_C_STORE, on_store)],
        roles=[build_role(uid, scu_role=False, scp_role=True) for uid in STORED],
        make_sink=inbox.sink,
    )
    with associated(node, settings, wanted, stop) as association:
        failed = _follow(node, association.send_c_get(asked, GET), progress)
    return Fetched(counts["stored"], max(failed, counts["failed"]))


def _move(
    node: Node, asked: Dataset, inbox: Inbox, settings: NetworkSettings, progress: Progress, stop: Stop
) -> Fetched:
    """Have the node send the study to our receiver, which must be on; the inbox belongs to that."""
    done = {"completed": 0}

    def count(status: Dataset) -> None:
        done["completed"] = int(status.get("NumberOfCompletedSuboperations") or 0)

    with associated(node, settings, Wanted([(MOVE, PLAIN)]), stop) as association:
        answers = association.send_c_move(asked, settings.ae_title, MOVE)
        failed = _follow(node, answers, progress, count)
    return Fetched(done["completed"], failed)


def _follow(node: Node, answers: Any, progress: Progress, count: Callable[[Dataset], None] | None = None) -> int:
    """Follow the answers to a retrieve to the last, and return how many objects failed."""
    failed, last_s = 0, 0.0
    for status, _ in answers:
        number = answered(node, status)
        failed = int(status.get("NumberOfFailedSuboperations") or 0)
        if count is not None:
            count(status)
        if number == _PENDING:
            if time.monotonic() - last_s >= _LOOK_S:
                last_s = time.monotonic()
                progress(*_progress(status))
        elif count is not None and number in _UNKNOWN_DESTINATION:  # of C-MOVE
            raise Refused(f"{node.name} cannot send to us: our AE title, host and port must be entered there.")
        elif number not in (0, _SOME_FAILED):
            raise _problem(node, number)
    return failed


def _problem(node: Node, number: int) -> NetworkProblem:
    if number & 0xFF00 == 0xA700:
        return Unreachable(f"{node.name} has no room or no time to send the study; try again later.")
    return Refused(f"{node.name} could not send the study (status 0x{number:04X}).")


def _progress(status: Dataset) -> tuple[float, str]:
    done = sum(int(status.get(f"NumberOf{kind}Suboperations") or 0) for kind in ("Completed", "Failed", "Warning"))
    left = int(status.get("NumberOfRemainingSuboperations") or 0)
    return done / max(1, done + left), f"{done} of {done + left} objects fetched"
