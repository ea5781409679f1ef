"""Write single-voxel spectroscopy as an MR Spectroscopy object (PS3.3 section A.36.3), one frame per transient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import MRSpectroscopyStorage

from analysis.types import Voxel
from app.dicom.codes import SPECTROSCOPY_FOR_WATER_PHASE_CORRECTION, code_item
from app.dicom.functional_groups import frame_groups, shared_groups
from app.dicom.header import base_dataset, datetime_of, save
from app.dicom.records import SpectroscopyObject, StudyHeader

FRAME_TYPE = ["ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"]


def write_spectroscopy(path: Path, study: StudyHeader, signal: SpectroscopyObject) -> None:
    """Write one object, its folder made where it is missing; the signal is stored as complex float32.

    Raises
    ------
    ValueError
        If the shape of the signal is not that of its sampling, or a value is not finite.
    """
    transients, points = signal.fids.shape
    if points != signal.sampling.points or transients == 0:
        raise ValueError(f"a signal of {transients} x {points} does not fit its sampling of {signal.sampling.points}")
    if not np.isfinite(signal.fids).all():
        raise ValueError("a signal holds values that are not finite")
    path.parent.mkdir(parents=True, exist_ok=True)
    save(spectroscopy_dataset(study, signal), path)


def spectroscopy_dataset(study: StudyHeader, signal: SpectroscopyObject) -> Dataset:
    """Return the object as a data set."""
    dataset = base_dataset(study, signal.series, MRSpectroscopyStorage, signal.sop_instance_uid)
    dataset.InstanceNumber = 1
    _add_instance(dataset, signal)
    _add_spectroscopy(dataset, signal)
    _add_localisation(dataset, signal.voxel, signal.localisation)
    _add_water_reference(dataset, signal)
    _add_pulse_sequence(dataset, signal)
    _add_dimension(dataset, signal.dimension_uid)
    dataset.AcquisitionContextSequence = []
    dataset.NumberOfFrames = len(signal.fids)
    dataset.SharedFunctionalGroupsSequence = [shared_groups(signal, FRAME_TYPE)]
    dataset.PerFrameFunctionalGroupsSequence = frame_groups(signal)
    _add_data(dataset, signal)
    return dataset


def _add_instance(dataset: Dataset, signal: SpectroscopyObject) -> None:
    """Add what enhanced images and spectroscopy share (C.8.13.2); the simulator has no safety limits to keep."""
    dataset.AcquisitionNumber = 1
    dataset.AcquisitionDateTime = datetime_of(signal.series.started)
    dataset.AcquisitionDuration = signal.series.duration_s
    dataset.ContentQualification = "RESEARCH"
    dataset.ResonantNucleus = "1H"
    dataset.KSpaceFiltering = "NONE"
    dataset.ApplicableSafetyStandardAgency = "IEC"


def _add_spectroscopy(dataset: Dataset, signal: SpectroscopyObject) -> None:
    """Add the MR Spectroscopy module (C.8.14.1): raw transients, nothing corrected."""
    dataset.ImageType = FRAME_TYPE
    dataset.VolumetricProperties = "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "NONE"
    dataset.ComplexImageComponent = "COMPLEX"
    dataset.AcquisitionContrast = "UNKNOWN"
    dataset.TransmitterFrequency = signal.sampling.f0_mhz
    dataset.SpectralWidth = signal.sampling.spectral_width_hz
    dataset.ChemicalShiftReference = signal.sampling.reference_ppm
    dataset.Decoupling = "NO"
    dataset.TimeDomainFiltering = "NONE"
    dataset.NumberOfZeroFills = 0
    dataset.BaselineCorrection = "NONE"
    dataset.FrequencyCorrection = "NO"
    dataset.FirstOrderPhaseCorrection = "NO"
    dataset.WaterReferencedPhaseCorrection = "NO"


def _add_localisation(dataset: Dataset, voxel: Voxel, technique: str) -> None:
    """Add the slabs whose intersection is the voxel (C.8.14.1), one along each of its axes."""
    dataset.VolumeLocalizationTechnique = technique
    slabs = []
    for axis, size_mm in zip(voxel.axes, voxel.size_mm, strict=True):
        slab = Dataset()
        slab.SlabThickness = float(size_mm)
        slab.SlabOrientation = [float(cosine) for cosine in axis]
        slab.MidSlabPosition = [float(coordinate) for coordinate in voxel.centre_mm]
        slabs.append(slab)
    dataset.VolumeLocalizationSequence = slabs


def _add_water_reference(dataset: Dataset, signal: SpectroscopyObject) -> None:
    """Say which object is the water reference of which (Water Reference Acquisition, C.8.14.1.4)."""
    if not signal.water_suppressed:
        dataset.WaterReferenceAcquisition = "WATER_REFERENCE"
        return
    if signal.water_reference_uid is None:
        dataset.WaterReferenceAcquisition = "NONE"
        return
    dataset.WaterReferenceAcquisition = "REFERENCED"
    reference = Dataset()
    reference.ReferencedSOPClassUID = MRSpectroscopyStorage
    reference.ReferencedSOPInstanceUID = signal.water_reference_uid
    reference.PurposeOfReferenceCodeSequence = [code_item(SPECTROSCOPY_FOR_WATER_PHASE_CORRECTION)]
    dataset.ReferencedInstanceSequence = [reference]


def _add_pulse_sequence(dataset: Dataset, signal: SpectroscopyObject) -> None:
    """Add the MR Spectroscopy Pulse Sequence module (C.8.14.2)."""
    dataset.PulseSequenceName = signal.localisation
    dataset.MRSpectroscopyAcquisitionType = "SINGLE_VOXEL"
    dataset.EchoPulseSequence = "SPIN"
    dataset.MultipleSpinEcho = "NO"
    dataset.MultiPlanarExcitation = "NO"
    dataset.SteadyStatePulseSequence = "NONE"
    dataset.EchoPlanarPulseSequence = "NO"
    dataset.SpectrallySelectedSuppression = "WATER" if signal.water_suppressed else "NONE"
    dataset.GeometryOfKSpaceTraversal = "RECTILINEAR"
    dataset.RectilinearPhaseEncodeReordering = "LINEAR"
    dataset.SegmentedKSpaceTraversal = "SINGLE"
    dataset.NumberOfKSpaceTrajectories = 1


def _add_dimension(dataset: Dataset, dimension_uid: str) -> None:
    """Say that the frames are one transient after the other (Multi-frame Dimension, C.7.6.17)."""
    organisation = Dataset()
    organisation.DimensionOrganizationUID = dimension_uid
    dataset.DimensionOrganizationSequence = [organisation]
    index = Dataset()
    index.DimensionOrganizationUID = dimension_uid
    index.DimensionIndexPointer = 0x00209128  # Temporal Position Index
    index.FunctionalGroupPointer = 0x00209111  # Frame Content Sequence
    index.DimensionDescriptionLabel = "Transient"
    dataset.DimensionIndexSequence = [index]


def _add_data(dataset: Dataset, signal: SpectroscopyObject) -> None:
    """Add the MR Spectroscopy Data module (C.8.14.4): frames of one row of complex points, in the time domain."""
    dataset.Rows = dataset.Columns = 1
    dataset.DataPointRows = 1
    dataset.DataPointColumns = signal.sampling.points
    dataset.DataRepresentation = "COMPLEX"
    dataset.SignalDomainColumns = "TIME"
    dataset.SpectroscopyData = np.ascontiguousarray(signal.fids, dtype="<c8").tobytes()
