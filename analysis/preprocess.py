"""From an acquisition to one spectrum; every step records what it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.align import Alignment, Scale, align_transients, corrected, drift_hz
from analysis.coils import coil_weights, combination_step, combined
from analysis.eddy import LEAST_SNR, tail_sd, water_phase_rad
from analysis.errors import ProcessingFailed
from analysis.hsvd import phase_at_start, remove_band
from analysis.noise import noise_sd
from analysis.rejection import LEAST_KEPT, spoilt_transients
from analysis.types import Acquisition, BoolArray, ComplexArray, ProcessSettings, Spectrum, Step
from analysis.units import hz_of_ppm, spectrum_of
from analysis.water_line import at_zero, line_width_hz

_WATER_BAND_PPM = (4.3, 5.2)
_UPRIGHT_PPM = (0.5, 4.2)
EDDY = "Eddy-current correction"


@dataclass(frozen=True, eq=False)
class _Combined:
    """Signals after coil combination: transients (t, n), and the mean water reference (n,) or None."""

    transients: ComplexArray
    water: ComplexArray | None


@dataclass(frozen=True, eq=False)
class _Means:
    """The mean of the kept transients (n,), those of every second one or None, and the residual water's height."""

    whole: ComplexArray
    odd: ComplexArray | None
    even: ComplexArray | None
    water_height: float | None


def process(acquisition: Acquisition, settings: ProcessSettings) -> Spectrum:
    """Turn the transients of an acquisition into one spectrum.

    Order: coil combination, eddy-current and phase correction by the water reference, alignment, rejection, mean,
    removal of residual water, and automatic phase where no water has set it. Nothing is apodised: a fit needs the noise
    white, and whoever shows a smoother spectrum does so for the eye alone.

    Raises
    ------
    ProcessingFailed
        If the signal is not finite, or too degenerate to be taken apart.
    """
    try:
        return _processed(acquisition, settings)
    except np.linalg.LinAlgError as error:
        raise ProcessingFailed(_why_failed(acquisition)) from error


def _why_failed(acquisition: Acquisition) -> str:
    if np.all(np.isfinite(acquisition.fids)):
        return "The signal could not be processed: it is too degenerate to be taken apart."
    return "The signal holds values that are not numbers."


def _processed(acquisition: Acquisition, settings: ProcessSettings) -> Spectrum:
    parameters = acquisition.parameters
    scale = Scale(parameters.f0_mhz, parameters.spectral_width_hz, parameters.reference_ppm)
    history: list[Step] = []
    signals, alignment = _up_to_alignment(acquisition, scale, settings, history)
    aligned = corrected(signals.transients, alignment, scale.spectral_width_hz)
    kept = _keep(acquisition, aligned, alignment, scale, settings, history)
    means = _remove_water(_means(aligned, kept, history), scale, settings, history)
    phase_known = any(step.name == EDDY and step.values.get("done") is True for step in history)
    means = _make_upright(means, scale, settings, phase_known, history)
    water = signals.water
    water_width_hz = acquisition.water_spectral_width_hz or scale.spectral_width_hz
    return Spectrum(
        fid=means.whole,
        f0_mhz=scale.f0_mhz,
        spectral_width_hz=scale.spectral_width_hz,
        reference_ppm=scale.reference_ppm,
        noise_sd=noise_sd(means.whole, scale),
        history=tuple(history),
        kept=kept,
        transient_shift_hz=alignment.shift_hz,
        transient_phase_rad=alignment.phase_rad,
        odd=means.odd,
        even=means.even,
        water_area=None if water is None else float(abs(at_zero(water))),
        water_fwhm_hz=None if water is None else line_width_hz(water, water_width_hz),
        water=water if _same_coils(acquisition) else None,
        residual_water_height=means.water_height,
        phase_known=phase_known,
    )


def _up_to_alignment(
    acquisition: Acquisition, scale: Scale, settings: ProcessSettings, history: list[Step]
) -> tuple[_Combined, Alignment]:
    signals = _combine(acquisition, settings, history)
    signals = _eddy_correct(acquisition, signals, scale, settings, history)
    return signals, _align(signals.transients, scale, settings, history)


def aligned_transients(acquisition: Acquisition, settings: ProcessSettings) -> tuple[ComplexArray, Alignment]:
    """Return the transients (transients, points) as they go into the mean, and how they were aligned.

    Raises
    ------
    ProcessingFailed
        If the signal is not finite.
    """
    parameters = acquisition.parameters
    scale = Scale(parameters.f0_mhz, parameters.spectral_width_hz, parameters.reference_ppm)
    signals, alignment = _up_to_alignment(acquisition, scale, settings, [])
    return corrected(signals.transients, alignment, scale.spectral_width_hz), alignment


def _same_coils(acquisition: Acquisition) -> bool:
    water = acquisition.water
    return water is not None and water.shape[0] == acquisition.fids.shape[0]


def _combine(acquisition: Acquisition, settings: ProcessSettings, history: list[Step]) -> _Combined:
    fids, water = acquisition.fids, acquisition.water
    water = water if water is not None and np.any(water) else None
    by_water = water is not None and _same_coils(acquisition)
    whiten = settings.whiten_coils
    weights = coil_weights(water if by_water and water is not None else fids, fids, whiten=whiten)
    history.append(combination_step(fids.shape[0], weights, by_water, whitened=whiten))
    transients = combined(weights, fids)
    if not np.all(np.isfinite(transients)):
        raise ProcessingFailed("The signal holds values that are not numbers.")
    if water is None:
        return _Combined(transients, None)
    water_weights = weights if by_water else coil_weights(water, water, whiten=whiten)
    return _Combined(transients, combined(water_weights, water).mean(axis=0))


