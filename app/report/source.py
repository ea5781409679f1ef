"""What a report is made from: one frozen record, so that preview, draft and signed report are the same call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from analysis.disc_measure import DiscMeasures
from analysis.paper import Paper
from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Study


@dataclass(frozen=True)
class Amendment:
    """The signed report that a new one amends.

    Attributes
    ----------
    original_sha256 : of the whole signed file
    original_pdf : its bytes, embedded whole into the new report
    reason : why it is amended, in the reader's words
    changes : what changed, one sentence each
    """

    original_sha256: str
    original_pdf: bytes
    reason: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Received:
    """When the exam's data came to this workstation, and on which way, such as ``opened from files``."""

    at: datetime
    way: str


@dataclass(frozen=True, eq=False)
class PriorExam:
    """An earlier exam of the same patient under the same protocol, to compare with, and what was said of it."""

    study: Study
    exam: ExamResult
    reading: Reading = Reading()


@dataclass(frozen=True, eq=False)
class ReportSource:
    """Everything that a report says comes from here; the same source gives the same pages.

    Attributes
    ----------
    results : the bytes of results.json, attached as they are
    created_at : when the report is made, with its offset from UTC
    version : Discern's version
    priors : earlier exams, the newest first
    received : None where it is not known
    measures : what is known already of the discs on the images, by `voxel_key`; the others are measured
    """

    study: Study
    exam: ExamResult
    protocol: Protocol
    results: bytes
    version: str
    created_at: datetime
    reading: Reading = Reading()
    priors: tuple[PriorExam, ...] = ()
    paper: Paper = "A4"
    amendment: Amendment | None = None
    received: Received | None = None
    measures: Mapping[str, DiscMeasures] = field(default_factory=dict)
