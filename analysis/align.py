"""Frequency and phase alignment of transients.

Spectral registration (Near et al., MRM 2015;73:44) against the median: for each transient the shift that maximises the
magnitude of its product with the reference, from a Fourier transform and then Newton steps. The lipid range is left
out, because fat that moves with breathing would be aligned instead of the disc; so is residual water where it turns
against the metabolites.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import fft
from scipy.special import expit

from analysis.types import BoolArray, ComplexArray, FloatArray
from analysis.units import ppm_axis, time_axis_s

ALIGN_PPM = (1.75, 5.4)
METABOLITE_PPM = (2.6, 4.2)
"""Far enough from fat and from water that neither moves what is found here."""
_REACH_HZ = 40.0
_ROUNDS = 3
_NEWTON_STEPS = 4
_REGISTER_S = 0.2
_EDGE_PPM = 0.03
_MARGIN_PPM = 0.15
_LEAST_ENERGY_SNR = 8.0
"""Matched-filter SNR of one signal from which it can be aligned without false maxima; noise alone reads 4 to 5."""
_FEWEST_GROUPS, _LEAST_GROUP_SNR = 6, 10.0
"""Few groups follow their own noise, so they must be stronger."""
_DISAGREES = 4.0
"""Variance between the two alignments, over what noise explains, from which water does not follow the metabolites."""
_IMMATERIAL_HZ, _IMMATERIAL_RAD = 0.3, 0.05
_SETTLE_S, _SETTLE_METABOLITES_S = 0.004, 0.01
"""The tails of strong lines beside a band sound at the start of its FIDs; over this time they are faded in."""
_MAD_TO_SD = 1.4826
_FAR = 3.5
_LEAST_NOISE = 1e-12
_SMOOTHED = 15


@dataclass(frozen=True, eq=False)
class Alignment:
    """Corrections (transients,) that were applied: shift in Hz and phase in rad.

    Attributes
    ----------
    with_water : whether residual water took part
    together : neighbours that were averaged to be strong enough; 0 where even many were too weak to align anything
    """

    shift_hz: FloatArray
    phase_rad: FloatArray
    with_water: bool = True
    together: int = 1


@dataclass(frozen=True)
class Scale:
    """What is needed to place ppm on a spectrum."""

    f0_mhz: float
    spectral_width_hz: float
    reference_ppm: float

    def axis(self, points: int) -> FloatArray:
        """Return the ascending ppm axis."""
        return ppm_axis(points, self.spectral_width_hz, self.f0_mhz, self.reference_ppm)


@dataclass(frozen=True, eq=False)
class Band:
    """FIDs of one ppm band, (transients, samples) complex, turned to its middle and sampled at `rate_hz`."""

    fids: ComplexArray
    rate_hz: float

    def turned(self, alignment: Alignment) -> ComplexArray:
        """Return the FIDs with an alignment applied."""
        return corrected(self.fids, alignment, self.rate_hz)

    def faded_in(self, seconds: float) -> Band:
        """Return the band without what the tails of strong lines beside it leave at the start."""
        rise = np.sin(0.5 * np.pi * np.minimum(self.time_s / seconds, 1.0)) ** 2
        return replace(self, fids=np.asarray(self.fids * rise))

    @property
    def time_s(self) -> FloatArray:
        """Sample times, (samples,)."""
        return time_axis_s(self.fids.shape[1], self.rate_hz)


def band_of(spectra: ComplexArray, scale: Scale, ppm: tuple[float, float], seconds: float = _REGISTER_S) -> Band:
    """Cut a ppm band with soft edges out of unshifted spectra (transients, points); return the start of its FIDs."""
    points = spectra.shape[1]
    axis = scale.axis(points)
    inside = np.flatnonzero((axis >= ppm[0] - _MARGIN_PPM) & (axis <= ppm[1] + _MARGIN_PPM))
    if len(inside) < 2:
        inside = np.arange(points)
    first, length = int(inside[0]), fft.next_fast_len(len(inside))
    count, middle = len(inside), len(inside) // 2
    soft = expit((axis[inside] - ppm[0]) / _EDGE_PPM) * expit((ppm[1] - axis[inside]) / _EDGE_PPM)
    # `axis` ascends from the most negative frequency, which stands in the middle of an unshifted spectrum.
    cut = np.zeros((len(spectra), length), dtype=complex)
    cut[:, (np.arange(count) - middle) % length] = spectra[:, (first + np.arange(count) - points // 2) % points] * soft
    rate_hz = scale.spectral_width_hz * length / points
    kept = min(length, max(32, round(seconds * rate_hz)))
    return Band(fft.ifft(cut, axis=1)[:, :kept] * (length / points), rate_hz)


def corrected(transients: ComplexArray, alignment: Alignment, spectral_width_hz: float) -> ComplexArray:
    """Apply an alignment to FIDs (transients, points)."""
    time = time_axis_s(transients.shape[-1], spectral_width_hz)
    turn = 2j * np.pi * np.outer(alignment.shift_hz, time) + 1j * alignment.phase_rad[:, None]
    return np.asarray(transients * np.exp(turn))


def align_transients(transients: ComplexArray, scale: Scale) -> Alignment:
    """Find the shift and phase of each transient relative to the median transient.

    Parameters
    ----------
    transients : (transients, points) complex

    Notes
    -----
    Transients too weak to be aligned one by one are averaged with their neighbours until they are strong enough, and
    what is found is interpolated: that follows a drift, where single noisy shifts would only broaden the lines.
    """
    count = len(transients)
    if count < 2:
        return Alignment(np.zeros(count), np.zeros(count))
    spectra = fft.fft(transients, axis=1)
    whole = band_of(spectra, scale, ALIGN_PPM).faded_in(_SETTLE_S)
    everything = _registered(whole)
    if _energy_snr(whole, everything) < _LEAST_ENERGY_SNR:
        return _aligned_together(whole)
    band = band_of(spectra, scale, METABOLITE_PPM).faded_in(_SETTLE_METABOLITES_S)
    metabolites = _registered(band)
    if _water_disagrees(everything, metabolites, whole, band):
        return replace(metabolites, with_water=False)
    return everything


def _aligned_together(band: Band) -> Alignment:
    """Align means of neighbours, of twice as many until they are strong enough, and interpolate between them."""
    count = len(band.fids)
    together = 2
    while count // together >= _FEWEST_GROUPS:
        groups = count // together
        edges = np.linspace(0, count, groups + 1).round().astype(int)
        means = np.add.reduceat(band.fids, edges[:-1], axis=0) / np.diff(edges)[:, None]
        averaged = replace(band, fids=np.asarray(means, dtype=complex))
        found = _registered(averaged)
        if _energy_snr(averaged, found) >= _LEAST_GROUP_SNR:
            middles, index = (edges[:-1] + edges[1:] - 1) / 2, np.arange(count)
            shift = np.interp(index, middles, found.shift_hz)
            phase = np.interp(index, middles, np.unwrap(found.phase_rad))
            return Alignment(shift - np.median(shift), _centred(phase), together=together)
        together *= 2
    return Alignment(np.zeros(count), np.zeros(count), together=0)


def _energy_snr(band: Band, alignment: Alignment) -> float:
    """Return the matched-filter SNR of one FID: the root of the median's energy over the noise of a real part."""
    power = _power_over_noise(band, alignment)
    # The median's own noise: pi / 2 times that of a mean, in both parts of every sample.
    return float(np.sqrt(max(np.sum(power) - np.pi * len(power) / len(band.fids), 0.0)))


