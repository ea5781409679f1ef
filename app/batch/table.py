"""One table of many exams: a row per voxel with its quality, amplitudes, ratios and evidence, as CSV or Parquet.

It names studies by their UID and holds no name, ID or date of a patient.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from analysis.errors import DiscernError
from app.atomic_file import reason_of, write_whole

SUFFIXES: Final = (".csv", ".parquet")
_QUALITY = ("snr", "fwhm_hz", "water_fwhm_hz", "kept_fraction", "drift_hz", "residual_water", "lipid_index")
_ACQUISITION = ("manufacturer", "sequence", "te_ms", "tr_ms", "f0_mhz", "spectral_width_hz", "points", "transients")
_TEXTS = frozenset(
    {
        "study_instance_uid", "software_version", "protocol", "protocol_sha256", "withheld", "label", "label_source",
        "manufacturer", "sequence", "not_evaluable_because", "class", "driver",
    }
)  # fmt: skip


class TableProblem(DiscernError):
    """A table that could not be written."""


def table_rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return a row for each voxel of a result document; what is unknown is None."""
    software, exam = document["software"], document["exam"]
    common = {
        "study_instance_uid": document["study"]["study_instance_uid"],
        "software_version": software["version"],
        "protocol": software["protocol"]["id"],
        "protocol_sha256": software["protocol"]["sha256"],
        "evaluable_voxels": exam["evaluable"],
        "contrast_p": exam["contrast_p"],
        "withheld": exam["withheld"],
    }
    for voxel in document["voxels"]:
        yield common | _voxel_row(voxel)


def _voxel_row(voxel: Mapping[str, Any]) -> dict[str, Any]:
    quality, acquisition = voxel["quality"], voxel["acquisition"]
    row: dict[str, Any] = {"label": voxel["label"], "label_source": voxel["label_source"]}
    row |= {name: acquisition[name] for name in _ACQUISITION}
    row |= {"evaluable": quality["evaluable"], "not_evaluable_because": "; ".join(quality["reasons"]) or None}
    row |= {name: quality[name] for name in _QUALITY}
    for name, metabolite in voxel["metabolites"].items():
        row |= {f"{name}_amplitude": metabolite["amplitude"], f"{name}_sd": metabolite["sd"]}
        found = metabolite.get("concentration_mmol_per_l") or {"value": None, "sd": None}
        row |= {f"{name}_mmol_per_l": found["value"], f"{name}_mmol_per_l_sd": found["sd"]}
    for name, ratio in voxel["ratios"].items():
        row |= {name: ratio["value"], **{f"{name}_{part}": ratio[part] for part in ("sd", "low90", "high90")}}
    return row | _evidence_row(voxel["evidence"]) | {"adjusted_by_reader": voxel["adjusted_by_reader"]}


def _evidence_row(evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    parts = ("median", "low90", "high90")
    row = {f"{name}_{part}": evidence[name][part] if evidence else None for name in ("lr", "score") for part in parts}
    return row | {name: evidence[name] if evidence else None for name in ("class", "driver")}


def write_table(path: Path, results: Sequence[Path]) -> Path:
    """Write the table of result files, as its ending says: ``.csv`` or ``.parquet``.

    Raises
    ------
    TableProblem
        If the ending is another one, a result file cannot be read, or the table cannot be written.
    """
    check_ending(path)
    try:
        rows = [row for file in results for row in table_rows(json.loads(file.read_bytes()))]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        write_whole(path, _csv(columns, rows) if path.suffix == ".csv" else _parquet(columns, rows))
    except OSError as error:
        raise TableProblem(f"The table cannot be written to {path}: {reason_of(error)}.") from error
    return path


def check_ending(path: Path) -> None:
    """Refuse a table of another kind, before hours of work and not after them.

    Raises
    ------
    TableProblem
        If the ending is none of `SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise TableProblem(f"The table {path} must end in {' or '.join(SUFFIXES)}, which says what it is written as.")


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _parquet(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    arrays = {name: pyarrow.array([row.get(name) for row in rows], _kind(name, rows)) for name in columns}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(arrays), buffer)
    return buffer.getvalue()


def _kind(name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return a column's type, the same in every table also where a whole column is unknown."""
    import pyarrow

    if name in _TEXTS:
        return pyarrow.string()
    known = [row[name] for row in rows if row.get(name) is not None]
    return pyarrow.bool_() if known and all(isinstance(value, bool) for value in known) else pyarrow.float64()
