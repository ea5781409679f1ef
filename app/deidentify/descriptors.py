"""Descriptions reduced to words that describe (PS3.15 E.3.5, clean descriptors): a free text may name anybody."""

from __future__ import annotations

import re

_WORDS = frozenset(
    {
        "t1", "t2", "pd", "stir", "flair", "dixon", "tse", "fse", "se", "gre", "tirm", "space", "mprage", "trufi",
        "dwi", "adc", "localizer", "localiser", "scout", "survey", "sag", "sagittal", "ax", "axial", "tra",
        "transversal", "transverse", "cor", "coronal", "oblique", "2d", "3d", "mrs", "svs", "spectroscopy",
        "spectrum", "csi", "press", "steam", "slaser", "semi", "laser", "special", "mega", "edit", "water", "wref",
        "ref", "reference", "suppressed", "unsuppressed", "supp", "nosupp", "ws", "nws", "ecc", "quant", "metab",
        "lipid", "fat", "sat", "lumbar", "cervical", "thoracic", "spine", "spinal", "cord", "disc", "disk",
        "brain", "head", "neck", "voxel", "single", "lspine", "cspine", "tspine", "simulated",
    }
)  # fmt: skip
_LEVEL = re.compile(r"[CTLS]\d{1,2}", re.IGNORECASE)
_TIME = re.compile(r"(te|tr|tm)\d{0,4}", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,4}")


def cleaned(text: str) -> str:
    """Return the words of a description that only describe: sequences, planes, parts of the body, disc levels, and
    echo and repetition times; everything else is left out.
    """
    kept: list[str] = []
    before = ""
    for word in re.findall(r"[A-Za-z0-9]+", text):
        known = word.lower() in _WORDS or _LEVEL.fullmatch(word) or _TIME.fullmatch(word)
        if known or (before.lower() in ("te", "tr", "tm") and _NUMBER.fullmatch(word)):
            kept.append(word)
        before = word
    joined = " ".join(kept)
    return re.sub(r"\b([CTL]\d{1,2}) ([CTLS]\d{1,2})\b", r"\1-\2", joined, flags=re.IGNORECASE)[:64]
