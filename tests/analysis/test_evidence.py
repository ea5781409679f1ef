"""The evidence model's promises (domain dossier, section 9.4), on discs whose amplitudes are set by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from analysis.evidence import (
    NOT_EVALUABLE,
    Comparison,
    DiscSignals,
    compare,
    contrast_p,
    log_likelihood_ratios,
    probability_after,
    total_covariance,
)
from analysis.types import Evidence, Interval
from tests.benchmarks.simulated import shipped

RULES = shipped("disc").rules.evidence
FEW = RULES.model_copy(update={"draws": 1500})
NUMERATORS = list(RULES.numerators)
LOW_CAP, HIGH_CAP = RULES.lr_cap


def disc(laal: float = 0.63, prop: float = 0.12, pg: float = 1.0, snr: float = 12.0, **rest: float) -> DiscSignals:
    """A disc whose amplitudes have the errors of a PG SNR: that of PG is 8 % at SNR 10, that of LAAL about as large."""
    sd = np.array([0.8, 0.5, 0.8]) / snr
    return DiscSignals(np.array([laal, prop, pg]), np.diag(sd**2), rest.get("lipid", 0.2), rest.get("water", 600.0))


PAINFUL = {"laal": 0.45 * 3.2 + 0.18 * 2.5, "prop": 0.24, "pg": 0.7}
"""Section 9.3: lactate x 3.2, alanine x 2.5, propionate x 2, PG x 0.7."""


def exam(**odd: float) -> list[DiscSignals]:
    """Four discs alike and a last one that is not."""
    snr = odd.get("snr", 12.0)
    return [disc(snr=snr) for _ in range(4)] + [disc(**{**PAINFUL, **odd})]


def last(discs: list[DiscSignals], rules=FEW) -> Evidence:
    found = compare(discs, rules)
    assert found.evidence is not None, found.withheld
    return found.evidence[-1]


def scaled(one: DiscSignals, factor: float) -> DiscSignals:
    water = None if one.water is None else one.water * factor
    return DiscSignals(one.mean * factor, one.covariance * factor**2, one.lipid * factor, water)


def numbers(found: Comparison) -> np.ndarray:
    assert found.evidence is not None, found.withheld
    rows = [
        (e.lr.median, e.lr.low90, e.lr.high90, e.score.median, e.score.low90, e.score.high90) for e in found.evidence
    ]
    return np.array(rows)


# --- invariances -------------------------------------------------------------------------------------------------


@given(st.floats(1e-3, 1e3))
@settings(max_examples=10)
def test_the_unit_of_amplitudes_does_not_matter(factor):
    first, other = compare(exam(), FEW), compare([scaled(d, factor) for d in exam()], FEW)
    assert numbers(other) == pytest.approx(numbers(first), rel=1e-6)
    assert other.contrast_p == pytest.approx(first.contrast_p, rel=1e-6)
    assert [e.driver for e in other.evidence] == [e.driver for e in first.evidence]


@given(st.floats(0.05, 20), st.integers(0, 4))
@settings(max_examples=10)
def test_the_gain_of_one_disc_does_not_matter(factor, which):
    """Another coil gain scales a disc's amplitudes, errors, lipid and water together."""
    discs = exam()
    discs[which] = scaled(discs[which], factor)
    assert numbers(compare(discs, FEW)) == pytest.approx(numbers(compare(exam(), FEW)), rel=1e-6)


def test_the_order_of_discs_does_not_matter_beyond_the_draws():
    discs = [disc(), disc(laal=0.8), disc(pg=0.8, laal=0.5), disc(**PAINFUL), disc(laal=0.4, prop=0.2)]
    order = [3, 0, 4, 2, 1]
    first = numbers(compare(discs, RULES))[order]
    other = numbers(compare([discs[i] for i in order], RULES))
    assert np.log(other[:, :3]) == pytest.approx(np.log(first[:, :3]), abs=0.06)


def test_the_same_exam_gives_the_same_bytes():
    assert numbers(compare(exam(), FEW)).tobytes() == numbers(compare(exam(), FEW)).tobytes()


# --- monotone ----------------------------------------------------------------------------------------------------


def test_more_acid_or_less_proteoglycan_never_lowers_the_evidence():
    rows = {"laal": np.geomspace(0.2, 4, 9), "prop": np.geomspace(0.03, 1, 7), "pg": (2, 1.4, 1, 0.7, 0.5)}
    for key, values in rows.items():
        medians = []
        for value in values:
            found = compare([*exam()[:3], disc(laal=0.9), disc(**{"laal": 0.8, key: float(value)})], FEW)
            assert found.evidence is not None
            medians.append(found.evidence[-1].lr.median)
        assert np.all(np.diff(medians) >= -1e-3), key
        assert medians[-1] > 1.3 * medians[0], key


