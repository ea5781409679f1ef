"""Acidity-to-structure evidence: how the discs of one exam differ, as a likelihood ratio for pain.

The model is Discern's own (domain dossier "Disc and cord MRS", section 9; its numbers are in the protocol file). It is
relative within one patient, and it is withheld where fewer than three discs can be read or where they do not differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from analysis.protocol import EvidenceRules
from analysis.types import Driver, Evidence, EvidenceClass, FloatArray, Interval, Probability

NOT_EVALUABLE = Evidence(None, None, "not evaluable", (), None)
_SMALLEST_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class DiscSignals:
    """What the model needs of one evaluable disc.

    Attributes
    ----------
    mean : (n + 1,) amplitudes of the numerators, in the rules' order, then of the structure
    covariance : (n + 1, n + 1) measurement covariance, inflated by misfit, plus the covariance between fits
    lipid : amplitude of the lipid under lactate
    water : water amplitude, or None
    """

    mean: FloatArray
    covariance: FloatArray
    lipid: float
    water: float | None


@dataclass(frozen=True)
class Comparison:
    """The outcome for an exam: evidence per evaluable disc, or why it is withheld."""

    evidence: tuple[Evidence, ...] | None
    contrast_p: float | None
    withheld: str | None


@dataclass(frozen=True, eq=False)
class _Draws:
    """Monte Carlo draws: amplitudes (draws, discs, n + 1) and separations (draws,)."""

    amplitudes: FloatArray
    delta: FloatArray


def total_covariance(disc: DiscSignals, rules: EvidenceRules) -> FloatArray:
    """Return the covariance with the lipid term: ``(lipid_share x lipid)^2`` on the first numerator (section 9.1)."""
    total = disc.covariance.copy()
    total[0, 0] += (rules.lipid_share * disc.lipid) ** 2
    return total


def compare(discs: Sequence[DiscSignals], rules: EvidenceRules) -> Comparison:
    """Compare the evaluable discs of one exam."""
    if len(discs) < rules.least_discs:
        text = f"Only {len(discs)} evaluable disc{'s' if len(discs) != 1 else ''}; the comparison needs at least "
        return Comparison(None, None, f"{text}{rules.least_discs}.")
    draws = _draw(discs, rules)
    floors = _floors(discs, rules)
    p = contrast_p(_log_ratios(draws.amplitudes, floors)[:, :, 0], _log_ratios(_point(discs), floors)[0, :, 0])
    if p >= rules.contrast_p:
        text = (
            f"No chemical difference between the discs was found (p = {p:.2g}); the relative comparison is withheld. "
            "It cannot tell whether all of the discs or none of them hurt."
        )
        return Comparison(None, p, text)
    drawn, point = _Contrast.of(draws.amplitudes, floors), _Contrast.of(_point(discs), floors)
    log_lr = _clipped(_raw_log_lr(drawn.own - drawn.others, draws.delta[:, None], rules), rules)
    shares = _variance_shares(drawn, point, draws.delta, rules)
    drivers = _drivers(discs, floors, rules)
    evidence = tuple(_summary(log_lr[:, d], drivers[d], shares[d], rules) for d in range(len(discs)))
    return Comparison(evidence, p, None)


def _point(discs: Sequence[DiscSignals]) -> FloatArray:
    return np.array([[d.mean for d in discs]])


def _draw(discs: Sequence[DiscSignals], rules: EvidenceRules) -> _Draws:
    """Draw all discs' amplitudes and the separation; seeded, so that results repeat to the byte."""
    rng = np.random.default_rng(rules.seed)
    columns = []
    for disc in discs:
        values, vectors = np.linalg.eigh(total_covariance(disc, rules))
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        columns.append(disc.mean + rng.standard_normal((rules.draws, len(disc.mean))) @ root.T)
    amplitudes = np.stack(columns, axis=1)
    delta = rules.delta_mean + rules.delta_sd * rng.standard_normal(rules.draws)
    delta = np.where(delta > 0, delta, rules.delta_mean)
    return _Draws(amplitudes, delta)


def _floors(discs: Sequence[DiscSignals], rules: EvidenceRules) -> FloatArray:
    """Return the common floor of each numerator, (n,): a noisy zero must not look healthier than a measured one."""
    sd = np.array([np.sqrt(np.diag(total_covariance(d, rules)))[:-1] / d.mean[-1] for d in discs])
    return np.asarray(2 * sd.max(axis=0))


def _log_ratios(amplitudes: FloatArray, floors: FloatArray) -> FloatArray:
    """Return ``ln(A+ / S + floor)``, (draws, discs, n)."""
    structure = np.abs(amplitudes[:, :, -1:])
    structure = np.maximum(structure, _SMALLEST_SHARE * np.median(structure, axis=0))
    return np.asarray(np.log(np.maximum(amplitudes[:, :, :-1], 0.0) / structure + floors))


