"""An archive takes every object of a report, and gives it back with the same document, pixels and measurements."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pydicom
import pytest

from tests.orthanc import Orthanc, running_orthanc


@pytest.fixture(scope="module")
def archive() -> Iterator[Orthanc]:
    with running_orthanc() as archive:
        yield archive


def test_what_is_stored_comes_back_whole(archive, objects, signed):
    for one in objects:
        answer = archive.store(one.data)
        assert answer["Status"] == "Success", one.name
        back = pydicom.dcmread(io.BytesIO(archive.get(f"/instances/{answer['ID']}/file")))
        sent = pydicom.dcmread(io.BytesIO(one.data))
        assert back == sent, one.name
        if "PixelData" in sent:
            assert back.PixelData == sent.PixelData
        if "EncapsulatedDocument" in sent:
            assert back.EncapsulatedDocument[: back.EncapsulatedDocumentLength] == signed


def test_all_lie_in_the_study_of_the_sources(archive, objects, study):
    source = study.acquisitions[0].sources[0].path
    with open(source, "rb") as file:
        archive.store(file.read())
    studies = [json.loads(archive.get(f"/studies/{one}")) for one in json.loads(archive.get("/studies"))]
    assert [one["MainDicomTags"]["StudyInstanceUID"] for one in studies] == [study.info.study_instance_uid]
    assert len(studies[0]["Series"]) == 6
