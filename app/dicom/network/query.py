"""Questions to an archive by DICOM: C-FIND at patient, study and series level, and the modality worklist."""

from __future__ import annotations

import warnings
from typing import Final

from pydicom.dataset import Dataset

from analysis.network import (
    FoundPatient,
    FoundSeries,
    FoundStudy,
    NetworkSettings,
    Node,
    ScheduledStep,
    StudyQuery,
)
from analysis.types import Stop
from app.dicom.network.association import Wanted, answered, associated
from app.dicom.network.errors import Refused, Unreachable
from app.dicom.network.sop_classes import PATIENT_FIND, PLAIN, STUDY_FIND, WORKLIST_FIND

_PENDING: Final = (0xFF00, 0xFF01)
MOST_ANSWERS: Final = 500


def find_patients(node: Node, query: StudyQuery, settings: NetworkSettings, stop: Stop) -> list[FoundPatient]:
    """Return the patients that match name and ID. Raises as `find_studies`."""
    asked = _question("PATIENT", query)
    asked.PatientName, asked.PatientID = query.patient_name, query.patient_id
    asked.PatientBirthDate = asked.PatientSex = ""
    return [
        FoundPatient(*(text_of(answer, key) for key in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex")))
        for answer in _ask(node, PATIENT_FIND, asked, settings, stop)
    ]


def find_studies(node: Node, query: StudyQuery, settings: NetworkSettings, stop: Stop) -> list[FoundStudy]:
    """Return the studies that match, the newest first, at most `MOST_ANSWERS`.

    Raises
    ------
    NetworkProblem
        If the node does not answer, or refuses.
    Cancelled
        If it was stopped.
    """
    asked = _question("STUDY", query)
    asked.PatientName, asked.PatientID, asked.AccessionNumber = query.patient_name, query.patient_id, ""
    asked.AccessionNumber = query.accession_number
    asked.StudyDate = date_range(query)
    asked.ModalitiesInStudy = query.modality
    asked.StudyInstanceUID = query.study_instance_uid
    asked.PatientBirthDate = asked.StudyDescription = asked.StudyTime = ""
    asked.NumberOfStudyRelatedInstances = None
    found = [study_in(answer) for answer in _ask(node, STUDY_FIND, asked, settings, stop)]
    return sorted(found, key=lambda study: study.study_date, reverse=True)


def find_series(node: Node, study_uid: str, settings: NetworkSettings, stop: Stop) -> list[FoundSeries]:
    """Return the series of a study in the order of their numbers. Raises as `find_studies`."""
    asked = _question("SERIES", StudyQuery())
    asked.StudyInstanceUID = study_uid
    asked.SeriesInstanceUID = asked.Modality = asked.SeriesDescription = ""
    asked.SeriesNumber = asked.NumberOfSeriesRelatedInstances = None
    found = [series_in(answer) for answer in _ask(node, STUDY_FIND, asked, settings, stop)]
    return sorted(found, key=lambda series: (len(series.number), series.number))


def find_priors(node: Node, patient_id: str, besides: str, settings: NetworkSettings, stop: Stop) -> list[FoundStudy]:
    """Return the other studies of a patient, the newest first; none without an ID. Raises as `find_studies`."""
    if not patient_id:
        return []
    found = find_studies(node, StudyQuery(patient_id=escaped(patient_id)), settings, stop)
    # An ID with a wildcard in it, or an archive that compares loosely, brings others: they are no priors.
    return [one for one in found if one.patient_id == patient_id and one.study_instance_uid != besides]


def find_worklist(node: Node, query: StudyQuery, settings: NetworkSettings, stop: Stop) -> list[ScheduledStep]:
    """Return the scheduled steps that match. Raises as `find_studies`."""
    asked = Dataset()
    step = Dataset()
    step.ScheduledProcedureStepStartDate = date_range(query)
    step.Modality = query.modality
    step.ScheduledProcedureStepStartTime = step.ScheduledStationAETitle = step.ScheduledProcedureStepDescription = ""
    asked.ScheduledProcedureStepSequence = [step]
    asked.PatientName, asked.PatientID, asked.AccessionNumber = query.patient_name, query.patient_id, ""
    asked.AccessionNumber = query.accession_number
    asked.StudyInstanceUID = asked.RequestedProcedureDescription = ""
    _set_character_set(asked, query)
    return [_step_in(answer) for answer in _ask(node, WORKLIST_FIND, asked, settings, stop)]


def _step_in(answer: Dataset) -> ScheduledStep:
    steps = answer.get("ScheduledProcedureStepSequence") or [Dataset()]
    step = steps[0]
    return ScheduledStep(
        text_of(answer, "PatientID"),
        text_of(answer, "PatientName"),
        text_of(answer, "AccessionNumber"),
        text_of(answer, "StudyInstanceUID"),
        text_of(step, "ScheduledProcedureStepDescription") or text_of(answer, "RequestedProcedureDescription"),
        text_of(step, "ScheduledProcedureStepStartDate"),
        text_of(step, "ScheduledProcedureStepStartTime"),
        text_of(step, "Modality"),
        text_of(step, "ScheduledStationAETitle"),
    )


def study_in(answer: Dataset) -> FoundStudy:
    """Return the study that an answer, or an object's header, describes."""
    return FoundStudy(
        text_of(answer, "StudyInstanceUID"),
        text_of(answer, "PatientID"),
        text_of(answer, "PatientName"),
        text_of(answer, "PatientBirthDate"),
        text_of(answer, "StudyDate"),
        text_of(answer, "StudyDescription"),
        text_of(answer, "AccessionNumber"),
        text_of(answer, "ModalitiesInStudy"),
        _count(answer, "NumberOfStudyRelatedInstances"),
    )


def series_in(answer: Dataset) -> FoundSeries:
    """Return the series that an answer describes."""
    return FoundSeries(
        text_of(answer, "SeriesInstanceUID"),
        text_of(answer, "Modality"),
        text_of(answer, "SeriesDescription"),
        text_of(answer, "SeriesNumber"),
        _count(answer, "NumberOfSeriesRelatedInstances"),
    )


def text_of(answer: Dataset, keyword: str) -> str:
    """Return an element as text in the character set of its data set, several values with commas, empty where none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong character set gives replacement signs; that is all that can be done
        try:
            value = answer.get(keyword)
        except (ValueError, LookupError, NotImplementedError, TypeError):
            return ""
        if value is None:
            return ""
        if not isinstance(value, str) and hasattr(value, "__iter__") and not hasattr(value, "components"):
            return ", ".join(str(item) for item in value)
        return "".join(sign for sign in str(value) if sign.isprintable())


def _count(answer: Dataset, keyword: str) -> int | None:
    text = text_of(answer, keyword)
    return int(text) if text.isdecimal() else None


def date_range(query: StudyQuery) -> str:
    """Return a range of dates as DICOM writes it (PS3.4 section C.2.2.2.5), empty where there is none."""
    if query.date_from and query.date_from == query.date_to:
        return query.date_from
    return f"{query.date_from}-{query.date_to}" if query.date_from or query.date_to else ""


def escaped(text: str) -> str:
    """Return a text in which each sign that would stand for others stands for any one; answers are compared after."""
    return text.replace("*", "?")


def _question(level: str, query: StudyQuery) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    _set_character_set(asked, query)
    return asked


def _set_character_set(asked: Dataset, query: StudyQuery) -> None:
    """Say how the question is written: as plainly as it allows, because not every archive knows UTF-8."""
    text = query.patient_name + query.patient_id + query.accession_number
    if text.isascii():
        return
    try:
        text.encode("latin-1")
        asked.SpecificCharacterSet = "ISO_IR 100"
    except UnicodeEncodeError:
        asked.SpecificCharacterSet = "ISO_IR 192"


def _ask(node: Node, model: str, asked: Dataset, settings: NetworkSettings, stop: Stop) -> list[Dataset]:
    """Return what a node answers; the association ends with the last answer, with enough of them, or when stopped."""
    answers: list[Dataset] = []
    try:
        with associated(node, settings, Wanted([(model, PLAIN)]), stop) as association:
            for status, answer in association.send_c_find(asked, model):
                number = answered(node, status)
                if number in _PENDING and answer is not None:
                    answers.append(answer)
                    if len(answers) >= MOST_ANSWERS:
                        association.abort()
                        break
                elif number not in _PENDING and number != 0:
                    raise Refused(f"{node.name} could not answer the query (status 0x{number:04X}).")
    except Unreachable:
        if len(answers) < MOST_ANSWERS:  # else it was cut off by us, with enough
            raise
    return answers
