"""A small DICOM study and a report of it, for tests of what goes to the archive. EVERY NUMBER HERE IS INVENTED."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from analysis.readers import read_studies
from analysis.reading import Reading
from analysis.results import results_bytes
from analysis.types import Study, Voxel
from app.dicom.records import ImageStack, StudyHeader
from app.dicom.uids import stable_uid
from app.dicom.write_image import write_images
from app.dicom.write_spectroscopy import write_spectroscopy
from app.report.attach import attach_results
from tests.app.dicom.objects import STUDY, TILT, series, signal

MADE = datetime(2026, 11, 20, 22, 0, 7, tzinfo=UTC)
LABELS = ("L3-L4", "L4-L5", "L5-S1")
AWKWARD_NAME = ("Müller<b>&amp;^محمد^😀" + "x" * 64)[:64]
AXES = (
    (1.0, 0.0, 0.0),
    (0.0, float(np.cos(TILT)), float(np.sin(TILT))),
    (0.0, float(-np.sin(TILT)), float(np.cos(TILT))),
)


def voxel(number: int) -> Voxel:
    """Return one of three voxels, one above the other; the second is the largest."""
    return Voxel((0.5, 4.0, 30.0 - 30.0 * number), AXES, (20.0, 14.0, 5.0 + (number == 1)))


def sagittal() -> ImageStack:
    """Return seven sagittal slices of 4 mm whose middle one lies at x = 0."""
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = (0, 1.5, 0), (0, 0, -1.5), (-4.0, 0, 0)
    affine[:3, 3] = (12.0, -70.0, 72.0)
    rows, columns = np.mgrid[:96, :96]
    pixels = np.stack([(rows * 7 + columns * 3 + 40 * n) % 900 for n in range(7)])
    uids = tuple(stable_uid(0, "sagittal", index) for index in range(7))
    return ImageStack(series(1, "T2 sagittal"), pixels, affine, 3.5, (450.0, 900.0), uids, "SIMULATED")


def write_study(folder: Path, header: StudyHeader = STUDY) -> Study:
    """Write images and three voxels with their water, and read them."""
    write_images(folder / "images", header, sagittal())
    for number, label in enumerate(LABELS):
        for water in (False, True):
            one = signal(water=water)
            one = replace(
                one,
                series=series(10 + 2 * number + water, f"MRS {label} PRESS" + (" water" if water else "")),
                sop_instance_uid=stable_uid(0, "spectrum", number, int(water)),
                dimension_uid=stable_uid(0, "dimension", number, int(water)),
                voxel=voxel(number),
                water_reference_uid=None if water else stable_uid(0, "spectrum", number, 1),
            )
            write_spectroscopy(folder / "mrs" / f"{number}{int(water)}.dcm", header, one)
    (study,) = read_studies([folder])
    return study


def document(study: Study, **exam: Any) -> dict[str, Any]:
    """Return results: the first disc higher, the second lower, the third not evaluable."""
    info = study.info
    acquisitions = sorted(study.acquisitions, key=lambda a: a.label)[: len(LABELS)]
    return {
        "schema": "discern-results/1",
        "software": {"version": "9.9.9", "protocol": {"id": "disc-1", "sha256": "ab" * 32}},
        "study": {
            "study_instance_uid": info.study_instance_uid,
            "patient_id": info.patient_id,
            "patient_name": info.patient_name,
            "study_date": info.study_date,
            "accession_number": info.accession_number,
        },
        "reading": json.loads(Reading(state="final").to_json()),
        "voxels": [_voxel(number, acquisition) for number, acquisition in enumerate(acquisitions)],
        "exam": {"evaluable": 2, "contrast_p": 0.01, "withheld": None, **exam},
        "skipped": [],
        "warnings": [],
    }


def _voxel(number: int, acquisition: Any) -> dict[str, Any]:
    evaluable = number < 2
    box = voxel(number)
    interval = (
        {"median": 3.1, "low90": 1.9, "high90": 4.1} if number == 0 else {"median": 0.4, "low90": 0.31, "high90": 0.5}
    )
    none = {"median": None, "low90": None, "high90": None}
    return {
        "label": LABELS[number],
        "label_source": "header",
        "files": [{"path": s.path, "sha256": s.sha256, "role": s.role} for s in acquisition.sources],
        "acquisition": {
            "manufacturer": "Nobody", "sequence": "PRESS", "te_ms": 30.0, "tr_ms": 1500.0, "f0_mhz": 127.74,
            "spectral_width_hz": 2500.0, "points": 48, "coils": 1, "transients": 3, "averages": 1,
        },
        "voxel": {"centre_mm": list(box.centre_mm), "size_mm": list(box.size_mm), "axes": [list(a) for a in box.axes]},
        "quality": {
            "snr": 12.5, "fwhm_hz": 17.25, "water_fwhm_hz": None, "kept_fraction": 0.953125, "drift_hz": 4.0,
            "residual_water": 3.5, "lipid_index": 0.25,
            "gates": [_gate("pass" if evaluable else "fail")],
            "evaluable": evaluable, "reasons": [] if evaluable else ["PG SNR is below its limit"],
        },
        "metabolites": {
            "Lac": {"amplitude": 0.5, "sd": 0.125, "concentration_mmol_per_l": {"value": 5.5, "sd": 1.5}},
            "PG": {"amplitude": 1.0, "sd": 0.25, "concentration_mmol_per_l": None},
        },
        "ratios": {
            "Lac/PG": {"value": 0.5, "sd": 0.1, "low90": 0.35, "high90": 0.7},
            "Ala/PG": {"value": None, "sd": None, "low90": None, "high90": None},
        },
        "evidence": {
            "lr": interval if evaluable else none,
            "score": {"median": 7.5, "low90": 6.5, "high90": 8.0} if evaluable else none,
            "class": ("higher", "lower", "not evaluable")[number],
            "probability": [],
            "driver": "acid" if number == 0 else None,
        },
        "adjusted_by_reader": number == 1,
        "warnings": [],
    }  # fmt: skip


def _gate(verdict: str) -> dict[str, Any]:
    return {"name": "PG SNR", "value": 12.5, "verdict": verdict, "limit": "pass >= 10", "text": "x"}


def pdf_of(results: dict[str, Any]) -> bytes:
    """Return an unsigned report: one empty page that carries the results."""
    import pikepdf

    buffer = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.Root.Lang = pikepdf.String("en-GB")
        pdf.docinfo["/Title"] = "Report"
        pdf.save(buffer)
    return attach_results(buffer.getvalue(), results_bytes(results), created_at=MADE)
