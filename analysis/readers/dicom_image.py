"""Read the frames of DICOM MR images: classic (PS3.3 A.4) and enhanced multi-frame (A.36), with exact LPS geometry."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from analysis.errors import UnreadableFile
from analysis.readers.dicom_header import (
    FunctionalGroups,
    integer_of,
    number_of,
    numbers_of,
    orientation_of,
    study_info,
    text_of,
    texts_of,
    uid_of,
)
from analysis.readers.records import Contents, InputFile, Slice
from analysis.types import FloatArray, StudyInfo

CLASSIC = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED = "1.2.840.10008.5.1.4.1.1.4.1"
LEGACY_CONVERTED = "1.2.840.10008.5.1.4.1.1.4.4"
SOP_CLASSES = frozenset({CLASSIC, ENHANCED, LEGACY_CONVERTED})

_MOST_FRAMES = 20_000
_LARGEST_FRAME_PIXELS = 64 * 1024**2
_MAGNITUDE = frozenset({"M", "MAGNITUDE", "M_SE", "M_FFE", "M_IR", "M_TSE", "M_B0", "NONE"})
_OTHER_COMPONENTS = frozenset({"P", "PHASE", "PHASE MAP", "R", "REAL", "I", "IMAGINARY", "FIELD_MAP", "B0 MAP"})
_PROJECTIONS = ("PROJECTION IMAGE", "MIP", "MINIP", "MAX_IP", "MIN_IP", "CSA MIP")


def read(dataset: Dataset, file: InputFile) -> Contents:
    """Return the frames of an MR image object.

    Raises
    ------
    UnreadableFile : no geometry, a mosaic, a projection, colour, or sizes beyond reason
    """
    _refuse_what_is_no_slice(dataset)
    shape = _shape(dataset)
    series = uid_of(dataset, "SeriesInstanceUID")
    if series is None:
        raise UnreadableFile("its header gives no valid Series Instance UID; the file may be cut short or damaged")
    common = _Common(dataset, file, shape, study_info(dataset), series)
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        return Contents(slices=(common.classic(),))
    groups = FunctionalGroups(dataset)
    frames = integer_of(dataset, "NumberOfFrames") or 1
    if len(groups) != frames or frames > _MOST_FRAMES:
        raise UnreadableFile(f"it announces {frames} frames and describes {len(groups)}")
    return Contents(slices=tuple(common.enhanced(groups, frame) for frame in range(frames)))


def _refuse_what_is_no_slice(dataset: Dataset) -> None:
    kinds = [text.upper() for text in texts_of(dataset, "ImageType")]
    if "MOSAIC" in kinds:
        raise UnreadableFile("it is a Siemens mosaic, many slices tiled into one picture, which is not read")
    if any(kind in kinds for kind in _PROJECTIONS):
        raise UnreadableFile("it is a projection through many slices (such as a MIP), not a slice")
    if (integer_of(dataset, "SamplesPerPixel") or 1) != 1:
        raise UnreadableFile("it is a colour picture, not an MR slice")


def _shape(dataset: Dataset) -> tuple[int, int]:
    rows, columns = integer_of(dataset, "Rows"), integer_of(dataset, "Columns")
    if not rows or not columns or rows * columns > _LARGEST_FRAME_PIXELS:
        raise UnreadableFile("its header does not give a usable number of rows and columns; the file may be cut short")
    return rows, columns


@dataclass(frozen=True, eq=False)
class _Common:
    """What all frames of a file share, and how a frame is made of it."""

    dataset: Dataset
    file: InputFile
    shape: tuple[int, int]
    info: StudyInfo
    series_instance_uid: str

    def classic(self) -> Slice:
        """Return the only frame of a classic image."""
        data = self.dataset
        component = _component(texts_of(data, "ImageType")[2:])
        rank = (
            *component,
            number_of(data, "EchoTime") or 0.0,
            number_of(data, "TemporalPositionIdentifier") or 0.0,
            number_of(data, "AcquisitionNumber") or 0.0,
            number_of(data, "InstanceNumber") or 0.0,
        )
        return self._slice(0, data, data, data, _rescale(data), _window(data), rank)

    def enhanced(self, groups: FunctionalGroups, frame: int) -> Slice:
        """Return one frame of an enhanced image; each macro may be shared or per frame."""
        content = groups.macro(frame, "FrameContentSequence")
        kinds = groups.macro(frame, "MRImageFrameTypeSequence")
        component = _component((*texts_of(kinds, "ComplexImageComponent"), *texts_of(kinds, "FrameType")[2:]))
        rank = (
            *component,
            number_of(groups.macro(frame, "MREchoSequence"), "EffectiveEchoTime") or 0.0,
            number_of(content, "TemporalPositionIndex") or 0.0,
            number_of(self.dataset, "InstanceNumber") or 0.0,
            float(frame),
        )
        return self._slice(
            frame,
            groups.macro(frame, "PlaneOrientationSequence"),
            groups.macro(frame, "PlanePositionSequence"),
            groups.macro(frame, "PixelMeasuresSequence"),
            _rescale(groups.macro(frame, "PixelValueTransformationSequence")),
            _window(groups.macro(frame, "FrameVOILUTSequence")),
            rank,
        )

    def _slice(
        self,
        frame: int,
        orientation: Dataset,
        position: Dataset,
        measures: Dataset,
        rescale: tuple[float, float],
        window: tuple[float, float] | None,
        rank: tuple[float | str, ...],
    ) -> Slice:
        directions = orientation_of(orientation)
        position_mm = numbers_of(position, "ImagePositionPatient", 3)
        spacing = numbers_of(measures, "PixelSpacing", 2)
        if directions is None or position_mm is None or spacing is None or (spacing <= 0).any():
            raise UnreadableFile("it is an MR image without usable geometry (position, orientation, pixel spacing)")
        return Slice(
            file=self.file,
            frame=frame,
            info=self.info,
            sop_instance_uid=uid_of(self.dataset, "SOPInstanceUID"),
            series_instance_uid=self.series_instance_uid,
            series_number=integer_of(self.dataset, "SeriesNumber"),
            description=_description(self.dataset),
            frame_of_reference_uid=uid_of(self.dataset, "FrameOfReferenceUID"),
            position_mm=position_mm,
            along_row=directions[0],
            along_column=directions[1],
            spacing_mm=(float(spacing[0]), float(spacing[1])),
            shape=self.shape,
            thickness_mm=_thickness(measures, spacing),
            slope=rescale[0],
            intercept=rescale[1],
            window=window,
            rank=rank,
        )


def _description(dataset: Dataset) -> str:
    return text_of(dataset, "SeriesDescription") or text_of(dataset, "ProtocolName") or "MR images"


def _thickness(measures: Dataset, spacing: FloatArray) -> float:
    for keyword in ("SliceThickness", "SpacingBetweenSlices"):
        thickness = number_of(measures, keyword)
        if thickness is not None and thickness > 0:
            return thickness
    return float(spacing.max())


def _component(kinds: tuple[str, ...]) -> tuple[float, str]:
    """Rank the component of a complex image: magnitude before unnamed ones before phase, real and field maps."""
    named = [kind.upper() for kind in kinds]
    if any(kind in _OTHER_COMPONENTS for kind in named):
        return 2.0, " ".join(named)
    return (0.0 if any(kind in _MAGNITUDE for kind in named) else 1.0), ""


def _rescale(dataset: Dataset) -> tuple[float, float]:
    slope = number_of(dataset, "RescaleSlope")
    return slope or 1.0, number_of(dataset, "RescaleIntercept") or 0.0


def _window(dataset: Dataset) -> tuple[float, float] | None:
    centre, width = number_of(dataset, "WindowCenter"), number_of(dataset, "WindowWidth")
    return (centre, width) if centre is not None and width is not None and width > 0 else None
