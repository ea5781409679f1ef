"""The voxels as Grayscale Softcopy Presentation States (PS3.3 section A.33.1): lines and names over the sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from highdicom.pr import (
    AnnotationUnitsValues,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    TextObject,
)
from pydicom.dataset import Dataset

from analysis.types import FloatArray
from app.dicom.cut_slices import Cut, CutSlice
from app.dicom.derived import MANUFACTURER, OUTLINES, Export, NamedObject, add_header, named
from app.dicom.header import date_of, time_of

_LAYER = "VOXELS"
_NAME_WIDTH, _NAME_HEIGHT, _GAP = 60.0, 14.0, 3.0
"""The box for a voxel's name, and how far it stands beside the outline, in pixels of the source."""


def outlines(export: Export, slices: Sequence[CutSlice]) -> tuple[NamedObject, ...]:
    """Return one presentation state for each series that a voxel cuts."""
    series: dict[str, list[CutSlice]] = {}
    for one in slices:
        series.setdefault(str(one.header.SeriesInstanceUID), []).append(one)
    return tuple(_state(export, number, group) for number, group in enumerate(series.values(), start=1))


def _state(export: Export, number: int, slices: Sequence[CutSlice]) -> NamedObject:
    images = list({str(one.header.SOPInstanceUID): one.header for one in slices}.values())
    role = ("outlines", str(images[0].SeriesInstanceUID))
    layer = GraphicLayer(_LAYER, order=1, description="Spectroscopy voxels")
    dataset = GrayscaleSoftcopyPresentationState(
        referenced_images=images,
        series_instance_uid=export.uid("series", OUTLINES.role),
        series_number=OUTLINES.number,
        sop_instance_uid=export.uid(*role),
        instance_number=number,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=export.software,
        device_serial_number="none",
        content_label=_LAYER,
        content_description=f"Spectroscopy voxels. {export.statement}"[:64],
        graphic_layers=[layer],
        graphic_annotations=[_annotation(one, layer) for one in slices],
    )
    add_header(dataset, export, OUTLINES, number)
    dataset.PresentationCreationDate, dataset.PresentationCreationTime = date_of(export.at), time_of(export.at)
    dataset.ContentCreatorName = f"{export.report.verifier}^" if export.report.verifier else ""
    return named(f"outlines-{number}.dcm", dataset)


def _annotation(one: CutSlice, layer: GraphicLayer) -> GraphicAnnotation:
    numbers = None if one.frame is None else [one.frame]
    shape = (int(one.header.Columns), int(one.header.Rows))
    return GraphicAnnotation(
        referenced_images=[one.header],
        graphic_layer=layer,
        referenced_frame_number=numbers,
        graphic_objects=[_outline(cut) for cut in one.cuts],
        text_objects=[_name(cut, shape) for cut in one.cuts],
    )


def _corners(cut: Cut) -> FloatArray:
    """Return the polygon as annotations count: the corner of the first pixel is 0, its centre a half (C.10.5.1.2)."""
    return cut.polygon + 0.5


def _outline(cut: Cut) -> GraphicObject:
    points = _corners(cut)
    return GraphicObject(
        graphic_type=GraphicTypeValues.POLYLINE,
        graphic_data=np.vstack([points, points[:1]]),
        units=AnnotationUnitsValues.PIXEL,
        is_filled=False,
    )


def _name(cut: Cut, shape: tuple[int, int]) -> TextObject:
    """Put the name beside the outline, on the side with room for it."""
    points = _corners(cut)
    low, high = points.min(axis=0), points.max(axis=0)
    left = high[0] + _GAP if high[0] + _GAP + _NAME_WIDTH <= shape[0] else low[0] - _GAP - _NAME_WIDTH
    left = float(np.clip(left, 0.0, max(shape[0] - _NAME_WIDTH, 0.0)))
    top = float(np.clip((low[1] + high[1] - _NAME_HEIGHT) / 2, 0.0, max(shape[1] - _NAME_HEIGHT, 0.0)))
    right, bottom = min(left + _NAME_WIDTH, float(shape[0])), min(top + _NAME_HEIGHT, float(shape[1]))
    return TextObject(
        text_value=cut.finding.label,
        units=AnnotationUnitsValues.PIXEL,
        bounding_box=(left, top, right, bottom),
    )


def referenced(slices: Sequence[CutSlice]) -> tuple[Dataset, ...]:
    """Return the headers of the objects that hold cut slices, each once."""
    return tuple({str(one.header.SOPInstanceUID): one.header for one in slices}.values())
