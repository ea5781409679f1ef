"""All objects of a report for the archive, and the folder that `discern export` writes them to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import Cancelled
from analysis.types import Progress, Stop, Study
from app.atomic_file import reason_of, write_whole
from app.dicom.cut_slices import cut_slices
from app.dicom.derived import Export, NamedObject
from app.dicom.errors import ExportProblem
from app.dicom.findings import findings_in
from app.dicom.signed_report import open_report
from app.dicom.source_headers import read_headers
from app.dicom.write_document import document
from app.dicom.write_key_images import key_images
from app.dicom.write_key_objects import key_objects
from app.dicom.write_measurements import measurements
from app.dicom.write_outlines import outlines, referenced
from app.fhir.bundle import report_bundle

FHIR_NAME = "report.fhir.json"


def export_objects(
    study: Study, pdf: bytes, *, progress: Progress | None = None, stop: Stop | None = None
) -> tuple[NamedObject, ...]:
    """Return a report's objects: document, measurements, key images, outlines and the selection of what shows them.

    The same study and report give the same bytes. Numbers are those of the embedded results.

    Parameters
    ----------
    study : as it was read; its files are read again for their headers
    pdf : the report, signed or a draft

    Raises
    ------
    ExportProblem
        If the report was changed or is of another study, or the study has no DICOM files.
    Cancelled
        If `stop` says so.
    """
    export = open_export(study, pdf)
    return objects_of(export, progress=progress, stop=stop)


def open_export(study: Study, pdf: bytes) -> Export:
    """Bring a report and its study together; raises as `export_objects`."""
    report = open_report(pdf)
    if report.study_instance_uid != study.info.study_instance_uid:
        raise ExportProblem("This report was made from another study than the one that is given; choose that one.")
    return Export(study, report, read_headers(study))


def objects_of(
    export: Export, *, progress: Progress | None = None, stop: Stop | None = None
) -> tuple[NamedObject, ...]:
    """Return the objects of a report and a study that belong together."""
    findings = findings_in(export.report.results)
    slices = list(cut_slices(export, findings))
    shown = referenced(slices)
    _tell(progress, stop, 0.1, "Wrapping the report")
    made = [document(export, findings, shown)]
    _tell(progress, stop, 0.2, "Writing the measurements")
    made.append(measurements(export, findings, shown))
    _tell(progress, stop, 0.5, "Drawing the key images")
    pictures = key_images(export, findings, slices)
    _tell(progress, stop, 0.9, "Outlining the voxels")
    made += [*pictures, *outlines(export, slices)]
    if pictures or shown:
        made.append(key_objects(export, pictures, shown))
    return tuple(made)


def _tell(progress: Progress | None, stop: Stop | None, done: float, sentence: str) -> None:
    if stop is not None and stop():
        raise Cancelled("The export was stopped.")
    if progress is not None:
        progress(done, sentence)


def write_export(
    folder: Path, study: Study, pdf: bytes, *, progress: Progress | None = None, stop: Stop | None = None
) -> tuple[NamedObject, ...]:
    """Write the objects, and the FHIR bundle, into a folder; returns the objects.

    Raises
    ------
    ExportProblem
        As `export_objects`, or if a file cannot be written.
    """
    export = open_export(study, pdf)
    made = objects_of(export, progress=progress, stop=stop)
    contents = [(one.name, one.data) for one in made]
    _write(folder, [*contents, (FHIR_NAME, report_bundle(export))])
    return made


def _write(folder: Path, contents: Sequence[tuple[str, bytes]]) -> None:
    try:
        for name, data in contents:
            write_whole(folder / name, data)
    except OSError as error:
        raise ExportProblem(f"The objects cannot be written to {folder}: {reason_of(error)}.") from error
