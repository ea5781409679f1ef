"""A data set without its patient: nothing of a header full of names is left, and everything that measures is."""

from __future__ import annotations

import io

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from app.deidentify.dataset import deidentified
from app.deidentify.pseudonyms import Pseudonyms
from tests.analysis.readers.builders import METABOLITES, fid, item, spectroscopy

PSEUDONYMS = Pseudonyms(b"k" * 32)
SECRET = "ZZSECRET"
TEXT_TAGS = {
    "LO": (0x00081030, 0x00081040, 0x00101000, 0x00181000, 0x00181030, 0x0018A003, 0x00200060, 0x00321060, 0x00400254),
    "PN": (0x00100010, 0x00101001, 0x00080090, 0x00081050, 0x00081070, 0x00401010),
    "SH": (0x00080050, 0x00081010, 0x00102160, 0x00181250, 0x00200010),
    "LT": (0x001021B0, 0x00104000, 0x00204000, 0x00181400),
    "ST": (0x00080081, 0x00084000),
    "UT": (0x0040A160,),
}


def _full_of_names() -> Dataset:
    dataset = spectroscopy(1, fid(METABOLITES))
    for vr, tags in TEXT_TAGS.items():
        for tag in tags:
            dataset[tag] = DataElement(tag, vr, SECRET)
    block = dataset.private_block(0x0019, "ZZSECRET MAKER", create=True)
    block.add_new(0x01, "LO", SECRET)
    nested = item(ReferencedSOPInstanceUID="1.2.3.4.5.6.7", RetrieveAETitle=SECRET, InstitutionName=SECRET)
    nested.private_block(0x0021, "ZZSECRET", create=True).add_new(0x01, "LO", SECRET)
    dataset.ReferencedImageSequence = [nested]
    dataset.SharedFunctionalGroupsSequence[0].FrameContentSequence = [item(FrameComments=SECRET)]
    dataset.AcquisitionDateTime = "20260102101112.5"
    return dataset


@pytest.fixture
def copy() -> Dataset:
    return deidentified(_full_of_names(), PSEUDONYMS)


def _bytes_of(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=False, little_endian=True)
    return buffer.getvalue()


def test_no_name_date_or_uid_of_the_original_is_left(copy: Dataset) -> None:
    original, data = _full_of_names(), _bytes_of(copy)
    assert SECRET.encode() in _bytes_of(original)
    for text in (SECRET, "20260102", original.StudyInstanceUID, original.SOPInstanceUID, "1.2.3.4.5.6.7", "Builder"):
        assert str(text).encode() not in data, text
    assert not [element for element in copy.iterall() if element.tag.is_private]


def test_what_measures_is_left(copy: Dataset) -> None:
    original = _full_of_names()
    for keyword in ("SpectroscopyData", "SpectralWidth", "TransmitterFrequency", "Rows", "SOPClassUID", "Modality"):
        assert copy[keyword].value == original[keyword].value
    slabs = [list(slab.SlabOrientation) for slab in copy.VolumeLocalizationSequence]
    assert slabs == [list(slab.SlabOrientation) for slab in original.VolumeLocalizationSequence]
    assert copy.SharedFunctionalGroupsSequence[0].MREchoSequence[0].EffectiveEchoTime == 35.0


def test_it_says_what_was_done(copy: Dataset) -> None:
    assert copy.PatientIdentityRemoved == "YES"
    assert [code.CodeValue for code in copy.DeidentificationMethodCodeSequence] == ["113100", "113105"]
    assert copy.PatientID == PSEUDONYMS.patient("T1")
    assert str(copy.PatientName).rstrip("^") == copy.PatientID


def test_references_still_lead_to_their_objects(copy: Dataset) -> None:
    assert copy.ReferencedImageSequence[0].ReferencedSOPInstanceUID == PSEUDONYMS.uid("1.2.3.4.5.6.7")
    assert copy.StudyInstanceUID == PSEUDONYMS.uid(_full_of_names().StudyInstanceUID)


def test_the_original_is_left_as_it_is() -> None:
    original = _full_of_names()
    before = _bytes_of(original)
    deidentified(original, PSEUDONYMS)
    assert _bytes_of(original) == before
