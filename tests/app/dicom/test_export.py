"""What goes to the archive: valid, whole, the same every time, and true to the signed results."""

from __future__ import annotations

import io
import json
import logging
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from analysis.reading import Reading
from app.dicom.derived import NamedObject
from app.dicom.errors import ExportProblem
from app.dicom.export import export_objects, objects_of, open_export
from app.fhir.bundle import report_bundle
from app.report.signing import sign_pdf
from tests.app.dicom.archive_samples import AWKWARD_NAME, LABELS, MADE, document, pdf_of, sagittal, voxel, write_study
from tests.app.dicom.objects import STUDY
from tests.app.dicom.validators import complaints, contradictions
from tests.app.report.certificate_making import signer_of

EXPLAINED = (
    # 99DISCERN is a private scheme, which PS3.16 allows; each object that uses it identifies it.
    "Unrecognized defined term = <99DISCERN>",
    "CodingSchemeUID(0008,010c)[1]> - Unrecognized defined term",
)


def read(one: NamedObject) -> Dataset:
    return pydicom.dcmread(io.BytesIO(one.data))


def named(objects: tuple[NamedObject, ...], name: str) -> Dataset:
    return read(next(one for one in objects if one.name == name))


def write_all(objects: tuple[NamedObject, ...], folder: Path) -> list[Path]:
    for one in objects:
        (folder / one.name).write_bytes(one.data)
    return [folder / one.name for one in objects]


def run(tool: str, *arguments: str) -> str:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed (apt-get install dcmtk dicom3tools)")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, (tool, done.stdout + done.stderr)
    return done.stdout


# --- the whole --------------------------------------------------------------------------------------------------------


def test_all_kinds_are_made(objects):
    assert [one.name for one in objects] == [
        "report.dcm", "measurements.dcm", "key-image-1.dcm", "key-image-2.dcm", "key-image-3.dcm", "outlines-1.dcm",
        "key-objects.dcm",
    ]  # fmt: skip
    assert len({one.sop_instance_uid for one in objects}) == len(objects)
    for one in objects:
        assert (read(one).SOPInstanceUID, read(one).SOPClassUID) == (one.sop_instance_uid, one.sop_class_uid)


def test_validators_have_nothing_to_say(objects, tmp_path):
    for path in write_all(objects, tmp_path):
        left = [line for line in complaints(path) if not any(text in line for text in EXPLAINED)]
        assert left == [], path.name
        assert run("dcmftest", str(path)).startswith("yes")


def test_they_agree_with_the_sources_on_patient_and_study(objects, study, tmp_path):
    sources = [source.path for volume in study.volumes for source in volume.sources[:2]]
    sources += [study.acquisitions[0].sources[0].path]
    found = contradictions([*map(Path, sources), *write_all(objects, tmp_path)])
    # dcentvfy takes the accession number of an object without a request for one of its series, and so sees two.
    assert [line for line in found if "AccessionNumber" not in line] == []


def test_the_same_report_gives_the_same_bytes(objects, study, signed):
    assert [one.data for one in export_objects(study, signed)] == [one.data for one in objects]


def test_another_report_gives_other_uids_and_the_same_tracking(objects, study, archive_signer):
    changed = document(study, contrast_p=0.02)
    pdf = sign_pdf(pdf_of(changed), signer_of(archive_signer))
    other = export_objects(study, pdf)
    assert {one.sop_instance_uid for one in other}.isdisjoint(one.sop_instance_uid for one in objects)
    assert _tracking(named(other, "measurements.dcm")) == _tracking(named(objects, "measurements.dcm"))


def test_every_object_refers_to_what_it_was_made_from(objects, study):
    known = {s.sop_instance_uid for v in study.volumes for s in v.sources}
    known |= {s.sop_instance_uid for a in study.acquisitions for s in a.sources}
    known |= {one.sop_instance_uid for one in objects}
    for one in objects:
        dataset = read(one)
        found = {str(element.value) for element in dataset.iterall() if element.keyword == "ReferencedSOPInstanceUID"}
        assert found, one.name
        assert found <= known, one.name
        assert dataset.StudyInstanceUID == study.info.study_instance_uid


