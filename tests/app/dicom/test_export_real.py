"""Objects made from real scanner files: valid, true to their sources, and quiet about the patient."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest

from analysis.readers import read_studies
from app.dicom.export import export_objects
from tests.app.dicom.archive_samples import document, pdf_of
from tests.app.dicom.validators import complaints

FILES = {
    "Siemens CSA and images": ("suspect/tests/test_data/siemens/SVS_30.IMA", "suspect/tests/test_data/siemens/mri"),
    "Siemens XA": ("suspect/tests/test_data/siemens/SVS_XA60.dcm",),
    "Philips": ("suspect/tests/test_data/dicom/No_Name/Mrs_Dti_Qa/MRSshortTELN_401/IM-0001-0002.dcm",),
}


@pytest.mark.parametrize("name", FILES)
def test_real_sources(name, shared_data: Path, tmp_path, caplog):
    (study,) = [s for s in read_studies([shared_data / path for path in FILES[name]]) if s.acquisitions]
    sources = [source for acquisition in study.acquisitions for source in acquisition.sources]
    original = pydicom.dcmread(sources[0].path, stop_before_pixels=True)
    results = document(study)
    made = export_objects(study, pdf_of(results))
    for one in made:
        dataset = pydicom.dcmread(io.BytesIO(one.data))
        assert str(dataset.PatientName) == str(original.PatientName)
        assert dataset.StudyInstanceUID == original.StudyInstanceUID
        (tmp_path / one.name).write_bytes(one.data)
        assert [line for line in complaints(tmp_path / one.name) if line.startswith("Error")] == [], one.name
    assert {"report.dcm", "measurements.dcm"} <= {one.name for one in made}
    named = str(original.PatientName)
    assert not named or named not in caplog.text
    classes = {
        item.ReferencedSOPClassUID
        for element in pydicom.dcmread(tmp_path / "measurements.dcm").iterall()
        if element.keyword == "ReferencedSOPSequence"
        for item in element.value
    }
    assert str(original.SOPClassUID) in classes
