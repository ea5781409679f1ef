"""The rules of a bare fit, written out for the signals of a basis set."""

from __future__ import annotations

import math

import pytest

from analysis.bare_fit import BareRules, bare_protocol, parse_bare_rules
from analysis.errors import BadProtocol
from app.fit_command import load_bare_rules

BRAIN = ("-CrCH2", "Cr", "PCr", "NAA", "GPC", "PCh", "Tau", "Lip09", "Lip13a", "Lip13b", "MM09", "MM20")


@pytest.fixture(scope="module")
def rules() -> BareRules:
    return load_bare_rules()


def test_every_signal_of_the_basis_has_its_rule_in_its_order(rules):
    protocol = bare_protocol(rules, BRAIN, 127.8)
    assert tuple(signal.name for signal in protocol.rules.signals) == BRAIN
    groups = {signal.name: signal.group for signal in protocol.rules.signals}
    assert {name for name, group in groups.items() if group == "broad"} == {
        "Lip09", "Lip13a", "Lip13b", "MM09", "MM20"
    }  # fmt: skip
    assert all(signal.nonnegative for signal in protocol.rules.signals)


def test_width_priors_are_lcmodels_at_any_field(rules):
    """1/T2 of 2.0 +- 0.4 per s at 2 T, growing with the root of the field; a width in Hz is 1/(pi T2)."""
    for f0_mhz in (63.9, 127.8, 298.0):
        protocol = bare_protocol(rules, BRAIN, f0_mhz)
        root = math.sqrt(f0_mhz / 85.16)
        assert protocol.rules.signals[1].width_sd_hz == pytest.approx(0.4 / math.pi * root)
        assert protocol.rules.width_groups[0].mean_hz == pytest.approx(2 / math.pi * root)


def test_priors_are_written_for_what_the_basis_holds(rules):
    priors = {p.above: p.below for p in bare_protocol(rules, BRAIN, 127.8).rules.ratio_priors}
    assert priors == {
        "1 Lip09": "1 Lip13a + 1 Lip13b",
        "1 MM20": "1 MM09",
        "1 -CrCH2": "1 Cr + 1 PCr",
        "1 Tau": "1 NAA + 1 Cr + 1 PCr + 3 GPC + 3 PCh",
    }


def test_unused_groups_are_left_out(rules):
    assert [g.name for g in bare_protocol(rules, ("NAA", "Cr"), 127.8).rules.width_groups] == ["metabolites"]


def test_the_same_basis_gives_the_same_protocol_and_another_another(rules):
    one, same, other = (bare_protocol(rules, names, 127.8) for names in (BRAIN, BRAIN, BRAIN[1:]))
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("text", ["id = ", 'id = "bare"', 'id = "b"\nversion = "1"\ntitle = "t"\n[fit]\nx = 1'])
def test_rules_that_miss_something_are_refused(text):
    with pytest.raises(BadProtocol):
        parse_bare_rules(text)


def test_a_basis_without_signals_is_refused(rules):
    with pytest.raises(BadProtocol, match="no signal"):
        bare_protocol(rules, (), 127.8)
