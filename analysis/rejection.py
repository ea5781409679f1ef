"""Which transients are spoilt, judged by what each does that the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import fft

from analysis.align import ALIGN_PPM, Alignment, Scale, band_of, median_of, smoothed
from analysis.types import BoolArray, ComplexArray, FloatArray

_BANDS_PPM = {"lipid": (0.9, 1.6), "metabolites": (1.75, 4.1), "water": (4.2, 5.1)}
_MAD_LIMIT = 3.5
_SHIFT_LIMIT_HZ = 4.0
_PHASE_LIMIT_RAD = 1.0
_AMPLITUDE_LIMIT = 0.25
_WIDTH_LIMIT = 0.25
_DEVIATION_LIMIT = 0.25
"""What no criterion minds, however alike the others are: natural logarithms for amplitude and width, and the size of a
deviation over that of the median transient in the same band."""
_EARLY_S = 0.03
_FEWEST = 8
_MAD_TO_SD = 1.4826
LEAST_KEPT = 0.5
"""Of the transients at least this share stays, the least spoilt first: beyond half, nobody knows which are the rule."""


@dataclass(frozen=True, eq=False)
class Spoilt:
    """Which transients (transients,) are spoilt, how many by each criterion, and how many the floor has spared.

    `why` names for each transient the criteria that it fails, also where it was spared.
    """

    transients: BoolArray
    counts: Mapping[str, int]
    spared: int = 0
    why: tuple[tuple[str, ...], ...] = ()


def spoilt_transients(transients: ComplexArray, alignment: Alignment, scale: Scale) -> Spoilt | None:
    """Tell which aligned transients (transients, points) are spoilt; None for too few to judge.

    Notes
    -----
    A transient is spoilt if it lies more than 3.5 robust standard deviations away from the others: in frequency (and
    by more than 4 Hz), in phase (and by more than 1 rad), in amplitude or in line width (and by more than a quarter);
    or above them in how far it is from the median in the lipid, metabolite or water range (and by more than a quarter
    of what is there), or in the size of its tail. Slow drift of frequency and phase is no fault.
    """
    count = len(transients)
    if count < _FEWEST:
        return None
    spectra = fft.fft(transients, axis=1)
    amplitude, width = _amplitude_and_width(spectra, scale)
    scores = {
        "frequency": _score(alignment.shift_hz - smoothed(alignment.shift_hz), _SHIFT_LIMIT_HZ),
        "phase": _score(_phase_jump(alignment.phase_rad), _PHASE_LIMIT_RAD),
        "amplitude": _score(amplitude, _AMPLITUDE_LIMIT),
        "line width": _score(width, _WIDTH_LIMIT),
        **_band_scores(spectra, scale),
        "tail": _score_above(np.linalg.norm(transients[:, -transients.shape[1] // 4 :], axis=1)),
    }
    worst = np.max(list(scores.values()), axis=0)
    spoilt = worst > 1
    spared = max(0, int(spoilt.sum()) - int(count * (1 - LEAST_KEPT)))
    if spared:
        spoilt[np.flatnonzero(spoilt)[np.argsort(worst[spoilt], kind="stable")[:spared]]] = False
    counts = {name: int(((score > 1) & spoilt).sum()) for name, score in scores.items()}
    why = tuple(tuple(name for name, score in scores.items() if score[i] > 1) for i in range(count))
    return Spoilt(np.asarray(spoilt), {name: number for name, number in counts.items() if number}, spared, why)


def _score(values: FloatArray, allowed: float) -> FloatArray:
    """Return distances from the median over the limit that applies: the robust one or the allowed one."""
    deviation = np.abs(values - np.median(values))
    return np.asarray(deviation / max(_MAD_LIMIT * _MAD_TO_SD * float(np.median(deviation)), allowed))


def _score_above(sizes: FloatArray, allowed: float = 0.0) -> FloatArray:
    """Return how far a size lies above the median, over the limit that applies."""
    deviation = sizes - np.median(sizes)
    spread = _MAD_TO_SD * float(np.median(np.abs(deviation))) + 1e-12 * float(np.max(sizes)) + 1e-300
    return np.asarray(deviation / max(_MAD_LIMIT * spread, allowed))


def _phase_jump(phase_rad: FloatArray) -> FloatArray:
    """Return how far each phase is from the running median of its neighbours."""
    unwrapped = np.unwrap(phase_rad)
    return np.asarray(np.angle(np.exp(1j * (unwrapped - smoothed(unwrapped)))))


def _band_scores(spectra: ComplexArray, scale: Scale) -> dict[str, FloatArray]:
    """Return for each band the score of every transient's difference from the median transient."""
    axis = fft.ifftshift(scale.axis(spectra.shape[1]))
    found = {}
    for name, (low, high) in _BANDS_PPM.items():
        part = spectra[:, (axis >= low) & (axis <= high)]
        if part.shape[1]:
            middle = median_of(part)
            apart = np.linalg.norm(part - middle, axis=1)
            found[name] = _score_above(apart, _DEVIATION_LIMIT * float(np.linalg.norm(middle)))
    return found


def _amplitude_and_width(spectra: ComplexArray, scale: Scale) -> tuple[FloatArray, FloatArray]:
    """Return the logarithms of each transient's likeness to the median, and of how it grows from early to late."""
    band = band_of(spectra, scale, ALIGN_PPM)
    reference = median_of(band.fids)
    early = band.time_s < _EARLY_S
    whole = _likeness(band.fids, reference)
    first, last = (_likeness(band.fids[:, part], reference[part]) for part in (early, ~early))
    return np.log(whole), np.log(last / first)


def _likeness(fids: ComplexArray, reference: ComplexArray) -> FloatArray:
    """Return the part of the reference that each FID holds, not below a hundredth."""
    power = float(np.vdot(reference, reference).real)
    return np.maximum((fids @ reference.conj()).real / max(power, 1e-300), 0.01)
