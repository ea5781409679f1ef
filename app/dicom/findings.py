"""The signed results as a list of what is said of each voxel: numbers, words and sources, ready for SR and FHIR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.types import FloatArray, Voxel
from app.dicom import codes
from app.dicom.codes import Code
from app.dicom.errors import ExportProblem
from app.report.wording import significant

_CLASSES = {
    "higher": codes.own("class-higher", "Higher than the patient's other discs"),
    "lower": codes.own("class-lower", "Lower than the patient's other discs"),
    "indeterminate": codes.own("class-indeterm", "Indeterminate"),
    "not evaluable": codes.own("class-noteval", "Not evaluable"),
}
_WITHHELD = codes.own("class-withheld", "Comparison withheld")
_DRIVERS = {
    name: codes.own(f"driver-{name}", f"{name.capitalize()} sets it apart") for name in ("acid", "structure", "mixed")
}
_VERDICTS = {name: codes.own(f"gate-{name}", name) for name in ("pass", "warn", "fail", "unknown")}
_EVIDENCE_CLASS = codes.own("evidence-class", "Class of the evidence for pain")
_DRIVER = codes.own("driver", "What sets the disc apart")
_EVALUABLE = codes.own("evaluable", "Voxel is evaluable")
_ADJUSTED = codes.own("adjusted", "Adjusted by the reader")
_LIKELIHOOD_RATIO = codes.own("LR", "Likelihood ratio for a painful disc")
_SCORE = codes.own("score", "Evidence score, 0 to 10")
_KEPT = codes.own("kept", "Share of transients kept")
_QUALITY: tuple[tuple[str, Code, Code], ...] = (
    ("snr", codes.SIGNAL_TO_NOISE, codes.RATIO),
    ("fwhm_hz", codes.own("fwhm", "Line width (full width at half maximum)"), codes.HERTZ),
    ("water_fwhm_hz", codes.own("water-fwhm", "Line width of water (full width at half maximum)"), codes.HERTZ),
    ("drift_hz", codes.own("drift", "Frequency drift"), codes.HERTZ),
    ("residual_water", codes.own("residual-water", "Residual water over the reference signal"), codes.RATIO),
    ("lipid_index", codes.own("lipid-index", "Lipid over the reference signal"), codes.RATIO),
)
MEANS_90 = (
    "Measurement uncertainties of ratios, likelihood ratio and score are the 90 % interval (5th to 95th percentile)."
)


@dataclass(frozen=True)
class Number:
    """One measured number; where `value` is None, `why` says why there is none.

    Attributes
    ----------
    low, high : ends of the 90 % interval, in the same unit
    sd : standard deviation, in the same unit
    """

    name: Code
    value: float | None
    unit: Code
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    why: Code = codes.VALUE_UNKNOWN


@dataclass(frozen=True)
class Word:
    """One coded statement."""

    name: Code
    value: Code


@dataclass(frozen=True)
class Finding:
    """What the report says of one voxel.

    Attributes
    ----------
    number : 1 for the first voxel of the results
    files : hashes of the files it was measured from, the suppressed signal first
    comments : sentences
    """

    number: int
    label: str
    site: Code
    files: tuple[str, ...]
    voxel: Voxel | None
    numbers: tuple[Number, ...]
    words: tuple[Word, ...]
    comments: tuple[str, ...]
    summary: str


def findings_in(results: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return the findings of signed results, in their order.

    Raises
    ------
    ExportProblem
        If the results hold no voxel.
    """
    voxels: Sequence[Mapping[str, Any]] = results["voxels"]
    if not voxels:
        raise ExportProblem("This report holds no voxel, so there are no measurements to export.")
    withheld: str | None = results["exam"]["withheld"]
    return tuple(_finding(number, voxel, withheld) for number, voxel in enumerate(voxels, start=1))


def _finding(number: int, voxel: Mapping[str, Any], withheld: str | None) -> Finding:
    quality, evidence = voxel["quality"], voxel["evidence"]
    roles = sorted(voxel["files"], key=lambda file: file["role"] != "metabolite")
    comments = [*quality["reasons"], *voxel["warnings"]]
    return Finding(
        number=number,
        label=voxel["label"],
        site=codes.place(voxel["label"]),
        files=tuple(file["sha256"] for file in roles),
        voxel=_box(voxel["voxel"]),
        numbers=(*_biomarkers(voxel), *_evidence_numbers(voxel, withheld), *_quality_numbers(quality, voxel["voxel"])),
        words=tuple(_words(voxel, withheld)),
        comments=tuple(comments),
        summary=_summary(evidence, withheld, evaluable=quality["evaluable"]),
    )


