"""Concentrations against water: the formula, its error against a simulation, and what stays unknown."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.biomarkers import metabolite_amplitudes
from analysis.concentration import Times, concentration, left_after, relaxation_rsd, tissue_scale, water_for_driver
from analysis.pipeline import analyse
from analysis.tissue_water import Known, RelaxationRule, TissueWater
from analysis.types import Measured
from analysis.voxel_settings import VoxelSettings
from tests.benchmarks.simulated import SILENT, analysed, basis_of, exam, shipped, spin_library, study_of

TIMES = Times(0.030, 1.5, 0.0)
WHERE = {"source": "a test", "status": "design choice"}


def known(value: float, sd: float) -> Known:
    return Known(value=value, sd=sd, **WHERE)


WATER = TissueWater(
    f0_range_mhz=(100.0, 150.0),
    content_g_per_ml=known(0.78, 0.06),
    t1_s=known(1.15, 0.15),
    t2_s=known(0.091, 0.02),
    metabolites=(
        RelaxationRule(signals=("Lac",), t1_s=known(1.3, 0.2), t2_s=known(0.24, 0.05)),
        RelaxationRule(signals=("Ala", "PG"), t1_s=known(1.0, 0.2), t2_s=known(0.06, 0.01)),
    ),
    **WHERE,
)


@pytest.fixture(scope="module")
def voxel():
    """A fitted disc of a simulated exam, its water replaced by one of known size."""
    found = next(v for v in analysed(3)[1].voxels if v.label != SILENT and v.fit is not None)
    time = np.arange(len(found.spectrum.fid)) / found.spectrum.spectral_width_hz
    water = 4000.0 * np.exp(-((9 * time) ** 2)) + 0j
    parameters = replace(found.acquisition.parameters, te_s=TIMES.te_s, tr_s=TIMES.tr_s)
    acquisition = replace(found.acquisition, parameters=parameters, water_spectral_width_hz=None)
    return replace(found, acquisition=acquisition, spectrum=replace(found.spectrum, water=water, water_area=4000.0))


def scale_of(voxel, water=WATER, own=None):
    return tissue_scale(voxel.acquisition, voxel.spectrum, water, own)


def row(voxel, **weights):
    return np.array([weights.get(name, 0.0) for name in voxel.fit.names])


def by_hand(amplitude, area, content, water, signal):
    """mmol/l of a signal, with `water` and `signal` as (T1, T2)."""
    tissue = 1e6 * content / 18.015
    return amplitude / (area / 2) * tissue * left_after(TIMES, *water) / left_after(TIMES, *signal)


def test_the_formula(voxel):
    amplitude = float(voxel.fit.amplitudes[voxel.fit.names.index("Lac")])
    found = concentration(voxel.fit, row(voxel, Lac=1.0), scale_of(voxel))
    assert found.value == pytest.approx(by_hand(amplitude, 4000.0, 0.78, (1.15, 0.091), (1.3, 0.24)), rel=1e-3)


def test_relaxation_is_that_of_a_spin_echo_and_of_a_stimulated_one():
    assert left_after(Times(0.03, 1e9, 0.0), 1.2, 0.1) == pytest.approx(math.exp(-0.3))
    assert left_after(Times(0.0, 1.2, 0.0), 1.2, 0.1) == pytest.approx(1 - math.exp(-1))
    assert left_after(Times(0.0, 1e9, 0.012), 1.2, 0.1) == pytest.approx(math.exp(-0.01))


@pytest.mark.parametrize("times", [TIMES, Times(0.144, 2.0, 0.0), Times(0.02, 1.0, 0.03)])
def test_the_error_of_relaxation_is_its_derivative(times):
    t1, t2, step = 1.15, 0.09, 1e-6
    by_t1 = (math.log(left_after(times, t1 + step, t2)) - math.log(left_after(times, t1 - step, t2))) / (2 * step)
    by_t2 = (math.log(left_after(times, t1, t2 + step)) - math.log(left_after(times, t1, t2 - step))) / (2 * step)
    found = relaxation_rsd(times, known(t1, 0.01), known(t2, 0.003))
    assert found == pytest.approx(math.hypot(by_t1 * 0.01, by_t2 * 0.003), rel=1e-4)


def test_the_error_is_that_of_a_simulation(voxel):
    """Draws of everything that enters LAAL = Lac + Ala; rates 1/T2, in which the signal is exponential, are normal."""
    rng, count = np.random.default_rng(5), 40_000
    fit, names = voxel.fit, ("Lac", "Ala")
    pick = [fit.names.index(name) for name in names]
    drawn = rng.multivariate_normal(fit.amplitudes[pick], fit.covariance[np.ix_(pick, pick)], count)

    def times(rule):
        t1 = rng.normal(rule.t1_s.value, rule.t1_s.sd, count)
        rate = rng.normal(1 / rule.t2_s.value, rule.t2_s.sd / rule.t2_s.value**2, count)
        return (1 - np.exp(-TIMES.tr_s / t1)) * np.exp(-TIMES.te_s * rate)

    water = times(WATER) * rng.normal(0.78, 0.06, count) * 1e6 / 18.015 / 2000.0
    total = sum(drawn[:, k] * water / times(rule) for k, rule in enumerate(WATER.metabolites))
    found = concentration(fit, row(voxel, Lac=1.0, Ala=1.0), scale_of(voxel))
    assert found.value == pytest.approx(total.mean(), rel=0.03)
    assert found.sd == pytest.approx(total.std(), rel=0.06)


def test_what_signals_share_is_not_counted_twice(voxel):
    """The water's error moves Lac and Ala together: the error of their sum is more than that of two separate ones."""
    fit = replace(voxel.fit, covariance=np.zeros_like(voxel.fit.covariance))
    parts = [concentration(fit, row(voxel, **{n: 1.0}), scale_of(voxel)) for n in ("Ala", "PG")]
    both = concentration(fit, row(voxel, Ala=1.0, PG=1.0), scale_of(voxel))
    assert both.sd == pytest.approx(sum(part.sd for part in parts), rel=1e-9)


