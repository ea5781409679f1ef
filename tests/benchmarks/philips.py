"""Single-voxel Philips SDAT and SPAR files, for benchmarks only: `discern` does not read them yet.

SPAR is text, ``key : value``; SDAT holds complex pairs of VAX F floats, one FID after another.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.types import Acquisition, AcquisitionParameters, ComplexArray

REFERENCE_PPM = 4.65


def read_sdat(data: Path, water: Path | None = None) -> Acquisition:
    """Read a signal and, where given, its water reference; the SPAR beside each says how it was measured."""
    text = _parameters(data)
    parameters = AcquisitionParameters(
        f0_mhz=float(text["synthesizer_frequency"]) / 1e6,
        spectral_width_hz=float(text["sample_frequency"]),
        reference_ppm=REFERENCE_PPM,
        manufacturer="Philips",
        localisation="PRESS",
        te_s=float(text["echo_time"]) / 1e3,
        tr_s=float(text["repetition_time"]) / 1e3,
    )
    return Acquisition(
        label=data.stem,
        label_source="order",
        fids=_fids(data)[None],
        water=None if water is None else _fids(water)[None],
        parameters=parameters,
        voxel=None,
        sources=(),
        averaged_only=True,
    )


def _parameters(data: Path) -> dict[str, str]:
    spar = next(p for p in data.parent.iterdir() if p.stem == data.stem and p.suffix.lower() == ".spar")
    lines = [line.split(":", 1) for line in spar.read_text(encoding="latin-1").splitlines() if ":" in line]
    return {key.strip(): value.strip() for key, value in lines}


def _fids(data: Path) -> ComplexArray:
    """Return the FIDs (transients, points)."""
    text = _parameters(data)
    words = np.frombuffer(data.read_bytes(), dtype="<u2").reshape(-1, 2).astype(np.uint32)
    # A VAX F float is an IEEE single with its 16-bit words exchanged and an exponent that is larger by two.
    values = ((words[:, 0] << 16) | words[:, 1]).view(np.float32).astype(float) / 4
    pairs = values.reshape(int(text["rows"]), int(text["samples"]), 2)
    return np.asarray(pairs[..., 0] + 1j * pairs[..., 1])