def _median_of_others(y: FloatArray) -> FloatArray:
    """Return for each disc the median of the other discs, (draws, discs, n)."""
    ranks = np.argsort(np.argsort(y, axis=1, kind="stable"), axis=1, kind="stable")
    ordered, last = np.sort(y, axis=1), y.shape[1] - 2
    below, above = (np.where(k < ranks, k, k + 1) for k in (last // 2, (last + 1) // 2))
    low, high = (np.take_along_axis(ordered, index, axis=1) for index in (below, above))
    return np.asarray((low + high) / 2)


def _against_others(y: FloatArray) -> FloatArray:
    """Subtract from each disc the median of the other discs, (draws, discs, n)."""
    return np.asarray(y - _median_of_others(y))


@dataclass(frozen=True, eq=False)
class _Contrast:
    """Log ratios of each disc and the median of those of the other discs, (draws, discs, n) each."""

    own: FloatArray
    others: FloatArray

    @staticmethod
    def of(amplitudes: FloatArray, floors: FloatArray) -> _Contrast:
        y = _log_ratios(amplitudes, floors)
        return _Contrast(y, _median_of_others(y))


def log_likelihood_ratios(
    amplitudes: FloatArray, delta: FloatArray, floors: FloatArray, rules: EvidenceRules
) -> FloatArray:
    """Return log likelihood ratios (draws, discs), clipped to the caps.

    Equal-variance binormal: non-painful N(0, 1), painful N(delta, 1), so ``log LR = delta (eta - delta / 2)``.
    """
    contrast = _Contrast.of(amplitudes, floors)
    return _clipped(_raw_log_lr(contrast.own - contrast.others, delta[:, None], rules), rules)


def _clipped(log_lr: FloatArray, rules: EvidenceRules) -> FloatArray:
    capped = np.log(rules.lr_cap)
    return np.asarray(np.clip(log_lr, capped[0], capped[1]))


def _raw_log_lr(contrast: FloatArray, delta: FloatArray | float, rules: EvidenceRules) -> FloatArray:
    """Return log likelihood ratios (draws, discs) of contrasts (draws, discs, n) for separations (draws, 1)."""
    names = list(rules.numerators)
    beta = np.array([rules.numerators[n] for n in names])
    tau = np.array([rules.tau_ln[n] for n in names])
    correlation = np.full((len(beta), len(beta)), rules.correlation)
    np.fill_diagonal(correlation, 1.0)
    eta = (contrast / tau) @ beta / math.sqrt(float(beta @ correlation @ beta))
    return np.asarray(delta * (eta - delta / 2))


def contrast_p(drawn: FloatArray, point: FloatArray) -> float:
    """Return the p value of heterogeneity between discs: weighted chi-squared of their log ratios.

    Parameters
    ----------
    drawn : (draws, discs), point : (discs,)
    """
    variance = np.var(drawn, axis=0)
    weight = 1 / variance
    centre = float(np.sum(weight * point) / np.sum(weight))
    q = float(np.sum(weight * (point - centre) ** 2))
    return float(chdtrc(len(point) - 1, q))


def _interval(values: FloatArray) -> Interval:
    low, median, high = np.percentile(values, [5, 50, 95])
    return Interval(float(median), float(low), float(high))


def probability_after(pretest: float, lr: Interval) -> Interval:
    """Return the probability after evidence, odds = pre-test odds x LR, with the interval of the LR."""
    odds = pretest / (1 - pretest)
    return Interval(*(odds * value / (1 + odds * value) for value in (lr.median, lr.low90, lr.high90)))


def _class_of(lr: FloatArray, rules: EvidenceRules) -> EvidenceClass:
    if float(np.mean(lr > rules.lr_call[1])) >= rules.call_probability:
        return "higher"
    if float(np.mean(lr < rules.lr_call[0])) >= rules.call_probability:
        return "lower"
    return "indeterminate"


def _summary(log_lr: FloatArray, driver: Driver | None, shares: Mapping[str, float], rules: EvidenceRules) -> Evidence:
    lr = np.exp(log_lr)
    interval = _interval(lr)
    return Evidence(
        lr=interval,
        score=_interval(10 * lr / (1 + lr)),
        evidence_class=_class_of(lr, rules),
        probability=tuple(Probability(p, probability_after(p, interval)) for p in rules.pretest),
        driver=driver,
        variance_share=shares,
    )


def _variance_shares(
    drawn: _Contrast, point: _Contrast, delta: FloatArray, rules: EvidenceRules
) -> list[dict[str, float]]:
    """Split the variance of each disc's uncapped log LR: its own measurement, the reference discs, the model."""
    parts = {
        "measurement": _raw_log_lr(drawn.own - point.others, rules.delta_mean, rules),
        "reference discs": _raw_log_lr(point.own - drawn.others, rules.delta_mean, rules),
        "model": _raw_log_lr(point.own - point.others, delta[:, None], rules),
    }
    variances = {name: np.var(values, axis=0) for name, values in parts.items()}
    total = sum(variances.values())
    return [
        {name: float(v[d] / total[d]) if total[d] else 0.0 for name, v in variances.items()}
        for d in range(drawn.own.shape[1])
    ]


def _drivers(discs: Sequence[DiscSignals], floors: FloatArray, rules: EvidenceRules) -> list[Driver | None]:
    """Tell whether a raised ratio comes from more acid or less structure, both relative to water (section 9.1, 7).

    None for a disc whose ratio is not raised, and for all where a water reference is missing.
    """
    water = [d.water for d in discs]
    if any(w is None or w <= 0 for w in water):
        return [None] * len(discs)
    mean = np.array([d.mean for d in discs])
    w = np.array(water, dtype=float)
    acid = np.log(np.maximum(mean[:, 0], 1e-12) / w)
    structure = np.log(mean[:, -1] / w)
    change = _against_others(_log_ratios(mean[None], floors))[0, :, 0]
    loss = -_against_others(structure[None, :, None])[0, :, 0]
    gain = _against_others(acid[None, :, None])[0, :, 0]
    return [_driver(float(change[d]), float(gain[d]), float(loss[d]), rules.driver_share) for d in range(len(discs))]


def _driver(change: float, gain: float, loss: float, share: float) -> Driver | None:
    if change <= 0 or gain + loss <= 0:
        return None
    if loss > share * (gain + loss):
        return "structure"
    return "acid" if gain > share * (gain + loss) else "mixed"
