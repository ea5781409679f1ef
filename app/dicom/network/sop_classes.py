"""UIDs of our services; the storage classes of an MR examination and its documents, and the encodings we take.

Deflated encodings are not among them: a small object of that kind can grow to gigabytes when it is read.
"""

from __future__ import annotations

from typing import Any, Final

from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from pynetdicom import sop_class

sop: Any = sop_class  # its names are made at run time

UNCOMPRESSED: Final = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)
COMPRESSED: Final = (
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEG2000,
    JPEGBaseline8Bit,
    RLELossless,
)
ENCODINGS: Final = tuple(str(uid) for uid in (*UNCOMPRESSED, *COMPRESSED))
PLAIN: Final = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))

VERIFICATION: Final = str(sop.Verification)
STUDY_FIND: Final = str(sop.StudyRootQueryRetrieveInformationModelFind)
PATIENT_FIND: Final = str(sop.PatientRootQueryRetrieveInformationModelFind)
WORKLIST_FIND: Final = str(sop.ModalityWorklistInformationFind)
GET: Final = str(sop.StudyRootQueryRetrieveInformationModelGet)
MOVE: Final = str(sop.StudyRootQueryRetrieveInformationModelMove)
COMMITMENT: Final = str(sop.StorageCommitmentPushModel)
COMMITMENT_INSTANCE: Final = str(sop.StorageCommitmentPushModelInstance)

SIEMENS_SPECTROSCOPY: Final = "1.3.12.2.1107.5.9.1"
PHILIPS_SPECTROSCOPY: Final = "1.3.46.670589.11.0.0.12.1"
PHILIPS_SERIES_DATA: Final = "1.3.46.670589.11.0.0.12.2"

MAKERS_OWN: Final = {
    "SiemensSpectroscopyStorage": SIEMENS_SPECTROSCOPY,
    "PhilipsSpectroscopyStorage": PHILIPS_SPECTROSCOPY,
    "PhilipsSeriesDataStorage": PHILIPS_SERIES_DATA,
}
"""Storage classes that pynetdicom does not know, and must be told of."""

STORED: Final = (
    *(
        str(uid)
        for uid in (
            sop.MRImageStorage,
            sop.EnhancedMRImageStorage,
            sop.EnhancedMRColorImageStorage,
            sop.LegacyConvertedEnhancedMRImageStorage,
            sop.MRSpectroscopyStorage,
            sop.RawDataStorage,
            sop.SecondaryCaptureImageStorage,
            sop.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
            sop.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
            sop.MultiFrameTrueColorSecondaryCaptureImageStorage,
            sop.CTImageStorage,
            sop.EnhancedCTImageStorage,
            sop.ComputedRadiographyImageStorage,
            sop.DigitalXRayImageStorageForPresentation,
            sop.PositronEmissionTomographyImageStorage,
            sop.SegmentationStorage,
            sop.SpatialRegistrationStorage,
            sop.ParametricMapStorage,
            sop.GrayscaleSoftcopyPresentationStateStorage,
            sop.ColorSoftcopyPresentationStateStorage,
            sop.BasicTextSRStorage,
            sop.EnhancedSRStorage,
            sop.ComprehensiveSRStorage,
            sop.Comprehensive3DSRStorage,
            sop.KeyObjectSelectionDocumentStorage,
            sop.EncapsulatedPDFStorage,
        )
    ),
    *MAKERS_OWN.values(),
)
