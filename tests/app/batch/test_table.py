"""The table of many exams: what stands in a result file stands in it, in both kinds alike, and nobody's name."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from analysis.results import results_bytes, results_document
from app.batch.table import TableProblem, table_rows, write_table
from tests.samples import sample_exam, sample_study


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = sample_study()
    path = tmp_path_factory.mktemp("exam") / "results.json"
    path.write_bytes(results_bytes(results_document(study, sample_exam(study), version="0")))
    return path


@pytest.fixture(scope="module")
def document(results: Path) -> Mapping[str, Any]:
    return dict(json.loads(results.read_bytes()))


def test_each_voxel_has_a_row_with_its_numbers(document: Mapping[str, Any]) -> None:
    rows = list(table_rows(document))
    assert [row["label"] for row in rows] == [voxel["label"] for voxel in document["voxels"]]
    for row, voxel in zip(rows, document["voxels"], strict=True):
        for name, ratio in voxel["ratios"].items():
            assert (row[name], row[f"{name}_low90"]) == (ratio["value"], ratio["low90"])
        assert row["class"] == (voxel["evidence"]["class"] if voxel["evidence"] else None)


def test_both_kinds_say_the_same(results: Path, tmp_path: Path) -> None:
    with write_table(tmp_path / "t.csv", [results]).open(encoding="utf-8", newline="") as file:
        texts = list(csv.DictReader(file))
    rows = pyarrow.parquet.read_table(write_table(tmp_path / "t.parquet", [results])).to_pylist()
    assert len(rows) == len(texts) > 0
    for row, text in zip(rows, texts, strict=True):
        for name, value in row.items():
            same = text[name] == ("" if value is None else str(value))
            assert same or float(text[name]) == value, name


def test_a_column_that_is_unknown_throughout_keeps_its_type(results: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(write_table(tmp_path / "t.parquet", [results]))
    kinds = {str(kind) for kind in table.schema.types}
    assert kinds <= {"string", "double", "bool"}
    assert table.schema.field("lr_median").type == pyarrow.float64()


def test_it_names_no_patient(document: Mapping[str, Any], results: Path, tmp_path: Path) -> None:
    text = write_table(tmp_path / "t.csv", [results]).read_text(encoding="utf-8")
    study = document["study"]
    for key in ("patient_name", "patient_id", "study_date", "accession_number"):
        assert study[key]
        assert study[key] not in text, key


def test_a_folder_that_cannot_be_written_is_said(results: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TableProblem, match="cannot be written"):
        write_table(tmp_path / "file" / "t.csv", [results])
