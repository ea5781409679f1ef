"""The signed report itself as an Encapsulated PDF (PS3.3 section A.45.1): the bytes that were signed, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from app.dicom.derived import DOCUMENTS, Export, NamedObject, add_header, empty_object, named, reference
from app.dicom.findings import Finding
from app.dicom.write_measurements import signals

_TITLES = {
    "preliminary": "MR spectroscopy report, unsigned draft",
    "final": "MR spectroscopy report",
    "amended": "MR spectroscopy report, amended",
}


def document(export: Export, findings: Sequence[Finding], images: Sequence[Dataset]) -> NamedObject:
    """Return the object that holds the PDF; its length is kept, because DICOM pads to an even one.

    Parameters
    ----------
    images : headers of the images that show a voxel
    """
    dataset = empty_object(EncapsulatedPDFStorage, export.uid("document"))
    add_header(dataset, export, DOCUMENTS, 1)
    dataset.ConversionType = "WSD"
    dataset.AcquisitionDateTime = ""
    dataset.BurnedInAnnotation = "YES"  # the pages name the patient
    dataset.DocumentTitle = _TITLES[export.report.state]
    dataset.ConceptNameCodeSequence = []
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.SourceInstanceSequence = [reference(header) for header in (*signals(export, findings), *images)]
    dataset.EncapsulatedDocumentLength = len(export.report.pdf)
    dataset.EncapsulatedDocument = export.report.pdf + b"\0" * (len(export.report.pdf) % 2)
    dataset["EncapsulatedDocument"].VR = "OB"
    return named("report.dcm", dataset)
