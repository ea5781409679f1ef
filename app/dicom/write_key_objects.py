"""Which objects show the findings, as a Key Object Selection (PS3.3 section A.35.4)."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pydicom
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard

from app.dicom.derived import KEY_OBJECTS, MANUFACTURER, Export, NamedObject, add_header, named
from app.dicom.source_headers import leave_out_names


def key_objects(export: Export, pictures: Sequence[NamedObject], slices: Sequence[Dataset]) -> NamedObject:
    """Return the selection: the key images, and the source images that show a voxel."""
    shown = [pydicom.dcmread(io.BytesIO(one.data), stop_before_pixels=True) for one in pictures]
    for picture in shown:
        leave_out_names(picture)
    chosen: list[Dataset] = [*shown, *slices]
    dataset = KeyObjectSelectionDocument(
        evidence=chosen,
        content=KeyObjectSelection(
            document_title=standard.DCM.ForReportAttachment, referenced_objects=chosen, description=export.statement
        ),
        series_instance_uid=export.uid("series", KEY_OBJECTS.role),
        series_number=KEY_OBJECTS.number,
        sop_instance_uid=export.uid("key objects"),
        instance_number=1,
        manufacturer=MANUFACTURER,
    )
    add_header(dataset, export, KEY_OBJECTS, 1)
    return named("key-objects.dcm", dataset)
