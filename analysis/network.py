"""What the network window, its commands and the services speak: nodes, limits, queries, what was found and is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

RetrieveBy = Literal["C-GET", "C-MOVE", "DICOMweb"]
RETRIEVE_BY: tuple[RetrieveBy, ...] = ("C-GET", "C-MOVE", "DICOMweb")
SendBy = Literal["C-STORE", "STOW"]
SEND_BY: tuple[SendBy, ...] = ("C-STORE", "STOW")
ItemState = Literal["waiting", "sent", "committed", "given up"]

_MOST_AE_CHARACTERS = 16
_LAST_PORT = 65535
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True)
class Node:
    """Another program on the network.

    Attributes
    ----------
    name : what the reader calls it
    ae_title, host, port : its DICOM address
    tls : speak TLS to its DICOM port, with the certificates of this workstation
    web_url : base address of its DICOMweb service, empty where it has none
    web_user, web_password_file : for HTTP basic authentication; the password itself stands in a file of its own
    retrieve_by, send_by : how studies are fetched and objects are sent
    commitment : ask it to confirm that what was sent is safe (storage commitment)
    may_send : the receiver accepts objects from it, from this host and with this AE title only
    """

    name: str
    ae_title: str = ""
    host: str = ""
    port: int = 104
    tls: bool = False
    web_url: str = ""
    web_user: str = ""
    web_password_file: str = ""
    retrieve_by: RetrieveBy = "C-GET"
    send_by: SendBy = "C-STORE"
    commitment: bool = False
    may_send: bool = False


@dataclass(frozen=True)
class TlsFiles:
    """PEM files of this workstation: its certificate, its key (not encrypted), and the roots that peers answer to."""

    certificate: str = ""
    key: str = ""
    authority: str = ""


@dataclass(frozen=True)
class Limits:
    """What a peer may take of this workstation; every number is a design choice.

    Attributes
    ----------
    associations_per_host : open at the same time
    waiting_per_host : connections that have not yet associated; the oldest is dropped for a new one
    connections_per_minute : of one host
    pdu_bytes : longest PDU that is read
    object_bytes : largest object that is stored
    free_bytes : room that is always left on the disk
    handshake_s : for TLS; request_s : for the association request; pdu_s : for one PDU to arrive whole
    object_s : for one object to arrive whole; idle_s : without anything from the peer
    connect_s, answer_s : how long we wait for a peer to take a connection, and to answer a request
    """

    associations_per_host: int = 10
    waiting_per_host: int = 10
    connections_per_minute: int = 600
    pdu_bytes: int = 1 << 20
    object_bytes: int = 2 << 30
    free_bytes: int = 256 << 20
    handshake_s: float = 5.0
    request_s: float = 10.0
    pdu_s: float = 30.0
    object_s: float = 600.0
    idle_s: float = 60.0
    connect_s: float = 10.0
    answer_s: float = 60.0


@dataclass(frozen=True)
class ReceiverSettings:
    """Where this workstation listens, once switched on.

    Attributes
    ----------
    bind : the address that it listens on; loopback unless told otherwise
    tls : only TLS with a client certificate of the authority
    quiet_s : a study is complete when nothing of it has come for so long
    """

    bind: str = "127.0.0.1"
    port: int = 11112
    tls: bool = False
    quiet_s: float = 30.0


@dataclass(frozen=True)
class NetworkSettings:
    """All that is configured; no secret stands in it, only where one is kept."""

    ae_title: str = "DISCERN"
    nodes: tuple[Node, ...] = ()
    receiver: ReceiverSettings = field(default_factory=ReceiverSettings)
    tls: TlsFiles = field(default_factory=TlsFiles)
    limits: Limits = field(default_factory=Limits)


def problem_of_ae_title(title: str) -> str | None:
    """Say what is wrong with an AE title (PS3.5 section 6.2, VR AE), None where nothing is."""
    if not title.strip():
        return "An AE title is needed."
    if len(title) > _MOST_AE_CHARACTERS or not title.isascii() or not title.isprintable() or "\\" in title:
        return "An AE title has at most 16 plain characters and no backslash."
    return None


def problem_of_node(node: Node) -> str | None:
    """Say what is wrong with a node, None where nothing is."""
    if not node.name.strip():
        return "A name is needed."
    by_web_only = bool(node.web_url) and not node.ae_title and not node.host
    if not by_web_only:
        if problem := problem_of_ae_title(node.ae_title):
            return problem
        if not node.host.strip() or re.search(r"\s", node.host):
            return "A host is needed: a name or an address without spaces."
        if not 1 <= node.port <= _LAST_PORT:
            return f"A port lies between 1 and {_LAST_PORT}."
    if node.web_url and not _WEB_ADDRESS.fullmatch(node.web_url):
        return "A DICOMweb address begins with http:// or https:// and holds no user name or password."
    uses_web = node.retrieve_by == "DICOMweb" or node.send_by == "STOW"
    if (uses_web or by_web_only) and not node.web_url:
        return "DICOMweb is chosen, so its address is needed."
    if by_web_only and (node.retrieve_by, node.send_by) != ("DICOMweb", "STOW"):
        return "Without an AE title and a host, only DICOMweb can be used to fetch and to send."
    return None


def problem_of_settings(settings: NetworkSettings) -> str | None:
    """Say what is wrong with the settings as a whole, None where nothing is."""
    if problem := problem_of_ae_title(settings.ae_title):
        return problem
    names = [node.name for node in settings.nodes]
    if len(set(names)) < len(names):
        return "Two nodes have the same name."
    for node in settings.nodes:
        if problem := problem_of_node(node):
            return f"{node.name or 'A node'}: {problem}"
    if not 0 <= settings.receiver.port <= _LAST_PORT:
        return f"The receiver's port lies between 1 and {_LAST_PORT}."
    return None


@dataclass(frozen=True)
class StudyQuery:
    """What to look for; an empty field narrows nothing, ``*`` and ``?`` stand for any text and any character.

    Attributes
    ----------
    date_from, date_to : first and last study date, DICOM ``YYYYMMDD``
    """

    patient_name: str = ""
    patient_id: str = ""
    accession_number: str = ""
    date_from: str = ""
    date_to: str = ""
    modality: str = ""
    study_instance_uid: str = ""


@dataclass(frozen=True)
class FoundPatient:
    """One patient that an archive knows."""

    patient_id: str
    patient_name: str
    birth_date: str
    sex: str


@dataclass(frozen=True)
class FoundStudy:
    """One study that an archive holds; empty or None where it does not say."""

    study_instance_uid: str
    patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    study_date: str = ""
    description: str = ""
    accession_number: str = ""
    modalities: str = ""
    instances: int | None = None


@dataclass(frozen=True)
class FoundSeries:
    """One series of a study in an archive."""

    series_instance_uid: str
    modality: str
    description: str
    number: str
    instances: int | None = None


@dataclass(frozen=True)
class ScheduledStep:
    """One procedure of a modality worklist."""

    patient_id: str
    patient_name: str
    accession_number: str
    study_instance_uid: str
    description: str
    date: str
    time: str
    modality: str
    station_ae_title: str


@dataclass(frozen=True)
class QueueItem:
    """One object on its way to a node.

    Attributes
    ----------
    identifier : of this item in the queue; it says nothing about the patient
    sop_class_uid, sop_instance_uid : of the object
    label : what the object is, in words that name no patient
    attempts : how often it was tried
    next_try_at : when it is tried again; None where it is not
    answer : what the remote said last, in words
    transaction_uid : of the storage commitment that was asked for
    """

    identifier: str
    node: str
    sop_class_uid: str
    sop_instance_uid: str
    label: str
    queued_at: datetime
    state: ItemState = "waiting"
    attempts: int = 0
    next_try_at: datetime | None = None
    answer: str = ""
    transaction_uid: str = ""


@dataclass(frozen=True)
class IncomingStudy:
    """One study that was received.

    Attributes
    ----------
    key : names its folder in the inbox; it says nothing about the patient
    objects : how many are there
    state : ``arriving``, ``complete``, ``processed`` or why not, in words
    """

    key: str
    objects: int
    last_at: datetime
    state: str = "arriving"
