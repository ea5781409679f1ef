"""What a reader says of a disc's shape and signal on the images; unknown until it is said, never guessed.

The grades are those of Pfirrmann (Spine 2001;26:1873) and Modic (Radiology 1988;166:193), the herniation terms those of
the combined task forces (Fardon, Spine J 2014;14:2525); recalled, not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Modic = Literal["none", "1", "2", "3", "1/2", "1/3", "2/3"]
Herniation = Literal["none", "bulge", "protrusion", "extrusion", "sequestration"]

PFIRRMANN_GRADES = (1, 2, 3, 4, 5)
MODIC_TYPES: tuple[Modic, ...] = get_args(Modic)
HERNIATIONS: tuple[Herniation, ...] = get_args(Herniation)
_ROMAN = {1: "I", 2: "II", 3: "III", 4: "IV", 5: "V"}
_OUTSIDE_DISC: tuple[Herniation, ...] = ("protrusion", "extrusion", "sequestration")
"""A bulge is no herniation in the words of the task forces."""


@dataclass(frozen=True)
class Morphology:
    """One disc as the reader sees it on the images; None is unknown.

    Attributes
    ----------
    pfirrmann : grade 1 (healthy) to 5 (collapsed)
    modic : type of endplate change beside the disc; ``1/2`` is mixed
    hiz : whether the posterior annulus has a high-intensity zone
    herniation : the furthest kind seen
    prior_surgery : whether this disc was operated on
    note : the reader's own words
    """

    pfirrmann: int | None = None
    modic: Modic | None = None
    hiz: bool | None = None
    herniation: Herniation | None = None
    prior_surgery: bool | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what no disc can have."""
        if self.pfirrmann is not None and self.pfirrmann not in PFIRRMANN_GRADES:
            raise ValueError(f"a Pfirrmann grade is 1 to 5, not {self.pfirrmann}")
        if self.modic is not None and self.modic not in MODIC_TYPES:
            raise ValueError(f"a Modic type is one of {', '.join(MODIC_TYPES)}, not {self.modic}")
        if self.herniation is not None and self.herniation not in HERNIATIONS:
            raise ValueError(f"a herniation is one of {', '.join(HERNIATIONS)}, not {self.herniation}")

    @property
    def known(self) -> bool:
        """Whether anything is said."""
        return self != Morphology()


UNKNOWN = Morphology()


def roman(grade: int) -> str:
    """Return a Pfirrmann grade as it is written, for example ``IV``."""
    return _ROMAN[grade]


def cautions(morphology: Morphology) -> tuple[str, ...]:
    """Return what sets a disc apart from those that the evidence was read for, one sentence each.

    These are separate labels, not gates (domain dossier, section 5.1, quality gates, row "disc itself"): a disc keeps
    its evidence, and the reader is told what it cannot mean.
    """
    found = []
    if morphology.pfirrmann == 5:
        found.append("Pfirrmann V: little nucleus is left, so the voxel may hold annulus and endplate.")
    if morphology.herniation in _OUTSIDE_DISC:
        kind = morphology.herniation
        found.append(f"Herniated ({kind}): the pain may come from outside the disc, which the evidence cannot see.")
    if morphology.modic is not None and "1" in morphology.modic:
        found.append(f"Modic {morphology.modic}: oedema of the endplates is a source of pain of its own.")
    if morphology.prior_surgery:
        found.append("Operated disc: no evidence was read for discs after surgery.")
    return tuple(found)
