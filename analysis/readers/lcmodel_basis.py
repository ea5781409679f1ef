"""Read LCModel basis sets (``.basis``): the simulated or measured signal of each metabolite.

A ``.basis`` file holds, per signal, the unshifted discrete Fourier transform of a zero-filled FID. As LCModel's MYBASI
does, a spectrum is multiplied by ``TRAMP / (VOLUME CONC)`` and moved by ``ISHIFT`` grid points towards larger ppm;
its zero frequency then stands at 4.65 ppm, and a larger ppm is a lower frequency of the stored transform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.dicom_mrs import in_range
from analysis.readers.guard import clean_text, one_sentence
from analysis.readers.lcmodel_text import Namelist, complex_numbers, namelists
from analysis.types import Basis, ComplexArray, Sampling
from analysis.units import WATER_PPM, conjugated, ppm_axis, spectrum_of

_LARGEST_BYTES = 256 * 1024**2
_METABOLITE_PPM = (0.2, 4.2)
_PLAIN_TRANSFORM_WRITERS = ("SPANT",)
"""LCModel's transform is unitary (1/sqrt n both ways). The spant package names itself in IDBASI and stores the plain
sum, so that 1/n leads back to its FID (checked on the truth of its simulated spectra)."""


@dataclass(frozen=True)
class BasisFile:
    """A basis set as its file gives it.

    Attributes
    ----------
    basis : its FIDs in Discern's sense of rotation; ``te_s`` is NaN where the file does not give it
    te_s : echo time, None where the file does not give it
    fwhm_ppm : line width of the basis (FWHMBA), None where the file does not give it
    warnings : what was taken to be otherwise than the file says, one sentence each
    """

    basis: Basis
    te_s: float | None
    fwhm_ppm: float | None = None
    warnings: tuple[str, ...] = ()


def read_basis(path: Path) -> BasisFile:
    """Read a ``.basis`` file.

    Raises
    ------
    UnreadableFile : it cannot be read or is no basis set; one sentence without patient data
    """
    with one_sentence():
        if path.stat().st_size > _LARGEST_BYTES:
            raise UnreadableFile("the file is too large for a basis set")
        return parse_basis(path.read_text(encoding="latin-1"))


def parse_basis(text: str) -> BasisFile:
    """Read the text of a ``.basis`` file.

    Raises
    ------
    UnreadableFile : no basis set, a scrambled one, or one that does not state its sampling
    """
    blocks = list(namelists(text))
    header = next((block for block in blocks if block.name == "BASIS1"), None)
    if header is None:
        raise UnreadableFile("the file is not an LCModel basis set: it has no $BASIS1 header")
    sequence = next((block for block in blocks if block.name == "SEQPAR"), Namelist("SEQPAR", "", 0))
    sampling = _sampling(header, sequence)
    names, spectra = _signals(text, blocks, sampling.points)
    fids = _fids(spectra, header)
    fids, turned = _upright(fids, sampling)
    echo_ms = sequence.number("ECHOT")
    te_s = echo_ms / 1e3 if echo_ms is not None and echo_ms > 0 else None
    basis = Basis(
        names=tuple(names),
        fids=fids,
        sampling=sampling,
        sequence=clean_text(sequence.text("SEQ")) or "",
        te_s=math.nan if te_s is None else te_s,
        description=clean_text(header.text("IDBASI")) or "",
    )
    width_ppm = sequence.number("FWHMBA")
    return BasisFile(basis, te_s, width_ppm if width_ppm is not None and width_ppm > 0 else None, turned)


def _sampling(header: Namelist, sequence: Namelist) -> Sampling:
    dwell_s, points = header.number("BADELT"), header.number("NDATAB")
    if dwell_s is not None and dwell_s < 0:
        raise UnreadableFile("its spectra are scrambled (negative BADELT); ask its maker for an open basis set")
    if dwell_s is None or dwell_s == 0 or points is None:
        raise UnreadableFile("the basis set does not state its dwell time (BADELT) and length (NDATAB)")
    return Sampling(
        f0_mhz=in_range(sequence.number("HZPPPM"), 1, 1500, "field strength (HZPPPM)"),
        spectral_width_hz=in_range(1 / dwell_s, 100, 1e6, "spectral width"),
        points=round(in_range(points, 16, 1 << 20, "number of points (NDATAB)")),
        reference_ppm=WATER_PPM,
    )


def _signals(text: str, blocks: Sequence[Namelist], points: int) -> tuple[list[str], ComplexArray]:
    """Return the names and the stored spectra (k, points), scaled to unit concentration and referenced."""
    names: list[str] = []
    spectra: list[ComplexArray] = []
    for block in blocks:
        if block.name != "BASIS":
            continue
        name = clean_text(block.text("METABO")) or f"signal {len(names) + 1}"
        if name in names:
            raise UnreadableFile(f"the basis set holds the signal {name} twice")
        stop = next((i for mark in "$&" if (i := text.find(mark, block.end)) >= 0), len(text))
        values = complex_numbers(text[block.end : stop])
        if len(values) != points:
            raise UnreadableFile(f"the signal {name} has {len(values)} points where the header says {points}")
        names.append(name)
        spectra.append(np.roll(values, -_shift_points(block)) * _scale(block, name))
    if not names:
        raise UnreadableFile("the basis set holds no signal")
    return names, np.array(spectra)


def _shift_points(block: Namelist) -> int:
    """LCModel's ISHIFT: point ``j`` of the referenced spectrum is point ``j + ISHIFT`` of the stored one."""
    return round(block.number("ISHIFT") or 0.0)


def _scale(block: Namelist, name: str) -> float:
    """Return ``TRAMP / (VOLUME CONC)``, each 1 where it is missing."""
    factors = [block.number(key) for key in ("TRAMP", "VOLUME", "CONC")]
    tramp, volume, concentration = (1.0 if factor is None else factor for factor in factors)
    if min(tramp, volume, concentration) <= 0:
        raise UnreadableFile(f"the signal {name} has a TRAMP, VOLUME or CONC that is not positive")
    return tramp / (volume * concentration)


def _fids(spectra: ComplexArray, header: Namelist) -> ComplexArray:
    plain = (header.text("IDBASI") or "").upper() in _PLAIN_TRANSFORM_WRITERS
    return conjugated(np.fft.ifft(spectra, axis=-1, norm="backward" if plain else "ortho"))


def _upright(fids: ComplexArray, sampling: Sampling) -> tuple[ComplexArray, tuple[str, ...]]:
    """Turn a basis whose lines lie on the wrong side of water; some writers conjugate."""
    ppm = ppm_axis(sampling.points, sampling.spectral_width_hz, sampling.f0_mhz, sampling.reference_ppm)
    power = np.sum(np.abs(spectrum_of(fids)) ** 2, axis=0)
    low, high = _METABOLITE_PPM
    here = float(power[(ppm >= low) & (ppm <= high)].sum())
    mirror = 2 * sampling.reference_ppm - ppm
    if float(power[(mirror >= low) & (mirror <= high)].sum()) <= here:
        return fids, ()
    text = "The basis set is stored with the opposite sense of rotation (its lines lie above water) and was turned."
    return conjugated(fids), (text,)
