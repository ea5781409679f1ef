"""Gates that the reader accepts: the verdict becomes a warning that carries the reader's reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.types import Quality
from analysis.voxel_settings import GateOverride


def with_accepted(quality: Quality, accepted: Sequence[GateOverride]) -> Quality:
    """Return the quality with the named gates accepted; a voxel is evaluable once no other reason stands.

    Only a gate that makes the voxel not evaluable can be accepted; a voxel without a fit has none.
    """
    lifted = {o.gate: o.reason for o in accepted if any(_is_about(reason, o.gate) for reason in quality.reasons)}
    if not lifted:
        return quality
    gates = tuple(
        replace(gate, verdict="warn", accepted=lifted[gate.name]) if gate.name in lifted else gate
        for gate in quality.gates
    )
    left = tuple(reason for reason in quality.reasons if not any(_is_about(reason, name) for name in lifted))
    return replace(quality, gates=gates, reasons=left, evaluable=not left)


def _is_about(reason: str, gate: str) -> bool:
    return reason.startswith(f"{gate} ")