def test_more_noise_widens_the_interval():
    widths = []
    for snr in (40, 20, 10, 6, 4):
        discs = [*(disc(laal=0.5 + 0.1 * k, snr=snr) for k in range(4)), disc(laal=1.2, snr=snr)]
        e = last(discs, FEW.model_copy(update={"contrast_p": 1.1}))
        widths.append(e.score.high90 - e.score.low90)
    assert np.all(np.diff(widths) > 0)


def test_a_correlation_of_lactate_with_pg_is_used():
    """Errors that move numerator and denominator together leave the ratio surer than errors that move them apart."""
    sd = np.array([0.1, 0.05, 0.1])

    def width(correlation: float) -> float:
        covariance = np.diag(sd**2)
        covariance[0, 2] = covariance[2, 0] = correlation * sd[0] * sd[2]
        odd = replace(disc(laal=1.1), covariance=covariance)
        e = last([disc(), disc(laal=0.9), disc(laal=0.7), disc(laal=0.6), odd], RULES)
        return e.score.high90 - e.score.low90

    assert width(0.8) < width(0.0) < width(-0.8)


# --- caps, score, probability, classes ---------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 20), st.floats(0.05, 30)), min_size=3, max_size=6))
@settings(max_examples=30)
def test_no_disc_leaves_the_caps(amplitudes):
    discs = [disc(*values) for values in amplitudes]
    found = compare(discs, FEW.model_copy(update={"contrast_p": 1.1, "draws": 300}))
    rows = numbers(found)
    assert np.all(np.isfinite(rows))
    assert rows[:, :3].min() >= LOW_CAP - 1e-9
    assert rows[:, :3].max() <= HIGH_CAP + 1e-9
    assert np.all(np.diff(rows[:, [1, 0, 2]], axis=1) >= 0)


def test_a_huge_outlier_hits_the_cap_and_goes_no_further():
    e = last(exam(laal=200.0, prop=50.0))
    assert e.lr.median == pytest.approx(HIGH_CAP)
    assert e.lr.high90 == pytest.approx(HIGH_CAP)
    assert e.evidence_class == "higher"
    assert e.score.median == pytest.approx(10 * HIGH_CAP / (1 + HIGH_CAP))


def test_vanishing_proteoglycan_is_not_infinite():
    e = last(exam(pg=1e-6))
    assert math.isfinite(e.lr.median)
    assert LOW_CAP <= e.lr.low90 <= e.lr.high90 <= HIGH_CAP


def test_the_score_is_ten_lr_over_one_plus_lr():
    for e in compare(exam(), RULES).evidence:
        for score, lr in ((e.score.median, e.lr.median), (e.score.low90, e.lr.low90), (e.score.high90, e.lr.high90)):
            assert score == pytest.approx(10 * lr / (1 + lr), abs=2e-3)
        assert 2.3 < e.score.low90 <= e.score.high90 < 8.1


@pytest.mark.parametrize(("lr", "percents"), [(4.1, (31, 67, 80)), (0.31, (3, 13, 24)), (1.0, (10, 33, 50))])
def test_probability_is_pretest_odds_times_lr(lr, percents):
    """The dossier's table for pre-test probabilities of 10, 33 and 50 %."""
    for pretest, percent in zip((0.10, 0.33, 0.50), percents, strict=True):
        found = probability_after(pretest, Interval(lr, lr / 2, lr * 2))
        assert round(100 * found.median) == percent
        assert found.low90 < found.median < found.high90
        assert found.median / (1 - found.median) == pytest.approx(lr * pretest / (1 - pretest))


def test_each_disc_carries_the_readers_table():
    e = last(exam())
    assert tuple(p.pretest for p in e.probability) == RULES.pretest
    for p in e.probability:
        assert p.value == probability_after(p.pretest, e.lr)


