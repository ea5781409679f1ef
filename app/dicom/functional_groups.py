"""The functional groups of a single-voxel MR Spectroscopy object (PS3.3 sections C.7.6.16, C.8.13.5 and C.8.14.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from pydicom.dataset import Dataset

from analysis.types import Voxel
from app.dicom.codes import code_item
from app.dicom.header import datetime_of, decimal, decimals
from app.dicom.records import SpectroscopyObject


def shared_groups(signal: SpectroscopyObject, frame_type: list[str]) -> Dataset:
    """Return what is the same for every transient: geometry, anatomy, timing, coils, modifiers."""
    groups = Dataset()
    _add_geometry(groups, signal.voxel)
    groups.MRSpectroscopyFOVGeometrySequence = [_field_of_view(signal.sampling.points)]
    groups.FrameAnatomySequence = [_item(FrameLaterality="U", AnatomicRegionSequence=[code_item(signal.region)])]
    groups.MRSpectroscopyFrameTypeSequence = [_frame_type(frame_type)]
    groups.MRTimingAndRelatedParametersSequence = [_timing(signal.tr_s)]
    groups.MREchoSequence = [_item(EffectiveEchoTime=_milliseconds(signal.te_s))]
    groups.MRModifierSequence = [_modifier()]
    groups.MRReceiveCoilSequence = [_receive_coil()]
    groups.MRTransmitCoilSequence = [_transmit_coil()]
    groups.MRAveragesSequence = [_item(NumberOfAverages=1)]  # of one frame: every transient is a frame of its own
    return groups


def frame_groups(signal: SpectroscopyObject) -> list[Dataset]:
    """Return what tells the transients apart: their index and their time."""
    started, tr_s = signal.series.started, signal.tr_s
    return [_item(FrameContentSequence=[_content(index, started, tr_s)]) for index in range(len(signal.fids))]


def _item(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _milliseconds(time_s: float) -> float:
    """Return a time in ms without the dust that the change of unit leaves behind."""
    return round(time_s * 1000, 6)


def _content(index: int, started: datetime, tr_s: float) -> Dataset:
    moment = datetime_of(started + timedelta(seconds=index * tr_s))
    return _item(
        FrameAcquisitionNumber=index + 1,
        FrameReferenceDateTime=moment,
        FrameAcquisitionDateTime=moment,
        FrameAcquisitionDuration=_milliseconds(tr_s),
        DimensionIndexValues=[index + 1],
        TemporalPositionIndex=index + 1,
        FrameLabel=f"Transient {index + 1}",
    )


def _add_geometry(groups: Dataset, voxel: Voxel) -> None:
    """Describe the voxel as a picture of one pixel: columns along its first axis, rows along its second."""
    width, depth, height = voxel.size_mm
    groups.PixelMeasuresSequence = [
        _item(PixelSpacing=decimals((depth, width)), SliceThickness=decimal(height)),
    ]
    groups.PlanePositionSequence = [_item(ImagePositionPatient=decimals(voxel.centre_mm))]
    groups.PlaneOrientationSequence = [
        _item(ImageOrientationPatient=decimals(np.concatenate([voxel.axes[0], voxel.axes[1]])))
    ]


def _field_of_view(points: int) -> Dataset:
    """Return the matrix of a single voxel: one phase-encoding step in each direction."""
    return _item(
        SpectroscopyAcquisitionDataColumns=points,
        SpectroscopyAcquisitionPhaseRows=1,
        SpectroscopyAcquisitionPhaseColumns=1,
        PercentSampling="100",
        PercentPhaseFieldOfView="100",
    )


def _frame_type(frame_type: list[str]) -> Dataset:
    return _item(
        FrameType=frame_type,
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
        ComplexImageComponent="COMPLEX",
        AcquisitionContrast="UNKNOWN",
    )


def _timing(tr_s: float) -> Dataset:
    """Return the timing; a simulation deposits no energy and switches no gradient, so both are zero."""
    return _item(
        RepetitionTime=decimal(_milliseconds(tr_s)),
        FlipAngle="90",
        EchoTrainLength=1,
        RFEchoTrainLength=1,
        GradientEchoTrainLength=0,
        SpecificAbsorptionRateSequence=[
            _item(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.0)
        ],
        GradientOutputType="DB_DT",
        GradientOutput=0.0,
        OperatingModeSequence=[
            _item(OperatingModeType=kind, OperatingMode="IEC_NORMAL") for kind in ("STATIC FIELD", "RF", "GRADIENT")
        ],
    )


def _modifier() -> Dataset:
    return _item(
        InversionRecovery="NO",
        FlowCompensation="NONE",
        Spoiling="NONE",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        PartialFourier="NO",
        ParallelAcquisition="NO",
    )


def _receive_coil() -> Dataset:
    return _item(
        ReceiveCoilName="SIMULATED", ReceiveCoilManufacturerName="", ReceiveCoilType="BODY", QuadratureReceiveCoil="NO"
    )


def _transmit_coil() -> Dataset:
    return _item(TransmitCoilName="SIMULATED", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
