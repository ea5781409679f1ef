"""What the network window has done on worker threads: tests, queries and fetches, each recorded in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.network import FoundStudy, NetworkSettings, Node, ScheduledStep, StudyQuery
from analysis.types import Progress, Stop, StudyInfo
from app.audit.events import AuditEvent, Peer, Subject
from app.dicom.network.errors import BadNetworkSettings
from app.dicom.network.settings_file import load_settings, save_settings
from app.store import Store, user_name

if TYPE_CHECKING:  # pynetdicom, pydicom and requests would slow the start of the window
    from app.dicom.network.inbox import Inbox

Looked = list[FoundStudy] | list[ScheduledStep]


def kept_settings(say: Callable[[str], None]) -> NetworkSettings:
    """Return the kept settings; what is wrong with their file is said, and the defaults hold until it is mended."""
    try:
        return load_settings()
    except BadNetworkSettings as error:
        say(str(error))
        return NetworkSettings()


def keep_settings(settings: NetworkSettings) -> str:
    """Keep settings; returns what is wrong, empty where they are kept."""
    try:
        save_settings(settings)
    except BadNetworkSettings as error:
        return str(error)
    return ""


def test_node(node: Node, settings: NetworkSettings, stop: Stop) -> str:
    """Return a node's answer as a sentence; raises NetworkProblem."""
    from app.dicom.network.echo import echo

    return echo(node, settings, stop)


test_node.__test__ = False  # type: ignore[attr-defined]


def ask(
    node: Node,
    kind: str,
    query: StudyQuery,
    open_study: StudyInfo | None,
    settings: NetworkSettings,
    store: Store | None,
    stop: Stop,
) -> Looked:
    """Return what a node answers to a query of a kind; raises NetworkProblem, or Cancelled."""
    from app.dicom.network import query as dicom
    from app.dicom.network import web

    if kind == "priors":
        query = StudyQuery(patient_id=(open_study.patient_id or "") if open_study is not None else "")
    by_web = not node.host
    found: Looked
    if kind == "worklist":
        if by_web:
            raise BadNetworkSettings(f"{node.name} has no DICOM address, and the worklist has no other way.")
        found = dicom.find_worklist(node, query, settings, stop)
    elif kind == "priors" and open_study is not None and not by_web:
        found = dicom.find_priors(node, query.patient_id, open_study.study_instance_uid, settings, stop)
    elif by_web or node.retrieve_by == "DICOMweb":
        found = web.find_studies(node, query, settings)
        if kind == "priors" and open_study is not None:
            found = [
                one
                for one in found
                if one.patient_id == query.patient_id and one.study_instance_uid != open_study.study_instance_uid
            ]
    else:
        found = dicom.find_studies(node, query, settings, stop)
    if store is not None:
        asked = ", ".join(f"{key}={value}" for key, value in asdict(query).items() if value)
        store.audit.record(
            AuditEvent("queried", user_name(), f"{kind}: {len(found)} found", peer=_peer(node), query=asked or "all")
        )
    return found


def fetch(
    node: Node,
    study_uid: str,
    inbox: Inbox,
    settings: NetworkSettings,
    store: Store | None,
    *,
    progress: Progress,
    stop: Stop,
) -> Path:
    """Fetch a study and return the folder that it lies in; raises NetworkProblem, or Cancelled."""
    from app.dicom.network.inbox import name_of
    from app.dicom.network.retrieve import retrieve

    fetched = retrieve(node, study_uid, inbox, settings, progress=progress, stop=stop)
    for _ in inbox.sort_arrived():
        pass
    if store is not None:
        text = f"{fetched.stored} objects fetched, {fetched.failed} failed"
        event = AuditEvent("received", user_name(), text, subject=Subject(study_uid), peer=_peer(node))
        store.audit.record(event)
    return inbox.studies / name_of(study_uid)


def _peer(node: Node) -> Peer:
    return Peer(node.ae_title or node.web_url, node.host)