def test_simulated_data_and_research_use_are_said(study, signed, tmp_path):
    simulated = replace(study, info=replace(study.info, simulated=True))
    for one in export_objects(simulated, signed):
        assert "(simulated data)" in read(one).SeriesDescription


def test_names_of_any_script_survive(archive_signer, tmp_path):
    study = write_study(tmp_path / "study", replace(STUDY, patient_name=AWKWARD_NAME))
    pdf = sign_pdf(pdf_of(document(study)), signer_of(archive_signer))
    for one in export_objects(study, pdf):
        dataset = read(one)
        assert (str(dataset.PatientName), dataset.SpecificCharacterSet) == (AWKWARD_NAME, "ISO_IR 192"), one.name
        (tmp_path / one.name).write_bytes(one.data)
        # dciodvfy counts the bytes of the name; PS3.5 6.2 counts its characters, which are 64.
        errors = [line for line in complaints(tmp_path / one.name) if line.startswith("Error") and "= <72>" not in line]
        assert errors == [], one.name


@pytest.mark.parametrize("name", ["Onlyoneword", "", "A^B^C^D^E"])
def test_odd_names_are_neither_warned_of_nor_logged(name, archive_signer, tmp_path, caplog, recwarn):
    caplog.set_level(logging.DEBUG)
    study = write_study(tmp_path, replace(STUDY, patient_name=name))
    for one in export_objects(study, pdf_of(document(study))):
        assert str(read(one).PatientName) == name, one.name
    said = caplog.text + " ".join(str(warning.message) for warning in recwarn)
    assert not name or name not in said


def test_another_character_set_becomes_utf8(archive_signer, tmp_path):
    study = write_study(tmp_path / "study", replace(STUDY, patient_name="Müller^Jörg"))
    for path in (tmp_path / "study").rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.decode()
        dataset.SpecificCharacterSet = "ISO_IR 100"
        dataset.save_as(path)
    from analysis.readers import read_studies

    (study,) = read_studies([tmp_path / "study"])
    assert b"M\xfcller" in (tmp_path / "study" / "mrs" / "00.dcm").read_bytes()
    for one in export_objects(study, pdf_of(document(study))):
        assert "Müller^Jörg".encode() in one.data, one.name


