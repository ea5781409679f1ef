"""The columns that compare voxels: what each is called, what it means and where it comes from. No Qt in here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.levels import LevelLabel
from analysis.morphology import UNKNOWN, Morphology, cautions, roman
from analysis.nucleus import NucleusShare
from analysis.types import Acquisition, Evidence, Gate, Quality, Ratio, VoxelResult
from widgets import wording
from widgets.texts import noop, tr

PENDING = "…"
ADJUSTED, ACCEPTED, DOUBTED, CAUTION = "✎", "⚑", "?", "!"
"""Beside a level: its fit was adjusted, a gate was accepted, the level is not sure, the disc is unlike the others."""
_MOST_RATIOS = {True: 3, False: 8}


@dataclass(frozen=True)
class PriorDisc:
    """What an earlier exam of the same patient found at this level; the date is DICOM ``YYYYMMDD``."""

    date: str | None
    evidence: Evidence | None = None
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    pfirrmann: int | None = None


@dataclass(frozen=True, eq=False)
class Row:
    """Everything that is known of one voxel; what is not there yet is None."""

    acquisition: Acquisition
    result: VoxelResult | None = None
    morphology: Morphology = UNKNOWN
    level: LevelLabel | None = None
    prior: PriorDisc | None = None
    nucleus: NucleusShare | None = None


@dataclass(frozen=True)
class Column:
    """A column: its title, what it means and where it comes from, and how a cell is made of a row."""

    key: str
    title: str
    tooltip: str
    text: Callable[[Row], str]
    raw: Callable[[Row], object] = lambda row: None
    """What the column sorts by; None sorts last."""
    why: Callable[[Row], str] | None = None
    """The tooltip of a cell, where it says more than that of the column."""


def accepted_gates(quality: Quality) -> tuple[Gate, ...]:
    """Return the gates that the reader accepts although they failed."""
    return tuple(gate for gate in quality.gates if gate.accepted)


def marks(row: Row) -> str:
    """Return the glyphs behind a level's name."""
    result = row.result
    found = [
        (ADJUSTED, result is not None and result.adjusted_by_reader),
        (ACCEPTED, result is not None and bool(accepted_gates(result.quality))),
        (DOUBTED, row.level is not None and row.level.confidence == "low" and row.level.source != "order"),
        (CAUTION, bool(cautions(row.morphology))),
    ]
    return "".join(glyph for glyph, shown in found if shown)


def _level_text(row: Row) -> str:
    found = marks(row)
    return f"{row.acquisition.label} {found}" if found else row.acquisition.label


_SOURCES = {
    "reader": noop("the reader"),
    "header": noop("the file's header"),
    "geometry": noop("its place along the spine"),
    "order": noop("the order of the files"),
}


def _level_why(row: Row) -> str:
    lines = [tr("The name comes from {source}.", source=tr(_SOURCES[row.acquisition.label_source]))]
    if row.level is not None:
        lines.append(tr("Confidence {confidence}: {why}", confidence=row.level.confidence, why=row.level.why))
    result = row.result
    if result is not None and result.adjusted_by_reader:
        lines.append(
            tr("{adjusted} Adjusted by the reader; Compare with automatic fit shows the difference.", adjusted=ADJUSTED)
        )
    if result is not None:
        lines += [f"{ACCEPTED} {gate.name}: {gate.explanation}" for gate in accepted_gates(result.quality)]
    lines += [f"{CAUTION} {text}" for text in cautions(row.morphology)]
    lines += row.acquisition.warnings
    return "\n".join(lines + list(result.warnings if result is not None else ()))


def _level_rank(row: Row) -> float:
    """Sort from head to foot, where the place is known."""
    voxel = row.acquisition.voxel
    return -voxel.centre_mm[2] if voxel is not None else math.inf


def _found(make: Callable[[VoxelResult], str]) -> Callable[[Row], str]:
    return lambda row: make(row.result) if row.result is not None else PENDING


def _number(make: Callable[[VoxelResult], object]) -> Callable[[Row], object]:
    return lambda row: make(row.result) if row.result is not None else None


def _evidence_text(make: Callable[[Evidence], str]) -> Callable[[Row], str]:
    return _found(lambda voxel: make(voxel.evidence) if voxel.evidence is not None else wording.NONE)


def _lr_text(voxel: VoxelResult) -> str:
    lr = voxel.evidence.lr if voxel.evidence is not None else None
    return wording.interval(lr) if lr is not None else tr("withheld")