def _eddy_correct(
    acquisition: Acquisition, signals: _Combined, scale: Scale, settings: ProcessSettings, history: list[Step]
) -> _Combined:
    """Take the phase of the water reference out of every FID."""
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
    noise = tail_sd(signals.water)
    if noise > 0 and np.abs(signals.water).max() / noise < LEAST_SNR:
        return "the water reference is too weak"
    return None


def _align(transients: ComplexArray, scale: Scale, settings: ProcessSettings, history: list[Step]) -> Alignment:
    count = len(transients)
    if not settings.align or count < 2:
        reason = "switched off" if count > 1 else "one transient"
        history.append(Step("Alignment", f"Not done: {reason}.", {"done": False}))
        return Alignment(np.zeros(count), np.zeros(count))
    alignment = align_transients(transients, scale)
    if not alignment.together:
        history.append(Step("Alignment", "Not done: the transients are too weak to be aligned.", {"done": False}))
        return alignment
    drift = drift_hz(alignment.shift_hz)
    by = "1.75 to 5.4 ppm" if alignment.with_water else "2.6 to 4.2 ppm, because water turned against the metabolites"
    groups = "" if alignment.together == 1 else f" in groups of {alignment.together}"
    text = f"{count} transients aligned{groups} in frequency and phase on {by}; drift {drift:.1f} Hz."
    values = {"done": True, "drift_hz": drift, "with_water": alignment.with_water, "together": alignment.together}
    history.append(Step("Alignment", text, values))
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
    everything = np.ones(count, dtype=bool)
    if settings.keep_transients is not None and len(settings.keep_transients) == count:
        kept = np.array(settings.keep_transients)
        history.append(Step("Rejection", f"{int((~kept).sum())} of {count} transients left out by the reader.", {}))
        return kept if kept.any() else everything
    if not settings.reject or acquisition.averaged_only or count < 2:
        text = "the file holds one averaged signal" if acquisition.averaged_only or count < 2 else "switched off"
        history.append(Step("Rejection", f"Not done: {text}.", {"done": False}))
        return everything
    spoilt = spoilt_transients(aligned, alignment, scale)
    if spoilt is None:
        history.append(Step("Rejection", "Not done: too few transients to judge.", {"done": False}))
        return everything
    rejected = int(spoilt.transients.sum())
    why = f" ({', '.join(f'{name} {number}' for name, number in spoilt.counts.items())})" if spoilt.counts else ""
    text = f"{rejected} of {count} transients rejected as spoilt{why}."
    if spoilt.spared:
        text += f" {spoilt.spared} more would have been, but {100 * LEAST_KEPT:.0f} % are always kept."
    history.append(Step("Rejection", text, {"done": True, "rejected": rejected, "spared": spoilt.spared}))
    return ~spoilt.transients


def _means(aligned: ComplexArray, kept: BoolArray, history: list[Step]) -> _Means:
    """Return the mean of the kept transients, and from four on those of every second one."""
    index = np.flatnonzero(kept)
    history.append(Step("Mean", f"Mean of {len(index)} transients.", {"transients": len(index)}))
    whole = aligned[index].mean(axis=0)
    if len(index) < 4:
        return _Means(whole, None, None, None)
    return _Means(whole, aligned[index[0::2]].mean(axis=0), aligned[index[1::2]].mean(axis=0), None)


def _remove_water(means: _Means, scale: Scale, settings: ProcessSettings, history: list[Step]) -> _Means:
    """Remove residual water from the mean and the halves, with the same lines in all of them."""
    if not settings.remove_water:
        history.append(Step("Water removal", "Not done: switched off.", {"done": False}))
        return means
    low, high = (hz_of_ppm(ppm, scale.f0_mhz, scale.reference_ppm) for ppm in _WATER_BAND_PPM)
    given = [fid for fid in (means.whole, means.odd, means.even) if fid is not None]
    cleaned, removed = remove_band(np.array(given), scale.spectral_width_hz, (low, high))
    height = float(np.abs(spectrum_of(removed[0], 2 * removed.shape[1])).max())
    text = "Residual water removed between 4.3 and 5.2 ppm by Hankel singular value decomposition."
    history.append(Step("Water removal", text, {"done": True, "height": height}))
    odd, even = (cleaned[1], cleaned[2]) if len(given) == 3 else (None, None)
    return _Means(cleaned[0], odd, even, height)


def _make_upright(
    means: _Means, scale: Scale, settings: ProcessSettings, phase_known: bool, history: list[Step]
) -> _Means:
    """Turn the lines of the metabolites upright together, where no water reference has done so."""
    low, high = (hz_of_ppm(ppm, scale.f0_mhz, scale.reference_ppm) for ppm in _UPRIGHT_PPM)
    phase = None
    if settings.automatic_phase and not phase_known:
        phase = phase_at_start(means.whole, scale.spectral_width_hz, (low, high))
    if phase is None:
        known = "the water reference has set it" if phase_known else "no line stands out of the noise"
        reason = known if settings.automatic_phase else "switched off"
        history.append(Step("Phase", f"Not done: {reason}.", {"done": False}))
        return means
    text = f"Turned by {-np.degrees(phase):+.0f} degrees, so that the lines of 0.5 to 4.2 ppm start upright in sum."
    history.append(Step("Phase", text, {"done": True, "phase0_rad": phase}))
    turn = np.exp(-1j * phase)
    odd, even = (None if half is None else half * turn for half in (means.odd, means.even))
    return _Means(means.whole * turn, odd, even, means.water_height)