def test_the_log_lr_is_that_of_two_normal_densities():
    """One numerator with weight 1: eta is x / tau, and LR its density under N(delta, 1) over that under N(0, 1)."""
    rules = RULES.model_copy(update={"numerators": {"LAAL": 1.0}, "tau_ln": {"LAAL": 0.5}, "lr_cap": (1e-9, 1e9)})
    ratios = np.array([0.5, 0.8, 1.0, 2.4])
    amplitudes = np.stack([ratios, np.ones(4)], axis=1)[None]
    found = log_likelihood_ratios(amplitudes, np.array([1.2]), np.array([0.1]), rules)[0]
    y = np.log(ratios + 0.1)
    eta = np.array([y[d] - np.median(np.delete(y, d)) for d in range(4)]) / 0.5
    assert found == pytest.approx(-((eta - 1.2) ** 2) / 2 + eta**2 / 2)


def test_weights_are_combined_with_their_correlation():
    rules = RULES.model_copy(update={"lr_cap": (1e-9, 1e9)})
    amplitudes = np.array([[[1, 1, 1], [1, 1, 1], [2, b, 1]] for b in (1, 2)], dtype=float)
    one, both = log_likelihood_ratios(amplitudes, np.ones(2), np.zeros(2), rules)
    beta, tau = (np.array([table[n] for n in NUMERATORS]) for table in (RULES.numerators, RULES.tau_ln))
    norm = math.sqrt(sum(beta**2) + 2 * RULES.correlation * beta[0] * beta[1])
    x = math.log(2) / tau
    assert one[2] == pytest.approx(beta[0] * x[0] / norm - 0.5)
    assert both[2] == pytest.approx((beta @ x) / norm - 0.5)


# --- when it says nothing ----------------------------------------------------------------------------------------


def test_identical_discs_are_withheld_with_a_sentence():
    found = compare([disc() for _ in range(5)], RULES)
    assert found.evidence is None
    assert found.contrast_p == pytest.approx(1.0)
    assert "No chemical difference" in found.withheld
    assert found.withheld.endswith(".")


def test_all_discs_equally_acid_are_withheld_and_not_called_healthy():
    found = compare([disc(**PAINFUL) for _ in range(5)], RULES)
    assert found.evidence is None
    assert "all of the discs or none" in found.withheld


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 evaluable discs;"), (1, "1 evaluable disc;"), (2, "2 evaluable discs;")]
)
def test_fewer_than_three_discs_are_withheld_with_a_sentence(count, text):
    found = compare(exam()[5 - count :], RULES)
    assert found.evidence is None
    assert found.contrast_p is None
    assert text in found.withheld
    assert found.withheld.endswith("at least 3.")


def test_three_discs_are_enough():
    assert len(compare(exam()[2:], FEW).evidence) == 3


def test_discs_that_differ_by_noise_alone_are_mostly_withheld():
    rng, withheld = np.random.default_rng(5), 0
    for _ in range(60):
        discs = [replace(d, mean=rng.multivariate_normal(d.mean, d.covariance)) for d in (disc() for _ in range(5))]
        withheld += compare(discs, FEW.model_copy(update={"draws": 300})).evidence is None
    assert withheld >= 50  # 1 - contrast_p of them, within chance


def test_contrast_is_the_weighted_chi_squared_of_heterogeneity():
    rng = np.random.default_rng(6)
    point, sd = np.array([0.1, -0.2, 0.5, 0.0]), np.array([0.1, 0.2, 0.3, 0.15])
    drawn = point + sd * rng.standard_normal((200_000, 4))
    centre = np.sum(point / sd**2) / np.sum(1 / sd**2)
    expected = chi2.sf(np.sum((point - centre) ** 2 / sd**2), 3)
    assert contrast_p(drawn, point) == pytest.approx(expected, rel=0.03)


def test_a_disc_that_is_not_evaluable_has_no_numbers():
    assert NOT_EVALUABLE.evidence_class == "not evaluable"
    assert NOT_EVALUABLE.lr is NOT_EVALUABLE.score is NOT_EVALUABLE.driver is None
    assert NOT_EVALUABLE.probability == ()


# --- lipid, driver, variance -------------------------------------------------------------------------------------


def test_lipid_that_was_fitted_as_lactate_is_not_called():
    """Section 9.3: 0.6 units of lipid in lactate, in a disc whose lipid line is large."""
    never_withheld = RULES.model_copy(update={"contrast_p": 1.1})
    seen, unseen = (last(exam(laal=0.63 + 0.6, prop=0.12, pg=1.0, lipid=lipid), never_withheld) for lipid in (4.0, 0.0))
    assert seen.evidence_class == "indeterminate"
    assert seen.lr.median < unseen.lr.median
    assert seen.lr.median < 1.5


def test_the_lipid_term_is_a_share_of_the_lipid_on_the_first_numerator():
    one = disc(lipid=2.0)
    extra = total_covariance(one, RULES) - one.covariance
    expected = np.zeros((3, 3))
    expected[0, 0] = (RULES.lipid_share * 2.0) ** 2
    assert extra == pytest.approx(expected)