def _lr_why(row: Row) -> str:
    voxel = row.result
    if voxel is None:
        return tr("This is computed after the fit.")
    if voxel.evidence is None or voxel.evidence.lr is not None:
        return tr(LIKELIHOOD.tooltip)
    return wording.reasons_text(voxel.quality) if voxel.quality.reasons else tr("The comparison is withheld.")


def _lr_raw(voxel: VoxelResult) -> float | None:
    return voxel.evidence.lr.median if voxel.evidence is not None and voxel.evidence.lr is not None else None


def _gates_text(voxel: VoxelResult) -> str:
    accepted = accepted_gates(voxel.quality)
    return wording.gates_summary(voxel.quality) + (
        tr(" · {glyph} {count} accepted", glyph=ACCEPTED, count=len(accepted)) if accepted else ""
    )


def _gates_raw(voxel: VoxelResult) -> tuple[int, ...]:
    verdicts = [gate.verdict for gate in voxel.quality.gates]
    return (not voxel.quality.evaluable, verdicts.count("fail"), verdicts.count("warn"), verdicts.count("unknown"))


def _gates_why(row: Row) -> str:
    if row.result is None:
        return tr("This is computed after the fit.")
    quality = row.result.quality
    return "\n".join([*quality.reasons, *map(wording.gate_tooltip, quality.gates)])


def _prior_text(row: Row) -> str:
    prior = row.prior
    if prior is None:
        return wording.NONE
    lr = prior.evidence.lr if prior.evidence is not None else None
    found = wording.interval(lr) if lr is not None else tr("no ratio")
    return f"{found} · {wording.day(prior.date) or tr('date not stated')}"


def _prior_why(row: Row) -> str:
    prior = row.prior
    if prior is None:
        return tr("No earlier exam of this patient has a voxel at this level.")
    lines = [tr("Earlier exam, {date}.", date=wording.day(prior.date) or tr("date not stated"))]
    if prior.evidence is not None:
        lines.append(tr("Class: {word}.", word=wording.class_text(prior.evidence)))
    lines += [
        tr("{name}: {ratio}, molar.", name=name, ratio=wording.ratio_text(ratio))
        for name, ratio in prior.ratios.items()
    ]
    lines.append(
        tr("Pfirrmann: {grade}.", grade=roman(prior.pfirrmann) if prior.pfirrmann is not None else tr("not graded"))
    )
    return "\n".join(
        [*lines, tr("Each exam was compared within itself: the two ratios have different reference discs.")]
    )


def _prior_raw(row: Row) -> float | None:
    evidence = row.prior.evidence if row.prior is not None else None
    return evidence.lr.median if evidence is not None and evidence.lr is not None else None


def _share_text(share: NucleusShare | None) -> str:
    if share is None or share.high is None:
        return wording.NONE
    if share.value is None or share.low is None:
        return f"≤ {100 * share.high:.0f} %"
    return f"{100 * share.value:.0f} % [{100 * share.low:.0f}–{100 * share.high:.0f}]"


def ratio_column(name: str) -> Column:
    """Return the column of one molar ratio."""
    return Column(
        f"ratio:{name}",
        name,
        tr(
            "{name}: molar ratio of fitted amplitudes ± its standard deviation, which includes "
            "the fit's covariance. Source: the linear-combination fit of this voxel.",
            name=name,
        ),
        _found(lambda voxel: wording.ratio_text(voxel.ratios.get(name))),
        _number(lambda voxel: voxel.ratios[name].value if name in voxel.ratios else None),
    )


