"""The result file ``discern-results/1``: a plain document of an exam, and its bytes.

The keys and units are fixed by the design; ``resources/schema`` holds them as JSON Schema. Unknown is ``null``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from analysis.nucleus import nucleus_share
from analysis.reading import Reading, reading_from_json, voxel_key
from analysis.types import (
    Acquisition,
    Amplitude,
    Evidence,
    ExamResult,
    Gate,
    Interval,
    Quality,
    Ratio,
    Skipped,
    Study,
    VoxelResult,
)

SCHEMA_ID = "discern-results/1"
_DIGITS = 6


def results_document(study: Study, exam: ExamResult, *, version: str, reading: Reading | None = None) -> dict[str, Any]:
    """Return the document of one exam, with numbers rounded to six significant digits.

    A `reading` that made the results is kept in it whole, so that they can be computed again.
    """
    info = study.info
    document = {
        "schema": SCHEMA_ID,
        "software": {"version": version, "protocol": {"id": exam.protocol_id, "sha256": exam.protocol_sha256}},
        "study": {
            "study_instance_uid": info.study_instance_uid,
            "patient_id": info.patient_id,
            "patient_name": info.patient_name,
            "study_date": info.study_date,
            "accession_number": info.accession_number,
        },
        "voxels": [_voxel(voxel, reading or Reading()) for voxel in exam.voxels],
        "exam": {"evaluable": exam.evaluable, "contrast_p": exam.contrast_p, "withheld": exam.withheld},
        "skipped": [_skipped(item) for item in study.skipped],
        "warnings": list(dict.fromkeys((*study.warnings, *exam.warnings))),
    }
    rounded = _rounded(document)
    if not isinstance(rounded, dict):
        raise TypeError("a result document is a mapping")
    if reading is not None and reading != Reading():
        rounded["reading"] = json.loads(reading.to_json())
    return rounded


def reading_of(document: Mapping[str, Any]) -> Reading:
    """Return the reading that made a document's results.

    Raises
    ------
    BadReading : what stands there is no reading
    """
    return reading_from_json(json.dumps(document["reading"])) if "reading" in document else Reading()


def results_bytes(document: Mapping[str, Any]) -> bytes:
    """Return the document as UTF-8 JSON; the same document always gives the same bytes."""
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _rounded(value: Any) -> Any:
    """Round every float to six significant digits; a number that is not finite is unknown."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    if isinstance(value, int):
        return value
    number = float(value)
    return float(f"{number:.{_DIGITS}g}") if math.isfinite(number) else None


def _skipped(item: Skipped) -> dict[str, str]:
    return {"path": item.path, "reason": item.reason}


def _voxel(result: VoxelResult, reading: Reading) -> dict[str, Any]:
    acquisition = result.acquisition
    found = {
        "label": acquisition.label,
        "label_source": acquisition.label_source,
        "files": [{"path": f.path, "sha256": f.sha256, "role": f.role} for f in acquisition.sources],
        "acquisition": _acquisition(acquisition),
        "voxel": _box(acquisition),
        "quality": _quality(result.quality),
        "metabolites": {name: _metabolite(amplitude) for name, amplitude in result.metabolites.items()},
        "ratios": {name: _ratio(ratio) for name, ratio in result.ratios.items()},
        "evidence": None if result.evidence is None else _evidence(result.evidence),
        "adjusted_by_reader": result.adjusted_by_reader,
        "warnings": list(result.warnings),
    }
    outline = reading.of(voxel_key(acquisition)).nucleus
    if acquisition.voxel is not None and outline.contours:
        share = nucleus_share(acquisition.voxel, outline)
        found["nucleus_share"] = {"value": share.value, "low": share.low, "high": share.high}
    return found


def _acquisition(acquisition: Acquisition) -> dict[str, Any]:
    p = acquisition.parameters
    return {
        "manufacturer": p.manufacturer,
        "sequence": p.localisation or p.sequence,
        "te_ms": None if p.te_s is None else p.te_s * 1e3,
        "tr_ms": None if p.tr_s is None else p.tr_s * 1e3,
        "f0_mhz": p.f0_mhz,
        "spectral_width_hz": p.spectral_width_hz,
        "points": acquisition.fids.shape[2],
        "coils": acquisition.fids.shape[0],
        "transients": acquisition.fids.shape[1],
        "averages": p.averages,
    }


def _box(acquisition: Acquisition) -> dict[str, Any] | None:
    voxel = acquisition.voxel
    if voxel is None:
        return None
    return {"centre_mm": voxel.centre_mm, "size_mm": voxel.size_mm, "axes": voxel.axes}


def _quality(quality: Quality) -> dict[str, Any]:
    return {
        "snr": quality.snr,
        "fwhm_hz": quality.fwhm_hz,
        "water_fwhm_hz": quality.water_fwhm_hz,
        "kept_fraction": quality.kept_fraction,
        "drift_hz": quality.drift_hz,
        "residual_water": quality.residual_water,
        "lipid_index": quality.lipid_index,
        "gates": [_gate(gate) for gate in quality.gates],
        "evaluable": quality.evaluable,
        "reasons": list(quality.reasons),
    }


def _gate(gate: Gate) -> dict[str, Any]:
    found = {
        "name": gate.name,
        "value": gate.value,
        "verdict": gate.verdict,
        "limit": gate.limit,
        "text": gate.text,
    }
    return {**found, "accepted": gate.accepted} if gate.accepted else found


def _metabolite(amplitude: Amplitude) -> dict[str, Any]:
    found = amplitude.concentration_mmol_per_l
    return {
        "amplitude": amplitude.amplitude,
        "sd": amplitude.sd,
        "concentration_mmol_per_l": None if found is None else {"value": found.value, "sd": found.sd},
    }


def _ratio(ratio: Ratio) -> dict[str, float | None]:
    return {"value": ratio.value, "sd": ratio.sd, "low90": ratio.low90, "high90": ratio.high90}


def _interval(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"median": None, "low90": None, "high90": None}
    return {"median": interval.median, "low90": interval.low90, "high90": interval.high90}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "lr": _interval(evidence.lr),
        "score": _interval(evidence.score),
        "class": evidence.evidence_class,
        "probability": [{"pretest": p.pretest, **_interval(p.value)} for p in evidence.probability],
        "driver": evidence.driver,
    }