@pytest.mark.parametrize(
    ("odd", "driver"),
    [
        ({"laal": 1.9, "prop": 0.12, "pg": 1.0}, "acid"),
        ({"laal": 0.63, "prop": 0.12, "pg": 0.3}, "structure"),
        ({"laal": 1.1, "prop": 0.12, "pg": 0.55}, "mixed"),
        ({"laal": 0.2, "prop": 0.12, "pg": 1.0}, None),
        ({"laal": 1.9, "prop": 0.12, "pg": 2.0}, "acid"),
    ],
    ids=["acid", "structure", "mixed", "not raised", "acid in spite of more structure"],
)
def test_the_driver_is_what_changed(odd, driver):
    found = compare(exam(**odd), FEW)
    assert found.evidence is not None
    assert found.evidence[-1].driver == driver


def test_the_driver_is_unknown_without_water():
    discs = exam()
    discs[1] = replace(discs[1], water=None)
    assert {e.driver for e in compare(discs, FEW).evidence} == {None}


def test_variance_shares_sum_to_one_and_follow_the_noise():
    shares = [e.variance_share for e in compare(exam(), FEW).evidence]
    for share in shares:
        assert set(share) == {"measurement", "reference discs", "model"}
        assert sum(share.values()) == pytest.approx(1.0)
        assert min(share.values()) >= 0
    sure = [replace(d, covariance=1e-8 * d.covariance, lipid=0.0) for d in exam()[:-1]]
    alone = compare([*sure, exam()[-1]], FEW).evidence
    assert alone[-1].variance_share["reference discs"] < 1e-3
    assert alone[0].variance_share["measurement"] < 1e-3
    noisy = exam()
    noisy[-1] = replace(noisy[-1], covariance=4 * noisy[-1].covariance)
    assert last(noisy).variance_share["measurement"] > shares[-1]["measurement"] + 0.1


# --- the simulation of section 9.3 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("snr", "name", "low90"), [(20, "higher", (2.0, 2.8)), (12, "higher", (1.7, 2.6)), (5, "indeterminate", (1.0, 1.9))]
)
def test_one_painful_disc_against_four(snr, name, low90):
    e = last(exam(snr=snr), RULES)
    assert e.evidence_class == name
    assert low90[0] < e.lr.low90 < low90[1]
    assert e.lr.median == pytest.approx(HIGH_CAP, rel=1e-6 if snr > 5 else 0.4)
    assert e.driver == "acid"


def population(separation: float, exams: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Discs of which 35 % are painful, with log ratios separated as the model supposes: labels, LR medians, classes."""
    rng = np.random.default_rng(seed)
    rules = RULES.model_copy(update={"draws": 400})
    tau = np.array([RULES.tau_ln[n] for n in NUMERATORS])
    labels, medians, classes = [], [], []
    for _ in range(exams):
        painful = rng.random(5) < 0.35
        u = rng.multivariate_normal(np.zeros(2), [[1, 0.5], [0.5, 1]], 5) + separation * painful[:, None] * [1.0, 0.6]
        discs = []
        for row in u:
            true = disc(*(np.array([0.63, 0.12]) * np.exp(tau * row)))
            discs.append(replace(true, mean=rng.multivariate_normal(true.mean, true.covariance)))
        found = compare(discs, rules)
        if found.evidence is not None:
            labels += painful.tolist()
            medians += [e.lr.median for e in found.evidence]
            classes += [e.evidence_class for e in found.evidence]
    return np.array(labels), np.array(medians), np.array(classes)


@pytest.mark.parametrize(("separation", "auc"), [(2.09, (0.80, 0.95)), (0.0, (0.40, 0.60))])
def test_a_population_is_separated_as_much_as_it_is(separation, auc):
    """Section 9.3: AUC 0.91 at d' 2.09 and 0.50 at 0; of painless discs few are called higher, of painful few lower."""
    labels, medians, classes = population(separation, 60, 8)
    there, here = medians[labels][:, None], medians[~labels][None]
    assert auc[0] < np.mean((there > here) + 0.5 * (there == here)) < auc[1]
    assert np.mean(classes[~labels] == "higher") < 0.08
    if separation > 0:
        assert np.mean(classes[labels] == "higher") > 0.2
        assert np.mean(classes[labels] == "lower") < 0.08
        assert np.mean(classes[~labels] == "lower") > 0.2