def _power_over_noise(band: Band, alignment: Alignment) -> FloatArray:
    aligned = band.turned(alignment)
    reference = _typical(aligned)
    # The median of a squared complex Gaussian is 2 ln 2 times the variance of its real part.
    noise_variance = float(np.median(np.abs(aligned - reference) ** 2)) / (2 * np.log(2))
    power = np.abs(reference) ** 2
    # Simulated signals may have no noise at all.
    return np.asarray(power / max(noise_variance, _LEAST_NOISE * float(power.max()), 1e-300))


def _registered(band: Band) -> Alignment:
    """Align the FIDs of a band to their median."""
    fids = band.fids
    middle = median_of(fids)
    likeness = np.abs(fids @ middle.conj()) / np.maximum(np.linalg.norm(fids, axis=1), 1e-300)
    reference: ComplexArray = fids[int(np.argmax(likeness))]
    for _ in range(_ROUNDS):
        alignment = _register(fids, reference, band.rate_hz)
        reference = _typical(band.turned(alignment))
    shift, phase = alignment.shift_hz, alignment.phase_rad
    return Alignment(shift - np.median(shift), _centred(phase))


def _usual(aligned: ComplexArray) -> BoolArray:
    """Return which FIDs are near the median of all."""
    apart = np.linalg.norm(aligned - median_of(aligned), axis=1)
    limit = np.median(apart) + _FAR * _MAD_TO_SD * np.median(np.abs(apart - np.median(apart)))
    return np.asarray(apart <= limit)


def _typical(aligned: ComplexArray) -> ComplexArray:
    """Return the median of those FIDs that are near the median of all."""
    return median_of(aligned[_usual(aligned)])


