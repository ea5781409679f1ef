"""What a bare fit says against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.bare_fit import bare_protocol
from analysis.errors import BadProtocol
from analysis.fit import fit_spectrum
from analysis.fit_checks import lipid_remark, misfit_remark, missing_lipid, parse_lipid_rules
from analysis.types import Basis, Sampling, Spectrum
from app.fit_command import load_bare_rules
from app.resource_files import load_spin_library, resource_path
from tests.benchmarks.simulated import basis_of

NAMES = ("Lac", "Ala", "NAA", "Cr", "GPC", "mI", "Glu")
TRUTH = {"Lac": 4.0, "Ala": 1.0, "NAA": 10.0, "Cr": 8.0, "GPC": 1.5, "mI": 6.0, "Glu": 9.0}
NOISE = 0.3


@pytest.fixture(scope="module")
def basis() -> Basis:
    whole = basis_of("brain")
    index = [whole.names.index(name) for name in NAMES]
    time = np.arange(whole.sampling.points) / whole.sampling.spectral_width_hz
    return replace(whole, names=NAMES, fids=whole.fids[index] * np.exp(-5 * time))


def spectrum_of(basis: Basis, lipid: float, more: complex = 0.0, seed: int = 3) -> Spectrum:
    s: Sampling = basis.sampling
    time = np.arange(s.points) / s.spectral_width_hz
    fid = np.array([TRUTH[n] for n in basis.names]) @ basis.fids
    fid = fid + lipid * 2 * np.exp(2j * np.pi * (1.28 - s.reference_ppm) * s.f0_mhz * time - (35 * time) ** 2)
    fid = fid * np.exp(-((9 * time) ** 2)) + more * np.exp(
        2j * np.pi * (2.8 - s.reference_ppm) * s.f0_mhz * time - 20 * time
    )
    rng = np.random.default_rng(seed)
    fid = fid + NOISE * (rng.standard_normal(s.points) + 1j * rng.standard_normal(s.points))
    return Spectrum(
        fid, s.f0_mhz, s.spectral_width_hz, s.reference_ppm, NOISE, (), np.ones(1, dtype=bool), np.zeros(1), np.zeros(1)
    )


@pytest.fixture(scope="module")
def lipid_rules():
    return parse_lipid_rules(resource_path("protocols", "bare.toml").read_text(encoding="utf-8"))


def found_in(spectrum, basis, lipid_rules):
    rules = load_bare_rules()
    fit = fit_spectrum(spectrum, basis, bare_protocol(rules, basis.names, spectrum.f0_mhz))
    return missing_lipid(spectrum, basis, fit, rules, lipid_rules, load_spin_library().broad)


@pytest.mark.parametrize("seed", range(3))
def test_lactate_without_lipid_is_not_doubted(basis, lipid_rules, seed):
    assert found_in(spectrum_of(basis, 0.0, seed=seed), basis, lipid_rules) is None


def test_lipid_that_the_basis_lacks_is_reported_with_what_it_does_to_lactate(basis, lipid_rules):
    found = found_in(spectrum_of(basis, 12.0), basis, lipid_rules)
    assert found.gain > lipid_rules.least_gain
    assert found.with_lipid["Lac"] < found.without["Lac"]
    (sentence,) = lipid_remark(found)
    assert "Lac is" in sentence
    assert sentence.endswith(".")


def test_a_basis_with_lipid_is_not_asked(basis, lipid_rules):
    lipid = spectrum_of(basis, 1.0).fid - spectrum_of(basis, 0.0).fid
    own = replace(basis, names=(*basis.names, "Lip13"), fids=np.vstack([basis.fids, lipid]))
    fit = fit_spectrum(spectrum_of(basis, 12.0), own, bare_protocol(load_bare_rules(), own.names, 127.7))
    assert missing_lipid(spectrum_of(basis, 12.0), own, fit, load_bare_rules(), lipid_rules, {}) is None


def test_a_misfit_is_said_with_its_place(basis):
    rules = load_bare_rules()
    fits = [
        fit_spectrum(s, basis, bare_protocol(rules, basis.names, s.f0_mhz))
        for s in (spectrum_of(basis, 0.0), spectrum_of(basis, 0.0, more=15.0))
    ]
    assert misfit_remark(fits[0], rules.misfit.warn) == ()
    (sentence,) = misfit_remark(fits[1], rules.misfit.warn)
    # the strange line lies at 2.8 ppm; its place is known to a share of the window of 0.3 ppm
    assert "around 2.8 ppm" in sentence or "around 2.7 ppm" in sentence


@pytest.mark.parametrize("text", ["x = ", "[lipid]\nsignals = 3"])
def test_rules_that_miss_something_are_refused(text):
    with pytest.raises(BadProtocol):
        parse_lipid_rules(text)
