"""What the worklist speaks: one row per study that was read, what narrows the list, who holds a reading, lost files."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

StudyId = NewType("StudyId", int)
"""A study's number in one store; it says nothing about the patient."""

ReadingState = Literal["draft", "preliminary", "final", "amended"]
WorklistState = Literal["unread", "draft", "preliminary", "final", "amended"]
WORKLIST_STATES: tuple[WorklistState, ...] = ("unread", "draft", "preliminary", "final", "amended")

PreparationState = Literal["received", "analysing", "ready", "failed"]

Trouble = Literal["missing", "changed", "touched", "unreadable"]


@dataclass(frozen=True)
class LockHolder:
    """Who works on a reading.

    Attributes
    ----------
    user : user name at the workstation
    since, heard_at : when the reading was taken, and when its holder last said that it is still at work; both UTC
    """

    user: str
    host: str
    since: datetime
    heard_at: datetime


@dataclass(frozen=True)
class Preparation:
    """How far a study that came in by itself is before anybody opens it.

    Attributes
    ----------
    reason : a sentence why it is not analysed
    """

    state: PreparationState
    reason: str = ""


@dataclass(frozen=True)
class FileTrouble:
    """A file of a study that is not as it was read.

    Attributes
    ----------
    trouble : ``touched`` is the same size written at another time, its content not compared yet
    """

    path: str
    trouble: Trouble


@dataclass(frozen=True)
class WorklistFilter:
    """What narrows the worklist; a field that is None or empty narrows nothing.

    Attributes
    ----------
    states : the states to show
    date_from, date_to : first and last study date, DICOM ``YYYYMMDD``; a study without a date is then left out
    text : every word must occur in the patient's name or ID or the accession number; case and accents do not count
    """

    states: Set[WorklistState] = frozenset()
    date_from: str | None = None
    date_to: str | None = None
    text: str = ""


@dataclass(frozen=True)
class WorklistRow:
    """One study of the worklist.

    Attributes
    ----------
    study_date, patient_birth_date : DICOM ``YYYYMMDD``
    priors : how many earlier studies of the same patient the store knows
    files : how many files the study was read from
    changed_at : when the last gesture was saved, UTC; None before the first
    held_by : who works on the reading now
    """

    study_id: StudyId
    state: WorklistState
    patient_name: str | None = None
    patient_id: str | None = None
    patient_birth_date: str | None = None
    patient_sex: str | None = None
    study_date: str | None = None
    study_description: str | None = None
    accession_number: str | None = None
    protocol: str | None = None
    simulated: bool = False
    folder: str = ""
    copied: bool = False
    priors: int = 0
    files: int = 0
    first_seen_at: datetime | None = None
    changed_at: datetime | None = None
    held_by: LockHolder | None = None
