"""From an acquisition to one spectrum; every step records what it did."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.align import Alignment, Scale, align_transients, corrected, drift_hz, spoilt_transients
from analysis.coils import coil_weights, combination_step
from analysis.hsvd import remove_band
from analysis.types import Acquisition, BoolArray, ComplexArray, FloatArray, ProcessSettings, Spectrum, Step
from analysis.units import hz_of_ppm, ppm_axis, spectrum_of, time_axis_s

_WATER_BAND_PPM = (4.3, 5.2)
_NOISE_BANDS_PPM = (
    (-4.0, -2.5), (-2.5, -1.0), (-1.0, 0.2), (5.8, 7.2), (7.2, 8.5), (8.5, 10.0), (10.0, 11.5), (11.5, 13.0),
)  # fmt: skip
_NOISE_INNER = 0.85
"""Receivers filter the edges of the spectral width; noise is taken inside this share of it."""
_NOISE_ALIKE = 1.15
"""Bands within this factor of the quietest one count as free of signal."""
EDDY = "Eddy-current correction"
_ECC_LEAST_SNR = 50.0
_ECC_FLOOR = 0.05
_ZERO_FILL_WIDTH = 16


@dataclass(frozen=True, eq=False)
class _Combined:
    """Signals after coil combination: transients (t, n), and the mean water reference (n,) or None."""

    transients: ComplexArray
    water: ComplexArray | None


def process(acquisition: Acquisition, settings: ProcessSettings) -> Spectrum:
    """Turn the transients of an acquisition into one spectrum.

    Order: coil combination, eddy-current and phase correction by the water reference, alignment, rejection, mean,
    removal of residual water.
    """
    parameters = acquisition.parameters
    scale = Scale(parameters.f0_mhz, parameters.spectral_width_hz, parameters.reference_ppm)
    history: list[Step] = []
    signals = _combine(acquisition, history)
    signals = _eddy_correct(acquisition, signals, scale, settings, history)
    alignment = _align(signals.transients, scale, settings, history)
    aligned = corrected(signals.transients, alignment, scale.spectral_width_hz)
    kept = _keep(acquisition, aligned, alignment, scale, settings, history)
    fid = aligned[kept].mean(axis=0)
    history.append(Step("Mean", f"Mean of {int(kept.sum())} transients.", {"transients": int(kept.sum())}))
    fid, height = _remove_water(fid, scale, settings, history)
    halves = _halves(aligned, kept, scale, settings)
    return Spectrum(
        fid=fid,
        f0_mhz=scale.f0_mhz,
        spectral_width_hz=scale.spectral_width_hz,
        reference_ppm=scale.reference_ppm,
        noise_sd=noise_sd(fid, scale),
        history=tuple(history),
        kept=kept,
        transient_shift_hz=alignment.shift_hz,
        transient_phase_rad=alignment.phase_rad,
        odd=halves[0],
        even=halves[1],
        water_area=None if signals.water is None else float(abs(_at_zero(signals.water))),
        water_fwhm_hz=None if signals.water is None else line_width_hz(signals.water, scale.spectral_width_hz),
        residual_water_height=height,
        phase_known=any(step.name == EDDY and step.values.get("done") is True for step in history),
    )


def _combine(acquisition: Acquisition, history: list[Step]) -> _Combined:
    fids, water = acquisition.fids, acquisition.water
    by_water = water is not None and water.shape[0] == fids.shape[0]
    weights = coil_weights(water if by_water and water is not None else fids, fids)
    history.append(combination_step(fids.shape[0], weights, by_water))
    if water is None:
        return _Combined(np.tensordot(weights, fids, axes=1), None)
    if not by_water:
        mean = np.tensordot(coil_weights(water, water), water, axes=1).mean(axis=0)
        return _Combined(np.tensordot(weights, fids, axes=1), mean)
    return _Combined(np.tensordot(weights, fids, axes=1), np.tensordot(weights, water, axes=1).mean(axis=0))


def _eddy_correct(
    acquisition: Acquisition, signals: _Combined, scale: Scale, settings: ProcessSettings, history: list[Step]
) -> _Combined:
    """Take the phase of the water reference out of every FID (Klose, MRM 1990;14:26)."""
    reason = _why_not_eddy(acquisition, signals, settings)
    if reason is not None or signals.water is None:
        history.append(Step(EDDY, f"Not done: {reason}.", {"done": False}))
        return signals
    phase = water_phase_rad(signals.water)
    turn = np.exp(-1j * phase[: signals.transients.shape[1]])
    step = min(len(phase) - 1, 64)
    offset = (phase[step] - phase[0]) * scale.spectral_width_hz / (2 * np.pi * step)
    history.append(
        Step(
            EDDY,
            f"Phase of the water reference removed; water was {offset:+.1f} Hz off {scale.reference_ppm:g} ppm.",
            {"done": True, "water_offset_hz": float(offset), "water_phase_rad": float(phase[0])},
        )
    )
    return _Combined(signals.transients * turn, signals.water * np.exp(-1j * phase))


def _why_not_eddy(acquisition: Acquisition, signals: _Combined, settings: ProcessSettings) -> str | None:
    if signals.water is None:
        return "there is no water reference"
    if not settings.eddy_current:
        return "switched off"
    if acquisition.eddy_corrected:
        return "the scanner has already done it"
    width = acquisition.water_spectral_width_hz
    if len(signals.water) < signals.transients.shape[1] or (
        width is not None and abs(width - acquisition.parameters.spectral_width_hz) > 0.01
    ):
        return "the water reference is sampled differently"
    noise = float(np.std(signals.water[-len(signals.water) // 8 :]))
    if noise > 0 and abs(signals.water[0]) / noise < _ECC_LEAST_SNR:
        return "the water reference is too weak"
    return None


def water_phase_rad(water: ComplexArray) -> FloatArray:
    """Return the unwrapped phase of a water FID (n,), continued linearly where the signal is below 5 % of its start."""
    phase = np.unwrap(np.angle(water))
    strong = np.abs(water) >= _ECC_FLOOR * np.abs(water).max()
    last = int(np.argmin(strong)) if not strong.all() else len(water)
    last = max(last, 32)
    if last < len(water):
        stretch = slice(max(0, last - last // 4), last)
        index = np.arange(len(water))
        slope = np.polyfit(index[stretch], phase[stretch], 1)[0]
        phase[last:] = phase[last - 1] + slope * (index[last:] - (last - 1))
    return np.asarray(phase)


def _align(transients: ComplexArray, scale: Scale, settings: ProcessSettings, history: list[Step]) -> Alignment:
    count = len(transients)
    if not settings.align or count < 2:
        reason = "switched off" if count > 1 else "one transient"
        history.append(Step("Alignment", f"Not done: {reason}.", {"done": False}))
        return Alignment(np.zeros(count), np.zeros(count))
    alignment = align_transients(transients, scale)
    drift = drift_hz(alignment.shift_hz)
    text = f"{count} transients aligned in frequency and phase on 1.75 to 5.4 ppm; drift {drift:.1f} Hz."
    history.append(Step("Alignment", text, {"done": True, "drift_hz": drift}))
    return alignment


def _keep(
    acquisition: Acquisition,
    aligned: ComplexArray,
    alignment: Alignment,
    scale: Scale,
    settings: ProcessSettings,
    history: list[Step],
) -> BoolArray:
    count = len(aligned)
    if settings.keep_transients is not None and len(settings.keep_transients) == count:
        kept = np.array(settings.keep_transients)
        history.append(Step("Rejection", f"{int((~kept).sum())} of {count} transients left out by the reader.", {}))
        return kept if kept.any() else np.ones(count, dtype=bool)
    if not settings.reject or acquisition.averaged_only or count < 2:
        text = "the file holds one averaged signal" if acquisition.averaged_only or count < 2 else "switched off"
        history.append(Step("Rejection", f"Not done: {text}.", {"done": False}))
        return np.ones(count, dtype=bool)
    spoilt, criteria = spoilt_transients(aligned, alignment, scale)
    why = f" ({', '.join(criteria)})" if criteria else ""
    text = f"{int(spoilt.sum())} of {count} transients rejected as spoilt{why}."
    history.append(Step("Rejection", text, {"done": True, "rejected": int(spoilt.sum())}))
    return ~spoilt if not spoilt.all() else np.ones(count, dtype=bool)


def _remove_water(
    fid: ComplexArray, scale: Scale, settings: ProcessSettings, history: list[Step]
) -> tuple[ComplexArray, float | None]:
    band = (
        hz_of_ppm(_WATER_BAND_PPM[0], scale.f0_mhz, scale.reference_ppm),
        hz_of_ppm(_WATER_BAND_PPM[1], scale.f0_mhz, scale.reference_ppm),
    )
    if not settings.remove_water:
        history.append(Step("Water removal", "Not done: switched off.", {"done": False}))
        return fid, None
    cleaned, removed = remove_band(fid, scale.spectral_width_hz, band)
    height = float(np.abs(spectrum_of(removed, 2 * len(removed))).max())
    text = "Residual water removed between 4.3 and 5.2 ppm by Hankel singular value decomposition."
    history.append(Step("Water removal", text, {"done": True}))
    return cleaned, height


def _halves(
    aligned: ComplexArray, kept: BoolArray, scale: Scale, settings: ProcessSettings
) -> tuple[ComplexArray | None, ComplexArray | None]:
    """Return the means of every second kept transient, processed alike, or None for fewer than four."""
    index = np.flatnonzero(kept)
    if len(index) < 4:
        return None, None
    odd = _remove_water(aligned[index[0::2]].mean(axis=0), scale, settings, [])[0]
    even = _remove_water(aligned[index[1::2]].mean(axis=0), scale, settings, [])[0]
    return odd, even


def noise_sd(fid: ComplexArray, scale: Scale) -> float:
    """Return the noise of the real part of one FID point, from the signal-free bands of the spectrum.

    Each band is detrended by a parabola; bands much noisier than the quietest hold signal and do not count.
    """
    points = len(fid)
    ppm = ppm_axis(points, scale.spectral_width_hz, scale.f0_mhz, scale.reference_ppm)
    spectrum = spectrum_of(fid)
    reach = _NOISE_INNER * scale.spectral_width_hz / (2 * scale.f0_mhz)
    inner = np.abs(ppm - scale.reference_ppm) <= reach
    found = []
    for low, high in _NOISE_BANDS_PPM:
        inside = inner & (ppm >= low) & (ppm <= high)
        if inside.sum() >= 64:
            found.append(_detrended_sd(ppm[inside], spectrum[inside]))
    if not found:
        edge = max(32, points // 16)
        found = [_detrended_sd(ppm[:edge], spectrum[:edge]), _detrended_sd(ppm[-edge:], spectrum[-edge:])]
    alike = [sd for sd in found if sd <= _NOISE_ALIKE * min(found)]
    return float(np.sqrt(np.mean(np.square(alike)))) / math.sqrt(points)


def _detrended_sd(ppm: FloatArray, values: ComplexArray) -> float:
    columns = np.vander(ppm - ppm.mean(), 3)
    rest = values - columns @ np.linalg.lstsq(columns.astype(complex), values, rcond=None)[0]
    return float(np.sqrt(np.sum(np.abs(rest) ** 2) / (2 * (len(values) - 3))))


def _at_zero(water: ComplexArray) -> complex:
    """Extrapolate a FID to t = 0 by a quadratic through the start of its log magnitude; the first point may be off."""
    head = np.abs(water[1:33])
    if len(head) < 8 or not np.all(head > 0):
        return complex(water[0])
    fit = np.polyfit(np.arange(1, 33), np.log(head), 2)
    return complex(np.exp(fit[-1]))


def line_width_hz(fid: ComplexArray, spectral_width_hz: float) -> float:
    """Return the full width at half maximum of the strongest line of a FID, from its phased absorption spectrum."""
    time = time_axis_s(len(fid), spectral_width_hz)
    spectrum = spectrum_of(fid * np.exp(-1j * np.angle(fid[0])), _ZERO_FILL_WIDTH * len(fid))
    peak = int(np.argmax(np.abs(spectrum)))
    upright = (spectrum * np.exp(-1j * np.angle(spectrum[peak]))).real
    half = upright[peak] / 2
    below_right = np.flatnonzero(upright[peak:] < half)
    below_left = np.flatnonzero(upright[: peak + 1][::-1] < half)
    if not len(below_right) or not len(below_left):
        return float("inf")
    step = 1 / (time[1] * len(spectrum))
    return float((_crossing(upright[peak:], half) + _crossing(upright[: peak + 1][::-1], half)) * step)


def _crossing(falling: FloatArray, level: float) -> float:
    """Return the fractional index where a curve first falls through a level."""
    index = int(np.flatnonzero(falling < level)[0])
    return index - 1 + float((falling[index - 1] - level) / (falling[index - 1] - falling[index]))