def _box(found: Mapping[str, Any] | None) -> Voxel | None:
    if found is None:
        return None
    axes = tuple(tuple(axis) for axis in found["axes"])
    return Voxel(tuple(found["centre_mm"]), axes, tuple(found["size_mm"]))  # type: ignore[arg-type]


def _biomarkers(voxel: Mapping[str, Any]) -> Iterator[Number]:
    for name, found in voxel["ratios"].items():
        yield Number(codes.ratio(name), found["value"], codes.RATIO, found["low90"], found["high90"], found["sd"])
    for name, found in voxel["metabolites"].items():
        yield Number(codes.metabolite(name), found["amplitude"], codes.ARBITRARY, sd=found["sd"])
        tissue = found.get("concentration_mmol_per_l")
        if tissue is not None:
            yield Number(codes.metabolite(name), tissue["value"], codes.MILLIMOLE_PER_LITRE, sd=tissue["sd"])


def _evidence_numbers(voxel: Mapping[str, Any], withheld: str | None) -> Iterator[Number]:
    """Yield likelihood ratio and score, without a value where the disc or the exam does not allow one."""
    evidence = voxel["evidence"]
    if evidence is None and withheld is None:
        return  # the protocol compares nothing
    why = codes.MEASUREMENT_FAILURE if not voxel["quality"]["evaluable"] else codes.MEASUREMENT_NOT_ATTEMPTED
    for name, key, unit in ((_LIKELIHOOD_RATIO, "lr", codes.RATIO), (_SCORE, "score", codes.SCORE_UNIT)):
        found = evidence[key] if evidence is not None else {"median": None, "low90": None, "high90": None}
        yield Number(name, found["median"], unit, found["low90"], found["high90"], why=why)


def _quality_numbers(quality: Mapping[str, Any], voxel: Mapping[str, Any] | None) -> Iterator[Number]:
    for key, name, unit in _QUALITY:
        yield Number(name, quality[key], unit)
    kept = quality["kept_fraction"]
    yield Number(_KEPT, None if kept is None else round(100 * kept, 4), codes.PERCENT)
    if voxel is not None:
        yield Number(codes.VOLUME, round(float(np.prod(voxel["size_mm"])), 3), codes.CUBIC_MILLIMETRE)


def _words(voxel: Mapping[str, Any], withheld: str | None) -> Iterator[Word]:
    quality, evidence = voxel["quality"], voxel["evidence"]
    yield Word(_EVALUABLE, codes.YES if quality["evaluable"] else codes.NO)
    if withheld is not None:
        yield Word(_EVIDENCE_CLASS, _WITHHELD if quality["evaluable"] else _CLASSES["not evaluable"])
    elif evidence is not None:
        yield Word(_EVIDENCE_CLASS, _CLASSES[evidence["class"]])
        if evidence["driver"] is not None:
            yield Word(_DRIVER, _DRIVERS[evidence["driver"]])
    yield Word(_ADJUSTED, codes.YES if voxel["adjusted_by_reader"] else codes.NO)
    for gate in quality["gates"]:
        yield Word(codes.own(f"G-{gate['name']}", f"Gate: {gate['name']}"), _VERDICTS[gate["verdict"]])


def _summary(evidence: Mapping[str, Any] | None, withheld: str | None, *, evaluable: bool) -> str:
    """Return the finding in a few words, for a key image."""
    if not evaluable:
        return "not evaluable"
    if withheld is not None:
        return "comparison withheld"
    if evidence is None or evidence["lr"]["median"] is None:
        return "measured"
    found = evidence["lr"]
    ends = f"{significant(found['low90'])} to {significant(found['high90'])}"
    return f"{evidence['class']}, LR {significant(found['median'])} (90 % {ends})"


def faces_mm(voxel: Voxel) -> tuple[FloatArray, ...]:
    """Return the six faces of a voxel, each a closed polygon (5, 3) in LPS mm, seen from outside anticlockwise."""
    centre, axes, half = np.asarray(voxel.centre_mm), np.asarray(voxel.axes), np.asarray(voxel.size_mm) / 2
    faces = []
    for axis in range(3):
        first, second = ((axis + 1) % 3, (axis + 2) % 3)
        for side in (-1.0, 1.0):
            middle = centre + side * half[axis] * axes[axis]
            u, v = half[first] * axes[first], side * half[second] * axes[second]
            corners = [middle - u - v, middle + u - v, middle + u + v, middle - u + v]
            faces.append(np.array([*corners, corners[0]]))
    return tuple(faces)
