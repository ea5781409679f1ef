"""Small made-up DICOM and NIfTI files whose geometry and signals are known exactly, for tests of the readers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
FRAME_UID = "1.2.826.0.1.3680043.8.498.2"
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"
F0_MHZ = 123.25
WIDTH_HZ = 2000.0
POINTS = 256


def item(**values: object) -> Dataset:
    """A data set with these attributes; a Dataset among them becomes a sequence of one item."""
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, [value] if isinstance(value, Dataset) else value)
    return dataset


def empty_object(sop_class: str, number: int, **values: object) -> FileDataset:
    """A DICOM object with what every object needs; `number` makes its UID."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = sop_class
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = f"{STUDY_UID}.9.{number}"
    dataset.StudyInstanceUID = STUDY_UID
    dataset.FrameOfReferenceUID = FRAME_UID
    dataset.StudyDate = "20260102"
    dataset.PatientName = "Builder^Test"
    dataset.PatientID = "T1"
    dataset.Modality = "MR"
    dataset.InstanceNumber = number
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def mr_slice(number: int, position: np.ndarray, cosines: list[float], **values: object) -> FileDataset:
    """A classic MR slice of 6 rows and 4 columns; pixel (row, column) holds ``100 * number + 10 * row + column``."""
    dataset = empty_object(MR_IMAGE, number, SeriesInstanceUID=f"{STUDY_UID}.3", SeriesNumber=3)
    dataset.SeriesDescription = "T2 sagittal"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    dataset.ImagePositionPatient = [float(f"{value:.6f}") for value in position]
    dataset.ImageOrientationPatient = [float(f"{value:.9f}") for value in cosines]
    dataset.PixelSpacing = [0.75, 0.5]
    dataset.SliceThickness = 4
    put_pixels(dataset, pixel_values(number)[np.newaxis])
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def pixel_values(number: int) -> np.ndarray:
    """What `mr_slice` stores, (6, 4)."""
    rows, columns = np.mgrid[:6, :4]
    return (100 * number + 10 * rows + columns).astype(np.uint16)


def put_pixels(dataset: FileDataset, frames: np.ndarray) -> None:
    """Store uncompressed 16-bit frames (frames, rows, columns)."""
    dataset.Rows, dataset.Columns = frames.shape[1:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = frames.astype("<u2").tobytes()


def enhanced(number: int, frames: list[Dataset], pixels: np.ndarray, shared: Dataset, **values: object) -> FileDataset:
    """An enhanced multi-frame MR image."""
    dataset = empty_object(ENHANCED_MR, number, SeriesInstanceUID=f"{STUDY_UID}.4", SeriesNumber=4)
    dataset.SeriesDescription = "Enhanced"
    dataset.NumberOfFrames = len(frames)
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = frames
    put_pixels(dataset, pixels)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def fid(lines: dict[float, float], reference_ppm: float = 4.7, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A signal in the DICOM sense with Lorentzian lines of 4 Hz, given as {ppm: amplitude}."""
    time = np.arange(POINTS) / WIDTH_HZ
    signal = np.zeros(POINTS, complex)
    for ppm, amplitude in lines.items():
        signal += amplitude * np.exp((2j * np.pi * (ppm - reference_ppm) * F0_MHZ - np.pi * 4) * time)
    random = np.random.default_rng(seed)
    return signal + noise * (random.standard_normal(POINTS) + 1j * random.standard_normal(POINTS))


METABOLITES = {2.01: 1.0, 3.03: 0.8, 3.21: 0.5}
WATER = {4.65: 400.0}


def spectroscopy(number: int, signal: np.ndarray, **values: object) -> FileDataset:
    """A standard MR Spectroscopy object of one voxel, 20 x 25 x 30 mm around (1, 2, 3)."""
    frames = np.atleast_2d(signal)
    dataset = empty_object(SPECTROSCOPY, number, SeriesInstanceUID=f"{STUDY_UID}.5.{number}", SeriesNumber=5 + number)
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"]
    dataset.Manufacturer = "Test maker"
    dataset.PulseSequenceName = "svs_se"
    dataset.ProtocolName = "PRESS"
    dataset.SeriesDescription = "PRESS"
    dataset.SpectralWidth = WIDTH_HZ
    dataset.TransmitterFrequency = F0_MHZ
    dataset.ChemicalShiftReference = 4.7
    dataset.ResonantNucleus = "1H"
    dataset.SpectrallySelectedSuppression = "WATER"
    dataset.WaterReferencedPhaseCorrection = "NO"
    dataset.VolumeLocalizationSequence = slabs((1.0, 2.0, 3.0), np.eye(3), (20.0, 25.0, 30.0))
    dataset.Rows = dataset.Columns = dataset.DataPointRows = 1
    dataset.DataPointColumns = frames.shape[-1]
    dataset.NumberOfFrames = len(frames)
    dataset.SignalDomainColumns = "TIME"
    dataset.DataRepresentation = "COMPLEX"
    dataset.SharedFunctionalGroupsSequence = [
        item(
            MREchoSequence=item(EffectiveEchoTime=35.0),
            MRTimingAndRelatedParametersSequence=item(RepetitionTime=2000.0),
            MRAveragesSequence=item(NumberOfAverages=64),
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [item() for _ in frames]
    dataset.SpectroscopyData = frames.astype("<c8").tobytes()
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def slabs(centre: tuple[float, ...], axes: np.ndarray, sizes: tuple[float, ...]) -> list[Dataset]:
    """The three slabs of a voxel, all through its centre."""
    return [
        item(SlabThickness=size, SlabOrientation=[float(value) for value in axis], MidSlabPosition=list(centre))
        for axis, size in zip(axes, sizes, strict=True)
    ]


def save(dataset: FileDataset, path: Path) -> Path:
    """Write an object as the standard wants it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def save_nifti_mrs(
    path: Path,
    data: np.ndarray,
    header: dict[str, object],
    affine: np.ndarray | None = None,
    *,
    kind: type = np.complex64,
) -> Path:
    """Write NIfTI-MRS; `data` is (x, y, z, points, ...) in the NIfTI-MRS sense."""
    import nibabel

    affine = np.diag([20.0, 20.0, 20.0, 1.0]) if affine is None else affine
    image = nibabel.Nifti2Image(data.astype(kind), affine)
    image.header["pixdim"][4] = 1 / WIDTH_HZ
    image.header["intent_name"] = b"mrs_v0_9"
    image.header.set_xyzt_units("mm", "sec")
    full = {"SpectrometerFrequency": [F0_MHZ], "ResonantNucleus": ["1H"], **header}
    content = json.dumps(full).encode()
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(44, content))
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path
