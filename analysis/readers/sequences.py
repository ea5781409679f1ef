"""Recognise the localisation from the words that headers use for a sequence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Localisation = Literal["PRESS", "STEAM", "sLASER", "SPECIAL"]

_EDITED = re.compile(r"mega|hermes|hercules|(?<![a-z])edit|jpress|(?<![a-z])2d|cosy", re.IGNORECASE)
_WORDS: tuple[tuple[Localisation, re.Pattern[str]], ...] = (
    ("sLASER", re.compile(r"s[-_ ]?laser|semi[-_ ]?laser", re.IGNORECASE)),
    ("SPECIAL", re.compile(r"(?<![a-z])special(?![a-z])", re.IGNORECASE)),
    ("STEAM", re.compile(r"steam|svs_st(?![a-z])|probe[-_ ]?s(?![a-z])", re.IGNORECASE)),
    ("PRESS", re.compile(r"(?<![a-z])press(?![a-z])|svs_se(?![a-z])|probe[-_ ]?p(?![a-z])", re.IGNORECASE)),
)
"""Siemens ``svs_se``/``svs_st``, GE ``PROBE-P``/``PROBE-S`` and the plain names; PRESS must stand alone, because
``suppression`` and ``compressed`` hold it too. DICOM's ``PRIME`` (PS3.3 C.8.14.1) says nothing about the pulses."""


def localisation_of(word: str | None) -> Localisation | None:
    """Return the localisation that a header's word names; None for edited, two-dimensional and unknown sequences."""
    if not word or _EDITED.search(word):
        return None
    return next((name for name, pattern in _WORDS if pattern.search(word)), None)


def recognise(
    own_words: Iterable[str | None], protocol_words: Iterable[str | None]
) -> tuple[str | None, Localisation | None, str | None]:
    """Return the file's word for its sequence, the localisation, and a warning where only a protocol name told it.

    Parameters
    ----------
    own_words : attributes that name the sequence, best first
    protocol_words : names that people gave to the protocol or series, asked only if the others are silent
    """
    own = [word for word in own_words if word]
    if any(_EDITED.search(word) for word in own):
        return own[0], None, None
    for word in own:
        if (found := localisation_of(word)) is not None:
            return word, found, None
    first = own[0] if own else None
    for word in filter(None, protocol_words):
        if (found := localisation_of(word)) is not None:
            return first or word, found, f"The localisation {found} is known from the name of the protocol only."
    return first, None, None
