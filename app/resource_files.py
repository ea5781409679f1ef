"""Where `resources/` lies, and what is read from it."""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path

from analysis.protocol import Protocol, parse_protocol
from analysis.spin_library import SpinLibrary, parse_spin_library
from analysis.types import Study

PROTOCOLS = ("disc", "brain", "cord")
_DISC_LABEL = re.compile(r"^(C|T|L)\d{1,2}-(T|L|S)?\d{1,2}$")
_SPINE_PARTS = ("LSPINE", "TSPINE", "SPINE", "LUMBAR", "DISC")
_CORD_PARTS = ("CSPINE", "CORD")


def resource_path(*parts: str) -> Path:
    """Return the path of a file in `resources/`, in a checkout and in a frozen build."""
    root = Path(getattr(sys, "_MEIPASS", Path(__file__).resolve().parent.parent))
    return root.joinpath("resources", *parts)


def load_protocol(protocol_id: str) -> Protocol:
    """Read one of `PROTOCOLS`."""
    return parse_protocol(resource_path("protocols", f"{protocol_id}.toml").read_text(encoding="utf-8"))


@functools.cache
def load_spin_library() -> SpinLibrary:
    """Read all spin systems and broad signals."""
    texts = [resource_path("spins", name).read_text(encoding="utf-8") for name in ("metabolites.toml", "broad.toml")]
    return parse_spin_library(*texts)


def protocol_for(study: Study) -> tuple[Protocol, str]:
    """Choose a protocol from what the study's headers say, with the sentence that says why."""
    labels = [a.label for a in study.acquisitions]
    if any(_DISC_LABEL.match(label) for label in labels):
        return load_protocol("disc"), "Disc protocol, because the voxels are named after disc levels."
    part = (study.info.body_part or "").upper().replace(" ", "")
    if any(p in part for p in _CORD_PARTS):
        return load_protocol("cord"), f"Cord protocol, because the header says body part {part}."
    if any(p in part for p in _SPINE_PARTS):
        return load_protocol("disc"), f"Disc protocol, because the header says body part {part}."
    if part:
        return load_protocol("brain"), f"Brain protocol, because the header says body part {part}."
    return load_protocol("brain"), "Brain protocol, because nothing in the headers says otherwise."


def chosen_protocol(study: Study, protocol_id: str | None) -> tuple[Protocol, str]:
    """Return the protocol that was asked for, or the one that the study's headers suggest, and why."""
    if protocol_id is not None:
        return load_protocol(protocol_id), f"Read with the {protocol_id} protocol, as asked."
    return protocol_for(study)