def test_a_voxels_own_t2_takes_the_place_of_the_prior(voxel):
    own = Measured(0.21, 0.004)
    prior, measured = (concentration(voxel.fit, row(voxel, PG=1.0), scale_of(voxel, own=t2)) for t2 in (None, own))
    assert measured.value / prior.value == pytest.approx(math.exp(-0.03 / 0.21 + 0.03 / 0.091), rel=1e-9)
    assert measured.sd / measured.value < prior.sd / prior.value


@pytest.mark.parametrize(
    "change",
    [
        lambda v: replace(v, spectrum=replace(v.spectrum, water=None)),
        lambda v: replace(v, spectrum=replace(v.spectrum, water=np.zeros(64, dtype=complex))),
        lambda v: replace(v, spectrum=replace(v.spectrum, f0_mhz=298.0)),
        lambda v: replace(
            v, acquisition=replace(v.acquisition, parameters=replace(v.acquisition.parameters, te_s=None))
        ),
        lambda v: replace(
            v, acquisition=replace(v.acquisition, parameters=replace(v.acquisition.parameters, tr_s=None))
        ),
    ],
)
def test_what_is_not_known_gives_no_number(voxel, change):
    changed = change(voxel)
    assert scale_of(changed) is None
    amplitudes = metabolite_amplitudes(voxel.fit, shipped("disc"), scale_of(changed))
    assert {a.concentration_mmol_per_l for a in amplitudes.values()} == {None}


def test_a_sum_with_an_unknown_part_has_no_number(voxel):
    assert concentration(voxel.fit, row(voxel, Lac=1.0, Coll=1.0), scale_of(voxel)) is None


@pytest.mark.parametrize("name", ["disc", "brain", "cord"])
def test_shipped_protocols_leave_lipid_and_macromolecules_without_a_number(name):
    rules = shipped(name).rules
    scaled = {signal for rule in rules.water.metabolites for signal in rule.signals}
    left = {s.name for s in rules.signals} - scaled
    assert left
    assert all(n.startswith(("Lip", "MM", "Coll", "Carb")) for n in left)


def test_the_exam_gives_concentrations(voxel):
    """The phantom's water is far from a tissue's, so only their presence and the unknown ones are looked at."""
    amplitudes = analysed(3)[1].voxels[0].metabolites
    assert amplitudes["LAAL"].concentration_mmol_per_l.sd > 0
    assert amplitudes["Coll"].concentration_mmol_per_l is None


def test_the_driver_takes_t2_only_where_every_disc_has_one(voxel):
    other = replace(voxel, water_t2_s=Measured(0.06, 0.002))
    assert water_for_driver([voxel, other]) == [4000.0, 4000.0]
    assert water_for_driver([other, other])[0] == pytest.approx(4000.0 * math.exp(0.5))
    assert water_for_driver([replace(voxel, spectrum=replace(voxel.spectrum, water_area=None))]) == [None]


def test_a_given_t2_is_an_edit():
    assert VoxelSettings(water_t2_s=Measured(0.1, 0.01)).adjusted


def test_a_brain_of_known_content_comes_out_right():
    """10 mM NAA and 8 mM Cr in the protocol's own tissue, weighted by its relaxation, from raw signal to result."""
    protocol, study = shipped("brain"), study_of(exam(1))
    water, first = protocol.rules.water, study.acquisitions[0]
    basis = basis_of("brain")
    content = {"NAA": 10.0, "Cr": 8.0, "GPC": 1.5, "Glu": 9.0, "mI": 6.0}
    of = {name: rule for rule in water.metabolites for name in rule.signals}
    times = Times(basis.te_s, 2.0, 0.0)
    time = np.arange(basis.sampling.points) / basis.sampling.spectral_width_hz
    fid = sum(
        mm * left_after(times, of[n].t1_s.value, of[n].t2_s.value) * basis.fids[basis.names.index(n)]
        for n, mm in content.items()
    ) * np.exp(-((8 * time) ** 2) - 6 * time)
    full = 2e6 * water.content_g_per_ml.value / 18.015 * left_after(times, water.t1_s.value, water.t2_s.value)
    rng = np.random.default_rng(2)
    noise = 0.15 * (rng.standard_normal((1, 16, len(time))) + 1j * rng.standard_normal((1, 16, len(time))))
    acquisition = replace(
        first,
        fids=fid + noise,
        water=(full * np.exp(-((8 * time) ** 2) - 12 * time))[None, None] + noise[:, :1],
        parameters=replace(first.parameters, te_s=times.te_s, tr_s=times.tr_s, localisation="PRESS"),
    )
    result = analyse(replace(study, acquisitions=(acquisition,)), protocol, spin_library())
    found = {n: a.concentration_mmol_per_l for n, a in result.voxels[0].metabolites.items()}
    assert found["tNAA"].value == pytest.approx(10.0, rel=0.03)
    assert found["tCr"].value == pytest.approx(8.0, rel=0.03)
    assert 0.05 < found["tCr"].sd / found["tCr"].value < 0.15
    assert found["MM09"] is None