def median_of(fids: ComplexArray) -> ComplexArray:
    """Return the median of the real and of the imaginary parts over the first axis."""
    parts = np.ascontiguousarray(fids).view(float).T
    return np.ascontiguousarray(np.median(np.ascontiguousarray(parts), axis=1)).view(complex)


def _register(fids: ComplexArray, reference: ComplexArray, rate_hz: float) -> Alignment:
    """Return the shift and phase that turn each FID onto a reference."""
    product = fids.conj() * reference
    samples = product.shape[1]
    length = fft.next_fast_len(2 * samples)
    frequency = fft.fftfreq(length, 1 / rate_hz)
    near = np.flatnonzero(np.abs(frequency) <= _REACH_HZ)
    height = np.abs(fft.fft(product, length, axis=1)[:, near])
    shift = frequency[near][height.argmax(axis=1)]
    turn = -2j * np.pi * time_axis_s(samples, rate_hz)
    moments = np.stack([np.ones(samples), turn, turn**2], axis=1)
    step_hz = rate_hz / length
    for _ in range(_NEWTON_STEPS):
        value, slope, bend = (product * np.exp(np.outer(shift, turn)) @ moments).T
        gradient = (value.conj() * slope).real
        curvature = np.abs(slope) ** 2 + (value.conj() * bend).real
        step = np.where(curvature < 0, -gradient / np.where(curvature < 0, curvature, 1.0), np.sign(gradient) * step_hz)
        shift = shift + np.clip(step, -step_hz, step_hz)
    value = np.sum(product * np.exp(np.outer(shift, turn)), axis=1)
    return Alignment(shift, np.angle(value))


def _water_disagrees(everything: Alignment, metabolites: Alignment, whole: Band, band: Band) -> bool:
    """Whether the alignment with water scatters about that of the metabolites by more than noise explains.

    The metabolites are asked only where they are strong enough in every transient to be aligned by themselves.
    """
    power = _power_over_noise(band, metabolites)
    if np.sum(power) < _LEAST_ENERGY_SNR**2:
        return False
    usual = _usual(whole.turned(everything)) & _usual(band.turned(metabolites))
    if usual.sum() < _FEWEST_GROUPS:
        return False
    shift = _robust_variance((everything.shift_hz - metabolites.shift_hz)[usual])
    phase = _robust_variance(_centred((everything.phase_rad - metabolites.phase_rad)[usual]))
    shift_bound, phase_bound = _bounds(power, band.time_s)
    return bool(
        shift > max(_DISAGREES * shift_bound, _IMMATERIAL_HZ**2)
        or phase > max(_DISAGREES * phase_bound, _IMMATERIAL_RAD**2)
    )


def _bounds(power: FloatArray, time_s: FloatArray) -> tuple[float, float]:
    """Return the least variances (Cramer-Rao) of the shift in Hz and the phase in rad of a known FID in noise.

    Parameters
    ----------
    power : (samples,) squared magnitude over the variance of a real part
    """
    turn = 2 * np.pi * time_s
    zeroth, first, second = float(np.sum(power)), float(np.sum(power * turn)), float(np.sum(power * turn**2))
    determinant = zeroth * second - first**2
    if determinant <= _LEAST_NOISE * zeroth * second:
        return np.inf, np.inf
    return zeroth / determinant, second / determinant


def _robust_variance(values: FloatArray) -> float:
    return float((_MAD_TO_SD * np.median(np.abs(values - np.median(values)))) ** 2)


def _centred(phase_rad: FloatArray) -> FloatArray:
    centre = np.angle(np.mean(np.exp(1j * phase_rad)))
    return np.asarray(np.angle(np.exp(1j * (phase_rad - centre))))


def drift_hz(shift_hz: FloatArray) -> float:
    """Return the range of the shifts after smoothing over 15 transients."""
    if len(shift_hz) < 3:
        return float(np.ptp(shift_hz)) if len(shift_hz) else 0.0
    return float(np.ptp(smoothed(shift_hz, trend=True)))


def smoothed(values: FloatArray, *, trend: bool = False) -> FloatArray:
    """Return the running median over 15 values (fewer for short series).

    The series is mirrored at its ends; with `trend` it is turned about them as well, so that a drift goes on.
    """
    half = min(_SMOOTHED // 2, (len(values) - 1) // 2)
    padded = np.pad(values, half, mode="reflect")
    if trend and half:
        ends = min(5, len(values))
        first, last = np.median(values[:ends]), np.median(values[-ends:])
        overhang = (last - first) / max(len(values) - ends, 1) * (ends - 1) / 2
        padded[:half] = 2 * (first - overhang) - padded[:half]
        padded[-half:] = 2 * (last + overhang) - padded[-half:]
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1))
