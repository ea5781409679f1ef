"""Real spectra: each is fitted near the peers, or says that it is not described."""

from __future__ import annotations

import pytest

from app.fit_command import load_bare_rules
from tests.benchmarks.in_vivo import GROUPS, Found, all_ratios, run_all


@pytest.fixture(scope="module")
def found(shared_data) -> list[Found]:
    return run_all(shared_data)


def test_every_group_has_a_number(found):
    assert len(found) == 5
    assert all(set(f.groups) == set(GROUPS) for f in found)


def test_a_spectrum_is_described_or_says_that_it_is_not(found):
    warned = load_bare_rules().misfit.warn
    assert all(f.misfit <= warned or any("does not describe" in remark for remark in f.remarks) for f in found)


@pytest.mark.parametrize(("group", "apart"), [("tCr", 1.2), ("tCho", 1.3), ("Glx", 1.4)])
def test_what_is_described_is_as_near_to_the_peers_as_they_are_to_one_another(found, group, apart):
    """Guides/engines.md, section 2: peers agree within 20 % in tCr and tCho and within 30 to 60 % in Glx."""
    for f in found:
        if f.misfit < 5:
            values = [peer[group] for peer in f.peers.values()]
            assert min(values) / apart < f.groups[group].value < max(values) * apart, (f.case, f.basis)


def test_choline_over_creatine_is_near_the_peers_in_every_spectrum(shared_data):
    """Singlets beside each other, without water: the ratio that programs agree on best."""
    found = all_ratios(shared_data)
    assert len(found) == 5
    for f in found:
        peers = [peer["tCho"] for peer in f.peers.values()]
        assert min(peers) / 1.2 < f.ours["tCho"].value < max(peers) * 1.2, f.case
