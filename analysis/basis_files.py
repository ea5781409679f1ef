"""Write a basis as an LCModel ``.basis`` file."""

from __future__ import annotations

import math

import numpy as np

from analysis.errors import BadProtocol
from analysis.types import Basis, FloatArray
from analysis.units import WATER_PPM, conjugated, hz_of_ppm, time_axis_s

_COLUMNS = 4
_FORMAT = "(4E18.9)"
_ZERO_FILL = 2


def lcmodel_text(basis: Basis, fwhm_ppm: float | None = None) -> str:
    """Return a basis as the text of a ``.basis`` file.

    Parameters
    ----------
    basis : FIDs in Discern's sense of rotation
    fwhm_ppm : width of its lines for the header (FWHMBA), None to leave it out

    Notes
    -----
    Each FID is filled with zeros to twice its length, turned to LCModel's sense of rotation, referenced to 4.65 ppm at
    zero frequency, and stored as its unitary discrete Fourier transform with CONC = TRAMP = VOLUME = 1 and ISHIFT = 0,
    as the user's manual of LCModel 6.3 describes it. LCModel shows the first six letters of a name.

    Raises
    ------
    BadProtocol : a name holds a quotation mark, which the format cannot store
    """
    sampling = basis.sampling
    turn_hz = hz_of_ppm(sampling.reference_ppm, sampling.f0_mhz, WATER_PPM)
    turn = np.exp(2j * np.pi * turn_hz * time_axis_s(sampling.points, sampling.spectral_width_hz))
    length = _ZERO_FILL * sampling.points
    spectra = np.fft.fft(conjugated(basis.fids * turn), length, axis=-1, norm="ortho")
    parts = [_header(basis, length, fwhm_ppm)]
    for name, spectrum in zip(basis.names, spectra, strict=True):
        parts += [_signal_header(name), _columns(np.column_stack([spectrum.real, spectrum.imag]).ravel())]
    return "".join(parts)


def _header(basis: Basis, length: int, fwhm_ppm: float | None) -> str:
    sequence = [f"HZPPPM = {basis.sampling.f0_mhz:.9g}"]
    if math.isfinite(basis.te_s) and basis.te_s > 0:
        sequence.append(f"ECHOT = {1e3 * basis.te_s:.6g}")
    if fwhm_ppm is not None:
        sequence.append(f"FWHMBA = {fwhm_ppm:.6g}")
    sequence.append(f"SEQ = '{_quotable(basis.sequence)[:5]}'")
    numbers = [
        f"IDBASI = '{_quotable(f'Discern {basis.description}')[:80].rstrip()}'",
        f"FMTBAS = '{_FORMAT}'",
        f"BADELT = {1 / basis.sampling.spectral_width_hz:.12g}",
        f"NDATAB = {length}",
    ]
    return _namelist("SEQPAR", sequence) + _namelist("BASIS1", numbers)


def _signal_header(name: str) -> str:
    quoted = _quotable(name)
    lines = [f"ID = '{quoted}'", f"METABO = '{quoted}'", "CONC = 1.", "TRAMP = 1.", "VOLUME = 1.", "ISHIFT = 0"]
    return _namelist("BASIS", lines)


def _namelist(name: str, lines: list[str]) -> str:
    return f" ${name}\n " + ",\n ".join(lines) + "\n $END\n"


def _quotable(text: str) -> str:
    if "'" in text or "\n" in text:
        raise BadProtocol(f"The text {text!r} cannot be stored in an LCModel basis set; leave out quotation marks.")
    return text


def _columns(values: FloatArray) -> str:
    rows = values.reshape(-1, _COLUMNS)
    return "".join("".join(f"{value:18.9E}" for value in row) + "\n" for row in rows)