def test_file_names_say_nothing_of_the_patient(objects):
    text = " ".join(one.name for one in objects)
    assert not any(secret in text for secret in (STUDY.patient_id, "Invented", "L4-L5"))


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, 1])
def test_the_pdf_comes_back_byte_by_byte(study, more, tmp_path):
    pdf = pdf_of(document(study))
    pdf += b"\n" * (len(pdf) % 2 != more)
    assert len(pdf) % 2 == more
    (tmp_path / "r.dcm").write_bytes(export_objects(study, pdf)[0].data)
    run("dcm2pdf", str(tmp_path / "r.dcm"), str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes() == pdf


def test_a_draft_is_not_final_and_names_nobody(study):
    made = export_objects(study, pdf_of(document(study)))
    sr = named(made, "measurements.dcm")
    assert (sr.PreliminaryFlag, sr.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert "VerifyingObserverSequence" not in sr
    assert not [item for item in _items(sr) if item.ValueType == "PNAME"]
    assert "unsigned draft" in named(made, "report.dcm").DocumentTitle


def test_a_changed_report_and_one_of_another_study_are_refused(study, signed):
    place = signed.index(b"/Type")
    with pytest.raises(ExportProblem):
        export_objects(study, signed[:place] + b"/Tyqe" + signed[place + 5 :])
    with pytest.raises(ExportProblem, match="another study"):
        export_objects(replace(study, info=replace(study.info, study_instance_uid="1.2.3")), signed)


def test_a_study_without_dicom_is_refused(study, signed):
    def without(record: Any) -> Any:
        return replace(record, sources=tuple(replace(s, sop_instance_uid=None) for s in record.sources))

    bare = replace(
        study,
        volumes=tuple(without(v) for v in study.volumes),
        acquisitions=tuple(without(a) for a in study.acquisitions),
    )
    with pytest.raises(ExportProblem, match="not read from DICOM"):
        export_objects(bare, signed)


# --- the measurements -------------------------------------------------------------------------------------------------


def _items(dataset: Dataset) -> list[Dataset]:
    found = []
    for item in dataset.get("ContentSequence", ()):
        found += [item, *_items(item)]
    return found


def _groups(sr: Dataset) -> list[Dataset]:
    return [item for item in _items(sr) if item.ValueType == "CONTAINER" and _name(item) == "Measurement Group"]


def _name(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def _tracking(sr: Dataset) -> list[str]:
    return [str(item.UID) for item in _items(sr) if item.ValueType == "UIDREF" and "Tracking" in _name(item)]


def _number(group: Dataset, name: str, unit: str) -> Dataset:
    for item in group.ContentSequence:
        if item.ValueType == "NUM" and _name(item) == name:
            measured = item.MeasuredValueSequence
            if not measured or measured[0].MeasurementUnitsCodeSequence[0].CodeValue == unit:
                return item
    raise AssertionError(name)


def _value(item: Dataset) -> float:
    return float(item.MeasuredValueSequence[0].NumericValue)


def test_a_second_library_reads_the_measurements(objects, tmp_path):
    (path,) = [p for p in write_all(objects, tmp_path) if p.name == "measurements.dcm"]
    said = run("dsrdump", "+Pl", "+U8", str(path))
    for text in ("L4/L5 disc", "Lac/PG molar ratio", '"0.5" ({ratio},UCUM', "Verification Flag   : VERIFIED"):
        assert text in said
    assert said.count("<contains COMPOSITE:") == 6  # three signals, three waters
    assert said.count("<contains SCOORD3D:") == 18  # six faces each


def test_numbers_are_those_of_the_signed_results(objects):
    first = _groups(named(objects, "measurements.dcm"))[0]
    ratio = _number(first, "Lac/PG molar ratio", "{ratio}")
    assert _value(ratio) == 0.5
    around = {_name(item): item for item in ratio.ContentSequence}
    upper, lower = (
        around["+, range of upper measurement uncertainty"],
        around["-, range of lower measurement uncertainty"],
    )
    assert (_value(upper), _value(lower), _value(around["Standard Deviation"])) == (0.2, 0.15, 0.1)
    units = {i.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue for i in ratio.ContentSequence}
    assert units == {"{ratio}"}
    assert _value(_number(first, "Lactate", "mmol/L")) == 5.5
    assert _value(_number(first, "Lactate", "[arb'U]")) == 0.5
    assert _value(_number(first, "Likelihood ratio for a painful disc", "{ratio}")) == 3.1
    assert _value(_number(first, "Share of transients kept", "%")) == 95.3125
    assert _value(_number(first, "Volume", "mm3")) == 1400.0


def test_what_is_not_known_has_no_value_but_a_reason(objects):
    groups = _groups(named(objects, "measurements.dcm"))
    for group, name, why in (
        (groups[0], "Ala/PG molar ratio", "Value unknown"),
        (groups[0], "Line width of water (full width at half maximum)", "Value unknown"),
        (groups[2], "Likelihood ratio for a painful disc", "Measurement failure"),
    ):
        item = _number(group, name, "")
        assert len(item.MeasuredValueSequence) == 0
        assert item.NumericValueQualifierCodeSequence[0].CodeMeaning == why


def test_class_gates_and_reasons_are_said(objects):
    words = [
        {_name(i): i.ConceptCodeSequence[0].CodeMeaning for i in group.ContentSequence if i.ValueType == "CODE"}
        for group in _groups(named(objects, "measurements.dcm"))
    ]
    assert [w["Class of the evidence for pain"].split()[0] for w in words] == ["Higher", "Lower", "Not"]
    assert [w["Voxel is evaluable"] for w in words] == ["Yes", "Yes", "No"]
    assert [w["Adjusted by the reader"] for w in words] == ["No", "Yes", "No"]
    assert [w["Gate: PG SNR"] for w in words] == ["pass", "pass", "fail"]
    assert words[0]["What sets the disc apart"].startswith("Acid")
    last = _groups(named(objects, "measurements.dcm"))[2]
    assert "PG SNR is below its limit" in [i.TextValue for i in last.ContentSequence if i.ValueType == "TEXT"]


def test_a_withheld_comparison_is_said(study):
    results = document(study, withheld="The discs do not differ.")
    for one in results["voxels"]:
        one["evidence"] = None
    sr = named(export_objects(study, pdf_of(results)), "measurements.dcm")
    assert "The comparison is withheld. The discs do not differ." in [
        i.TextValue for i in _items(sr) if i.ValueType == "TEXT"
    ]
    classes = [
        i.ConceptCodeSequence[0].CodeMeaning for i in _items(sr) if i.ValueType == "CODE" and "Class" in _name(i)
    ]
    assert classes == ["Comparison withheld", "Comparison withheld", "Not evaluable"]
    item = _number(_groups(sr)[0], "Likelihood ratio for a painful disc", "")
    assert item.NumericValueQualifierCodeSequence[0].CodeMeaning == "Measurement not attempted"


def test_the_box_of_a_voxel_is_where_it_was_measured(objects):
    for number, group in enumerate(_groups(named(objects, "measurements.dcm"))):
        faces = [i for i in group.ContentSequence if i.ValueType == "SCOORD3D"]
        points = np.concatenate([np.array(face.GraphicData).reshape(-1, 3)[:4] for face in faces])
        box = voxel(number)
        local = (points - np.array(box.centre_mm)) @ np.array(box.axes).T
        assert np.allclose(np.abs(local), np.array(box.size_mm) / 2, atol=1e-3)
        assert len({tuple(np.sign(np.round(p, 3))) for p in local}) == 8
        assert {face.ReferencedFrameOfReferenceUID for face in faces} == {STUDY.frame_of_reference_uid}
        areas = [_outward(np.array(f.GraphicData).reshape(-1, 3), np.array(box.centre_mm)) for f in faces]
        assert min(areas) > 0


def _outward(polygon: np.ndarray, centre: np.ndarray) -> float:
    """How far the right-hand normal of a face points away from the middle of the box."""
    normal = np.cross(polygon[1] - polygon[0], polygon[2] - polygon[1])
    return float(normal @ (polygon[:4].mean(axis=0) - centre))


def test_signer_time_and_algorithm_are_named(objects, signed):
    import hashlib

    sr = named(objects, "measurements.dcm")
    observer = sr.VerifyingObserverSequence[0]
    assert str(observer.VerifyingObserverName) == "Demo Signer (throw-away)^"
    assert sr.VerificationFlag == "VERIFIED"
    parameters = {i.TextValue for i in _items(sr) if i.ValueType == "TEXT" and _name(i) == "Algorithm Parameters"}
    assert f"report SHA-256: {hashlib.sha256(signed).hexdigest()}" in parameters
    assert "protocol: disc-1" in parameters


def test_times_are_those_of_the_report(study):
    made = export_objects(study, pdf_of(document(study)))
    for one in made:
        dataset = read(one)
        assert (dataset.SeriesDate, dataset.SeriesTime) == (MADE.strftime("%Y%m%d"), "220007.000000")


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_outlines_stand_where_the_voxels_cut_the_stored_images(objects):
    state = named(objects, "outlines-1.dcm")
    stack = sagittal()
    drawn = 0
    for annotation in state.GraphicAnnotationSequence:
        (referenced,) = annotation.ReferencedImageSequence
        index = stack.sop_instance_uids.index(referenced.ReferencedSOPInstanceUID)
        assert [t.UnformattedTextValue for t in annotation.TextObjectSequence] == list(LABELS)
        for number, graphic in enumerate(annotation.GraphicObjectSequence):
            points = np.array(graphic.GraphicData).reshape(-1, 2) - 0.5
            assert np.allclose(points[0], points[-1])
            flat = np.column_stack([points, np.full(len(points), index), np.ones(len(points))])
            place = (flat @ stack.affine.T)[:, :3]
            box = voxel(number)
            local = (place - np.array(box.centre_mm)) @ np.array(box.axes).T
            beyond = np.abs(local) - np.array(box.size_mm) / 2
            assert beyond.max() < 1e-3  # on the box
            assert np.allclose(beyond[:, 1:].max(axis=1), 0, atol=1e-3)  # on its edge, not inside
            drawn += 1
    assert drawn == 15  # the voxels are 20 mm wide: five slices of 4 mm each


def test_a_second_program_applies_the_presentation_state(objects, study, tmp_path):
    path = next(p for p in write_all(objects, tmp_path) if p.name == "outlines-1.dcm")
    image = study.volumes[0].sources[3].path
    run("dcmp2pgm", "-p", str(path), image, str(tmp_path / "shown.pgm"))
    assert (tmp_path / "shown.pgm").read_bytes().startswith(b"P5")


def test_key_images_show_every_disc_with_the_patients_sides(objects, tmp_path):
    for number in (1, 2, 3):
        image = named(objects, f"key-image-{number}.dcm")
        pixels = image.pixel_array
        assert pixels.shape == (1200, 1280, 3)
        yellow = (pixels[..., 0] > 200) & (pixels[..., 1] > 180) & (pixels[..., 2] < 120)
        assert yellow.sum() > 300
        assert image.ImageComments.startswith(LABELS[number - 1])
        assert len(image.SourceImageSequence) == 1
        assert image.AnatomicRegionSequence[0].CodeMeaning.startswith(LABELS[number - 1].replace("-", "/"))


def test_key_objects_select_pictures_and_slices(objects):
    selection = named(objects, "key-objects.dcm")
    referenced = [
        i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for i in _items(selection) if i.ValueType == "IMAGE"
    ]
    pictures = [one.sop_instance_uid for one in objects if one.name.startswith("key-image")]
    assert referenced[:3] == pictures
    assert len(referenced) == 3 + 5


def test_an_amended_report_says_so_and_makes_new_objects(study, objects, archive_signer):
    reading = Reading(state="amended", amends="ab" * 32, amendment_reason="The level was named wrongly.")
    results = {**document(study), "reading": json.loads(reading.to_json())}
    pdf = sign_pdf(pdf_of(results), signer_of(archive_signer))
    export = open_export(study, pdf)
    assert export.report.state == "amended"
    made = objects_of(export)
    assert named(made, "report.dcm").DocumentTitle == "MR spectroscopy report, amended"
    assert {one.sop_instance_uid for one in made}.isdisjoint(one.sop_instance_uid for one in objects)
    bundle = json.loads(report_bundle(export))
    assert {entry["resource"]["status"] for entry in bundle["entry"]} == {"amended"}


def test_a_report_that_was_signed_automatically_is_preliminary_and_nobody_vouches_for_it(study, archive_signer):
    results = document(study)
    del results["reading"]
    export = open_export(study, sign_pdf(pdf_of(results), signer_of(archive_signer)))
    assert (export.report.state, export.report.verifier) == ("preliminary", None)
    assert export.report.signer == "Demo Signer (throw-away)"
    measurements = next(one for one in export_objects(study, export.report.pdf) if one.name == "measurements.dcm")
    dataset = read(measurements)
    assert (dataset.VerificationFlag, dataset.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in dataset
