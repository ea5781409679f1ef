"""Signs, references and unit changes of spectra, in one place.

Convention (DICOM PS3.3 C.8.14.4.1): a line at ``delta`` ppm is ``exp(+2 pi i (delta - reference_ppm) f0_mhz t)``, so
after ``fftshift(fft(fid))`` a larger chemical shift lies at a larger frequency.
"""

from __future__ import annotations

import math
from typing import TypeVar, cast

import numpy as np

from analysis.types import ComplexArray, FloatArray, SignalArray

_Signal = TypeVar("_Signal", bound=SignalArray)

WATER_PPM = 4.65
"""Chemical shift of water at 37 degrees C, used where a header does not state its reference."""

PROTON_MHZ_PER_T = 42.577478518
"""Gyromagnetic ratio of the proton over 2 pi (CODATA 2018)."""

FWHM_PER_GAUSS_SD = 2 * math.sqrt(2 * math.log(2))


def time_axis_s(points: int, spectral_width_hz: float) -> FloatArray:
    """Return the sample times, (points,) in s."""
    return np.arange(points) / spectral_width_hz


def frequency_axis_hz(points: int, spectral_width_hz: float) -> FloatArray:
    """Return the ascending offset frequencies of `spectrum_of`, (points,) in Hz."""
    return np.fft.fftshift(np.fft.fftfreq(points, 1 / spectral_width_hz))


def ppm_axis(points: int, spectral_width_hz: float, f0_mhz: float, reference_ppm: float) -> FloatArray:
    """Return the ascending chemical shifts of `spectrum_of`, (points,) in ppm."""
    return reference_ppm + frequency_axis_hz(points, spectral_width_hz) / f0_mhz


def hz_of_ppm(ppm: float, f0_mhz: float, reference_ppm: float) -> float:
    """Return the offset frequency in Hz of a chemical shift in ppm."""
    return (ppm - reference_ppm) * f0_mhz


def spectrum_of(fid: SignalArray, points: int | None = None) -> ComplexArray:
    """Fourier transform FIDs along the last axis to ascending frequency; the first point counts half.

    Parameters
    ----------
    fid : (..., n) complex
    points : length to fill with zeros to; None keeps n

    Notes
    -----
    Halving the first point makes the discrete sum the trapezoidal integral, which removes the constant offset
    (Otting et al., J Magn Reson 1986;66:187).
    """
    halved = np.array(fid, dtype=np.complex128)
    halved[..., 0] *= 0.5
    return np.asarray(np.fft.fftshift(np.fft.fft(halved, points, axis=-1), axes=-1))


def conjugated(fid: _Signal, out: _Signal | None = None) -> _Signal:
    """Turn a FID of the opposite rotation sense (NIfTI-MRS, Siemens CSA) into Discern's; `out` may be `fid` itself."""
    return cast("_Signal", np.conjugate(fid, out=out))
