"""Shipped protocols are whole; a protocol that is not is refused with a sentence that names what is wrong."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

import analysis
from analysis import protocol as protocol_module
from analysis.errors import BadProtocol
from analysis.protocol import EvidenceRules, FitRules, GateRule, SignalRule, WidthGroup, parse_protocol
from tests.benchmarks.simulated import PROTOCOLS, protocol_text, shipped

DISC = protocol_text("disc")


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in DISC, old
    return DISC.replace(old, new, count)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_shipped_protocol_says_who_it_is(name):
    found = shipped(name)
    assert found.id == f"{name}-{found.rules.version}"
    assert found.sha256 == hashlib.sha256(protocol_text(name).encode()).hexdigest()
    assert found.title
    assert found.statement.startswith("Research software.")
    assert found.limits
    assert found.compares == (name == "disc")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_number_of_a_shipped_protocol_is_a_fact(name):
    found, rules = {fact.name: fact for fact in shipped(name).facts}, shipped(name).rules
    expected = ["basis", "fit", "SNR", *(f"width group {g.name}" for g in rules.width_groups)]
    expected += [f"signal {s.name}" for s in rules.signals]
    expected += [f"prior {r.above}/{r.below}" for r in rules.ratio_priors]
    expected += [f"biomarker {b.name}" for b in rules.biomarkers]
    expected += [f"gate {g.name}" for g in rules.gates]
    expected += ["evidence"] if rules.evidence else []
    assert set(expected) <= set(found)
    assert len(found) == len(shipped(name).facts), "two facts of one name"
    for fact in found.values():
        assert fact.source
        assert fact.status in ("read", "derived", "unverified", "design choice")
    for gate in rules.gates:
        numbers = re.findall(r"[\d.]+", found[f"gate {gate.name}"].value)
        assert {gate.pass_limit, gate.fail_limit} <= {float(n) for n in numbers}


def test_facts_print_what_the_evidence_model_rests_on():
    text = {fact.name: fact.value for fact in shipped("disc").facts}["evidence"]
    for value in ("0.31", "4.1", "1.2", "0.45", "LAAL", "PG", "0.15"):
        assert value in text


@pytest.mark.parametrize("name", PROTOCOLS)
def test_limits_of_shipped_gates_stand_in_order(name):
    for gate in shipped(name).rules.gates:
        sign = 1 if gate.better == "high" else -1
        assert sign * gate.pass_limit >= sign * gate.fail_limit, gate.name


@pytest.mark.parametrize("name", PROTOCOLS)
def test_names_of_a_shipped_protocol_are_its_own(name):
    rules = shipped(name).rules
    for items in (rules.width_groups, rules.signals, rules.biomarkers, rules.gates):
        assert len({item.name for item in items}) == len(items)
    assert len(set(rules.ratios)) == len(rules.ratios)


def test_no_number_is_shipped_that_nothing_reads():
    """A number in a protocol is printed in the report as a fact; one without effect would be a false one."""
    folder = Path(analysis.__file__).parent
    code = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py") if file.name != "protocol.py")
    code += Path(protocol_module.__file__).read_text(encoding="utf-8").split("class Protocol:")[1]
    unread = [
        f"{rules.__name__}.{field}"
        for rules in (EvidenceRules, FitRules, GateRule, SignalRule, WidthGroup)
        for field in rules.model_fields
        if field not in ("source", "status", "id", "label_ppm") and not re.search(rf"\.{field}\b", code)
    ]
    assert unread == []


def test_the_disc_protocol_is_that_of_the_dossier():
    """Section 9.1: caps, call limits, separation, and the table of pre-test probabilities."""
    rules = shipped("disc").rules.evidence
    assert rules.lr_cap == (0.31, 4.1)
    assert rules.lr_call == (0.5, 2.0)
    assert (rules.delta_mean, rules.delta_sd, rules.call_probability) == (1.2, 0.45, 0.9)
    assert rules.draws >= 4000
    assert rules.least_discs == 3
    assert shipped("disc").pretest == (0.10, 0.33, 0.50)
    assert shipped("brain").pretest == ()


# --- refusals ----------------------------------------------------------------------------------------------------

BROKEN = {
    "not TOML": ("[fit", "cannot be read"),
    "empty": ("", "cannot be read"),
    "unknown key": (changed("least_discs = 3", "least_discs = 3\nmost_discs = 9"), "most_discs"),
    "unknown table": (DISC + "\n[colours]\nred = 1\n", "colours"),
    "missing source": (re.sub(r'source = "shift prior[^\n]*\n', "", DISC, count=1), "source"),
    "status of its own": (changed('status = "read"', 'status = "certain"'), "status"),
    "text for a number": (changed("pass = 10.0", 'pass = "ten"'), "pass"),
    "missing table": (DISC.replace("[snr]", "[sn]", 1), "snr"),
    "width group": (changed('group = "free"', 'group = "freed"'), "width group 'freed'"),
    "biomarker of": (changed("of = { Lac = 1.0, Ala = 1.0 }", "of = { Lac = 1.0, Alanine = 1.0 }"), "signal 'Alanine'"),
    "ratio": (changed('"Lac/PG"', '"Lac/PC"'), "biomarker 'PC'"),
    "lipid signal": (changed('lipid_signals = ["Lip09"', 'lipid_signals = ["Lip10"'), "signal 'Lip10'"),
    "snr signal": (changed('[snr]\nsignal = "PG"', '[snr]\nsignal = "NAA"'), "signal 'NAA'"),
    "reference": (changed('reference_biomarker = "PG"', 'reference_biomarker = "PGG"'), "biomarker 'PGG'"),
    "prior": (changed('below = "Lip13"', 'below = "Lip14"'), "signal 'Lip14'"),
    "evidence structure": (changed('structure = "PG"', 'structure = "PGX"'), "PGX"),
    "evidence numerator": (changed("numerators = { LAAL = 1.0", "numerators = { LAAX = 1.0"), "LAAX"),
    "evidence tau": (changed("tau_ln = { LAAL = 0.6, Prop = 0.9 }", "tau_ln = { LAAL = 0.6 }"), "Prop"),
    "evidence lipid": (changed('lipid = "Lip13"', 'lipid = "Lip99"'), "Lip99"),
    "multiverse": (changed('left_out = [[], ["Coll"]]', 'left_out = [[], ["Colla"]]'), "Colla"),
    "gate quantity": (changed('quantity = "snr"', 'quantity = "snrr"'), "snrr"),
    "ratio of one": (changed('"Lac/PG"', '"Lac"'), "Lac"),
    "two signals of one name": (changed('name = "Ala"\nof', 'name = "Lac"\nof'), "Lac"),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_a_broken_protocol_is_refused_and_told_what_is_wrong(text, says):
    with pytest.raises(BadProtocol, match=re.escape(says)):
        parse_protocol(text)


@pytest.mark.parametrize("name", ["not TOML", "unknown key", "missing source", "width group"])
def test_the_refusal_is_one_sentence(name):
    with pytest.raises(BadProtocol) as refusal:
        parse_protocol(BROKEN[name][0])
    assert re.fullmatch(r"[A-Z][^\n]*\.", str(refusal.value)), str(refusal.value)


def test_any_change_of_the_text_changes_the_hash():
    assert parse_protocol(DISC + "\n# a remark\n").sha256 != shipped("disc").sha256
    assert parse_protocol(DISC) == shipped("disc")


def test_the_shipped_text_is_utf8_toml():
    for name in PROTOCOLS:
        assert tomllib.loads(protocol_text(name))["id"] == name
