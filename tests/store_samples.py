"""Made-up studies for the tests of the store."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.types import SourceFile, StudyInfo

T0 = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def at(seconds: float = 0) -> datetime:
    """A moment of the reading."""
    return T0 + timedelta(seconds=seconds)


def info(number: int = 1, **others: str | bool | None) -> StudyInfo:
    """What the headers of study `number` say."""
    values: dict = {
        "study_instance_uid": f"1.2.3.{number}",
        "patient_id": f"P{number:03d}",
        "patient_name": f"Probe^Person{number}",
        "patient_birth_date": "19700101",
        "patient_sex": "O",
        "study_date": f"202601{number:02d}",
        "study_description": "MR lumbar spine",
        "accession_number": f"A{number:04d}",
    }
    return StudyInfo(**{**values, **others})


def write_files(folder: Path, count: int = 3) -> tuple[SourceFile, ...]:
    """Write files of a study, named after the patient as scanners do."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = []
    for number in range(count):
        path = folder / f"PROBE_PERSON.{number}.dcm"
        path.write_bytes(f"content {number}".encode() * 100)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources.append(SourceFile(str(path), digest, "image" if number else "metabolite", f"1.2.3.4.{number}"))
    return tuple(sources)