LEVEL = Column(
    "level",
    noop("Level"),
    noop(
        "The disc. Behind the name: ✎ the reader adjusted the fit, ⚑ the reader accepted a failed gate, ? the level is "
        "not sure, ! the disc is unlike those that the evidence was read for. Source: the file's header, the place "
        "along the spine, or the reader; the tooltip of a cell says which. F2 or a double click corrects it."
    ),
    _level_text,
    _level_rank,
    _level_why,
)
VOXEL = replace(LEVEL, title=noop("Voxel"))
PFIRRMANN = Column(
    "pfirrmann",
    noop("Pfirrmann"),
    noop(
        "Degeneration of the disc on sagittal T2-weighted images, grade I to V. Source: the "
        "reader alone; a dash is not graded. Keys 1 to 5 set it, 0 takes it back."
    ),
    lambda row: roman(row.morphology.pfirrmann) if row.morphology.pfirrmann is not None else wording.NONE,
    lambda row: row.morphology.pfirrmann,
)
MODIC = Column(
    "modic",
    noop("Modic"),
    noop(
        "Endplate change beside the disc, Modic type; 1/2 is mixed. Source: the reader alone; a "
        "dash is not said. In this column the keys 0 to 3 set it, and Delete takes it back."
    ),
    lambda row: row.morphology.modic if row.morphology.modic is not None else wording.NONE,
    lambda row: row.morphology.modic,
)
NUCLEUS = Column(
    "nucleus",
    noop("In nucleus"),
    noop(
        "Share of the voxel's volume inside the nucleus, with the least and the most that the "
        "outlines allow. Source: the outlines that the reader drew or accepted on the images "
        "(Morphology), and a model of what lies between them."
    ),
    lambda row: _share_text(row.nucleus),
    lambda row: row.nucleus.value if row.nucleus is not None else None,
    lambda row: row.nucleus.why if row.nucleus is not None else tr("No outline of the nucleus was drawn or accepted."),
)
LIKELIHOOD = Column(
    "lr",
    noop("Likelihood ratio"),
    noop(
        "How many times more likely these ratios are in a painful than in a pain-free disc, "
        "relative to the other discs of this exam: median [5th–95th percentile]. The scale is "
        "logarithmic from 0.25 to 4; the line marks 1, which is no evidence. Source: the "
        "protocol's evidence model, a research design that has not been trained on patients."
    ),
    _found(_lr_text),
    _number(_lr_raw),
    _lr_why,
)
CLASS = Column(
    "class",
    noop("Class"),
    noop(
        "Higher or lower: the likelihood ratio lies beyond the protocol's limit with the "
        "certainty that the protocol asks for. Indeterminate: it does not. Not evaluable: a gate "
        "failed or the comparison is withheld. Source: the likelihood ratio of this row and the "
        "limits of the protocol's evidence model."
    ),
    _evidence_text(wording.class_text),
    _number(lambda voxel: voxel.evidence.evidence_class if voxel.evidence else None),
)
DRIVER = Column(
    "driver",
    noop("Driver"),
    noop(
        "What moves the ratio: more acid, less structure (degeneration), or both. Source: acid "
        "and structure each against the unsuppressed water."
    ),
    _evidence_text(lambda evidence: evidence.driver or wording.NONE),
    _number(lambda voxel: voxel.evidence.driver if voxel.evidence else None),
)
PRIOR = Column(
    "prior",
    noop("Prior"),
    noop(
        "Likelihood ratio of the same level in an earlier exam of this patient, with its date. "
        "Source: the stored reading. Each exam is compared within itself, so a change can come "
        "from the other discs too."
    ),
    _prior_text,
    _prior_raw,
    _prior_why,
)
GATES = Column(
    "gates",
    noop("Gates"),
    noop(
        "The quality gates of the voxel, the worst first. Source: the protocol's limits on what was measured of this "
        "signal. The tooltip of a cell names all of them."
    ),
    _found(_gates_text),
    _number(_gates_raw),
    _gates_why,
)
SNR = Column(
    "snr",
    noop("SNR"),
    noop(
        "Signal-to-noise ratio of the signal that the protocol names. Source: the height of that "
        "signal in the fit over the noise of the spectrum where nothing lies."
    ),
    _found(lambda voxel: f"{voxel.quality.snr:.1f}" if voxel.quality.snr is not None else wording.NONE),
    _number(lambda voxel: voxel.quality.snr),
)
FWHM = Column(
    "fwhm_hz",
    noop("FWHM"),
    noop("Full width at half maximum of the fitted lines, in Hz. Source: the widths that the fit of this voxel found."),
    _found(lambda voxel: f"{voxel.quality.fwhm_hz:.1f} Hz" if voxel.quality.fwhm_hz is not None else wording.NONE),
    _number(lambda voxel: voxel.quality.fwhm_hz),
)


def columns_for(
    compares: bool | None, ratios: Sequence[str], *, priors: bool = False, nuclei: bool = False
) -> tuple[Column, ...]:
    """Return the columns of a protocol: with evidence where it compares, else quality and ratios.

    Parameters
    ----------
    compares : None before there are results
    priors : whether there is an earlier exam to show
    nuclei : whether the reader outlined any nucleus
    """
    if compares is None:
        return (VOXEL, GATES)
    shown = tuple(ratio_column(name) for name in ratios[: _MOST_RATIOS[compares]])
    if not compares:
        return (VOXEL, *shown, SNR, FWHM, GATES)
    earlier, inside = (PRIOR,) if priors else (), (NUCLEUS,) if nuclei else ()
    return (LEVEL, PFIRRMANN, MODIC, *inside, LIKELIHOOD, CLASS, *shown, DRIVER, *earlier, GATES)
