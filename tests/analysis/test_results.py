"""The result file: its schema, its bytes, and that the unknown is null."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from analysis.nucleus import Contour, NucleusOutline
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.results import SCHEMA_ID, reading_of, results_bytes, results_document
from analysis.types import ExamResult, FitSettings, Ratio, Skipped, Study
from analysis.voxel_settings import VoxelSettings
from tests.benchmarks.simulated import RESOURCES, SILENT, analysed

SCHEMA = json.loads((RESOURCES / "schema" / "discern-results-1.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def exam() -> tuple[Study, ExamResult]:
    return analysed(3)


@pytest.fixture(scope="module")
def document(exam):
    return results_document(*exam, version="1.2.3")


def test_the_document_fits_its_schema(document):
    CHECK.check_schema(SCHEMA)
    assert [error.message for error in CHECK.iter_errors(document)] == []
    assert document["schema"] == SCHEMA_ID == "discern-results/1"
    assert document["software"]["version"] == "1.2.3"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("exam"),
        lambda d: d.update(schema="discern-results/2"),
        lambda d: d["voxels"][0].update(label=""),
        lambda d: d["voxels"][0]["evidence"].update({"class": "certain"}),
        lambda d: d["voxels"][0]["quality"].update(evaluable=False, reasons=[]),
    ],
)
def test_the_schema_is_strict(document, spoil):
    copy = json.loads(json.dumps(document))
    spoil(copy)
    assert list(CHECK.iter_errors(copy))


def test_the_bytes_are_json_without_nan_and_read_back(exam, document):
    text = results_bytes(document)
    assert text.endswith(b"}\n")

    def refuse(name: str) -> None:
        pytest.fail(f"{name} in the result file")

    assert json.loads(text.decode("utf-8"), parse_constant=refuse) == document
    assert results_bytes(results_document(*exam, version="1.2.3")) == text


def test_numbers_are_those_of_the_analysis_to_six_digits(exam, document):
    study, result = exam
    assert [v["label"] for v in document["voxels"]] == [a.label for a in study.acquisitions]
    for voxel, found in zip(document["voxels"], result.voxels, strict=True):
        for name, amplitude in found.metabolites.items():
            assert voxel["metabolites"][name]["amplitude"] == pytest.approx(amplitude.amplitude, rel=1e-5, abs=1e-300)
        for name, ratio in found.ratios.items():
            assert voxel["ratios"][name]["low90"] == pytest.approx(ratio.low90, rel=1e-5)
        if found.evidence and found.evidence.lr:
            assert voxel["evidence"]["lr"]["median"] == pytest.approx(found.evidence.lr.median, rel=1e-5)
            assert len(voxel["evidence"]["probability"]) == 3


def test_concentrations_stand_beside_the_amplitudes_and_the_unknown_is_null(exam, document):
    found = document["voxels"][0]["metabolites"]
    true = exam[1].voxels[0].metabolites["Lac"].concentration_mmol_per_l
    assert found["Lac"]["concentration_mmol_per_l"]["value"] == pytest.approx(true.value, rel=1e-5)
    assert set(found["Lac"]["concentration_mmol_per_l"]) == {"value", "sd"}
    assert found["Coll"]["concentration_mmol_per_l"] is None
    assert all(set(entry) == {"amplitude", "sd", "concentration_mmol_per_l"} for entry in found.values())


def test_units_are_those_of_the_keys(exam, document):
    voxel, acquisition = document["voxels"][0], exam[0].acquisitions[0]
    assert voxel["acquisition"]["te_ms"] == 30.0
    assert voxel["acquisition"]["tr_ms"] == 1500.0
    assert voxel["acquisition"]["points"] == acquisition.fids.shape[2]
    assert (voxel["acquisition"]["coils"], voxel["acquisition"]["transients"]) == acquisition.fids.shape[:2]
    assert voxel["voxel"]["centre_mm"] == [0.0, 0.0, 0.0]
    assert voxel["voxel"]["size_mm"] == [20.0, 14.0, 6.0]
    assert voxel["files"][0]["role"] == "metabolite"
    assert 0 < voxel["quality"]["kept_fraction"] <= 1


def test_a_voxel_without_signal_has_nulls_and_a_reason(document):
    voxel = next(v for v in document["voxels"] if v["label"] == SILENT)
    assert voxel["quality"]["evaluable"] is False
    assert voxel["quality"]["reasons"]
    assert voxel["quality"]["snr"] is None
    assert voxel["metabolites"] == {}
    assert voxel["evidence"]["class"] == "not evaluable"
    assert voxel["evidence"]["lr"] == {"median": None, "low90": None, "high90": None}
    assert voxel["evidence"]["probability"] == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_null(exam, value):
    study, result = exam
    first = result.voxels[0]
    odd = replace(
        first, ratios={"Lac/PG": Ratio(value, value, value, value)}, quality=replace(first.quality, water_fwhm_hz=value)
    )
    document = results_document(study, replace(result, voxels=(odd,)), version="1")
    assert document["voxels"][0]["ratios"]["Lac/PG"] == {"value": None, "sd": None, "low90": None, "high90": None}
    assert document["voxels"][0]["quality"]["water_fwhm_hz"] is None
    assert results_bytes(document)
    assert [error.message for error in CHECK.iter_errors(document)] == []


def test_numpy_numbers_become_plain_ones(exam):
    study, result = exam
    odd = replace(result.voxels[0], ratios={"Lac/PG": Ratio(np.float64(0.123456789), np.float64(0.1), 0.0, 0.3)})
    document = results_document(study, replace(result, voxels=(odd,), evaluable=np.int64(1)), version="1")
    assert document["voxels"][0]["ratios"]["Lac/PG"]["value"] == 0.123457
    assert json.loads(results_bytes(document))["exam"]["evaluable"] == 1


def test_skipped_files_and_warnings_are_told_once(exam):
    study, result = exam
    study = replace(study, skipped=(Skipped("a/notes.txt", "Not a known kind of file."),), warnings=("Twice.", "Once."))
    document = results_document(study, replace(result, warnings=("Twice.",)), version="1")
    assert document["skipped"] == [{"path": "a/notes.txt", "reason": "Not a known kind of file."}]
    assert document["warnings"] == ["Twice.", "Once."]
    assert [error.message for error in CHECK.iter_errors(document)] == []


def test_a_name_is_kept_as_it_is_written(exam):
    study, result = exam
    study = replace(study, info=replace(study.info, patient_name="Müller^Änne", patient_id=None))
    text = results_bytes(results_document(study, result, version="1"))
    assert "Müller^Änne".encode() in text
    assert json.loads(text)["study"]["patient_id"] is None


def test_the_reading_that_made_the_results_comes_along_and_back(exam):
    study, result = exam
    key = voxel_key(study.acquisitions[0])
    settings = VoxelSettings(fit=FitSettings(phase0_rad=0.123456789), label="L6-S1")
    reading = Reading(pretest=0.1).with_voxel(key, VoxelReading(settings))
    document = results_document(study, result, version="1", reading=reading)
    assert reading_of(document) == reading
    assert "reading" not in results_document(study, result, version="1", reading=Reading())
    assert reading_of(results_document(study, result, version="1")) == Reading()
    assert list(CHECK.iter_errors(document)) == []


def test_an_outlined_nucleus_has_its_share_beside_the_voxel(exam):
    study, found = exam
    acquisition = found.voxels[0].acquisition
    half = 40.0
    square = tuple(
        (0.0, y, z + acquisition.voxel.centre_mm[2])
        for y, z in ((-half, -half), (half, -half), (half, half), (-half, half))
    )
    reading = Reading().with_voxel(
        voxel_key(acquisition), VoxelReading(nucleus=NucleusOutline((Contour(square, "sagittal"),)))
    )
    document = results_document(study, found, version="1", reading=reading)
    assert [error.message for error in CHECK.iter_errors(document)] == []
    assert document["voxels"][0]["nucleus_share"] == {"value": None, "low": None, "high": 1.0}
    assert "nucleus_share" not in document["voxels"][2]
    assert reading_of(document) == reading
