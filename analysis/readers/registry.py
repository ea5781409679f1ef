"""Which reader takes a file. A further format is one module with a `read` and one line in a tuple here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID

from analysis.errors import UnreadableFile
from analysis.readers import (
    bruker,
    detect,
    dicom_image,
    dicom_mrs,
    ge_pfile,
    jmrui,
    lcmodel_raw,
    nifti,
    philips_list,
    philips_private,
    philips_sdat,
    siemens_csa,
    siemens_rda,
    siemens_twix,
)
from analysis.readers.apart import read_apart
from analysis.readers.detect import Head, read_head, why_not
from analysis.readers.dicom_header import read_dataset, text_of, uid_of
from analysis.readers.guard import one_sentence, quiet, quoted
from analysis.readers.records import Contents, InputFile, with_hash

_DICOMDIR = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Reader:
    """A file format: its name, how the head of a file shows it, and the function that reads it."""

    name: str
    recognises: Callable[[Head], bool]
    read: Callable[[InputFile], Contents]
    apart: bool = False
    """Read in a child process: its libraries cannot be kept in bounds from within."""


@dataclass(frozen=True)
class ObjectReader:
    """A kind of DICOM object: its name, the SOP classes it takes, and the function that reads it."""

    name: str
    sop_classes: frozenset[str]
    read: Callable[[Dataset, InputFile], Contents]


OBJECTS: tuple[ObjectReader, ...] = (
    ObjectReader("DICOM MR image", dicom_image.SOP_CLASSES, dicom_image.read),
    ObjectReader("DICOM MR Spectroscopy", dicom_mrs.SOP_CLASSES, dicom_mrs.read),
    ObjectReader("Philips spectroscopy (private)", philips_private.SOP_CLASSES, philips_private.read),
    ObjectReader("Siemens spectroscopy (CSA)", siemens_csa.SOP_CLASSES, siemens_csa.read),
)

_KNOWN_OBJECTS = {
    "1.2.840.10008.5.1.4.1.1.66": "DICOM raw data, which only the scanner's maker can read",
    "1.3.46.670589.11.0.0.12.2": "a private Philips series object, which holds no signal",
    "1.2.840.10008.5.1.4.1.1.7": "a secondary capture (a screenshot), not an MR image",
    "1.2.840.10008.5.1.4.1.1.2": "a CT image; Discern reads MR only",
}


def read_file(file: InputFile) -> Contents:
    """Read one file with the reader that takes it.

    Raises
    ------
    UnreadableFile : no reader takes it, or the one that does cannot read it; one sentence without patient data
    """
    with one_sentence(), quiet():
        head = read_head(file)
        reader = next((reader for reader in READERS if reader.recognises(head)), None)
        if reader is None:
            raise UnreadableFile(why_not(head))
        if reader.apart:
            return read_apart(reader.name, with_hash(file))
        return reader.read(with_hash(file))


def _read_dicom(file: InputFile) -> Contents:
    dataset = read_dataset(file.path)
    meta = getattr(dataset, "file_meta", Dataset())
    sop_class = uid_of(dataset, "SOPClassUID") or uid_of(meta, "MediaStorageSOPClassUID")
    if sop_class is None:
        raise UnreadableFile("its header does not say what kind of DICOM object it is; the file may be cut short")
    if sop_class == _DICOMDIR:
        return Contents(index_only=True)
    for reader in OBJECTS:
        if sop_class in reader.sop_classes:
            return reader.read(dataset, file)
    raise UnreadableFile(_not_read(sop_class, dataset))


def _not_read(sop_class: str, dataset: Dataset) -> str:
    known = _KNOWN_OBJECTS.get(sop_class)
    if known is not None:
        return f"it is {known}"
    modality = quoted(text_of(dataset, "Modality"), "[A-Z]{2,8}", "unknown modality")
    return f"it is a DICOM object of another kind ({UID(sop_class).name}, {modality}), not MR images or spectra"


READERS: tuple[Reader, ...] = (
    Reader("DICOM", detect.is_dicom, _read_dicom),
    Reader("NIfTI", detect.is_nifti, nifti.read),
    Reader("Siemens RDA", siemens_rda.recognises, siemens_rda.read),
    Reader("Philips SPAR/SDAT", philips_sdat.recognises, philips_sdat.read),
    Reader("Siemens raw data (TWIX)", siemens_twix.recognises, siemens_twix.read, apart=True),
    Reader("Philips raw data (list/data)", philips_list.recognises, philips_list.read),
    Reader("GE P-file", ge_pfile.recognises, ge_pfile.read, apart=True),
    Reader("Bruker ParaVision", bruker.recognises, bruker.read),
    Reader("LCModel raw data", lcmodel_raw.recognises, lcmodel_raw.read),
    Reader("jMRUI text", jmrui.recognises_text, jmrui.read_text),
    # Without a signature in the file: asked last.
    Reader("Philips SDAT data", philips_sdat.recognises_data, philips_sdat.read_data_half),
    Reader("Philips raw data", philips_list.recognises_data, philips_list.read_data_half),
    Reader("Bruker ParaVision, parts", bruker.recognises_part, bruker.read_part),
    Reader("jMRUI binary", jmrui.recognises_binary, jmrui.read_binary),
)
