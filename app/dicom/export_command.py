"""`discern export`: a report's objects for the archive, as files."""

from __future__ import annotations

import sys
from pathlib import Path

from analysis.errors import DiscernError
from analysis.readers import read_studies
from analysis.types import Study
from app.atomic_file import reason_of
from app.audit.in_use import record_where_in_use
from app.dicom.export import FHIR_NAME, write_export
from app.dicom.export_event import exported
from app.dicom.signed_report import open_report
from app.exit_status import DONE


def export_report(source: Path, report: Path, folder: Path) -> int:
    """Write the objects of a report into a folder, and name each on stdout.

    Raises
    ------
    DiscernError
        If the report, the study or the folder cannot be used.
    """
    try:
        pdf = report.read_bytes()
    except OSError as error:
        raise DiscernError(f"{report} cannot be read: {reason_of(error)}.") from error
    study = _study_of(source, open_report(pdf).study_instance_uid)
    made = write_export(folder, study, pdf)
    record_where_in_use(exported(study.info, pdf, made))
    for name in (*(one.name for one in made), FHIR_NAME):
        sys.stdout.write(f"{folder / name}\n")
    return DONE


def _study_of(source: Path, uid: str) -> Study:
    for study in read_studies([source]):
        if study.info.study_instance_uid == uid:
            return study
    raise DiscernError(f"{source} does not hold the study that the report was made from.")
