"""What is simulated for a file: its own sequence, what the protocol adds, and what is assumed."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from analysis.basis import simulate_basis
from analysis.errors import BadProtocol
from analysis.pipeline import analyse, sequence_of
from analysis.protocol import parse_protocol
from tests.benchmarks.simulated import acquisition_of, exam, protocol_text, spin_library, study_of

PULSES = """
[basis.pulses]
refocusing_hz = 1250.0
refocusing_s = 0.0052
excitation_hz = 2200.0
excitation_s = 0.0024
carrier_ppm = 2.7
source = "this test"
status = "design choice"
"""


def protocol(basis: str = "", pulses: str = ""):
    text = protocol_text("disc").replace("default_tm_s = 0.010\n", f"default_tm_s = 0.010\n{basis}")
    return parse_protocol(f"{text}\n{pulses}")


def measured(**parameters):
    acquisition = acquisition_of(exam(1).discs[0], 0)
    return replace(acquisition, parameters=replace(acquisition.parameters, **parameters))


def test_te1_is_the_protocols_where_it_gives_one():
    sequence, warnings = sequence_of(measured(te_s=0.030), protocol("te1_s = 0.011\n"))
    assert (sequence.name, sequence.te_s, sequence.first_echo_s) == ("PRESS", 0.030, 0.011)
    assert warnings == ()


def test_te1_is_half_of_te_otherwise_and_the_basis_says_so():
    sequence, _ = sequence_of(measured(te_s=0.030), protocol())
    assert sequence.first_echo_s == 0.015
    assert "TE1 15 ms (half of TE, assumed)" in sequence.describe()


@pytest.mark.parametrize("parameters", [{"te_s": 0.010}, {"te_s": 0.030, "localisation": "sLASER"}])
def test_te1_is_left_alone_where_it_cannot_be(parameters):
    assert sequence_of(measured(**parameters), protocol("te1_s = 0.011\n"))[0].te1_s is None


def test_shipped_protocols_use_ideal_pulses():
    assert sequence_of(measured(te_s=0.030), protocol())[0].pulses is None


def test_pulses_of_the_protocol_are_simulated_and_reported():
    rules = protocol(pulses=PULSES)
    sequence, warnings = sequence_of(measured(te_s=0.030), rules)
    assert sequence.pulses is not None
    assert sequence.pulses.refocusing_hz == 1250.0
    assert warnings == ()
    (fact,) = [f for f in rules.facts if f.name == "pulses"]
    assert "refocusing hz: 1250" in fact.value
    assert (fact.source, fact.status) == ("this test", "design choice")


def test_pulses_that_do_not_fit_are_replaced_by_ideal_ones_with_a_warning():
    sequence, warnings = sequence_of(measured(te_s=0.012), protocol(pulses=PULSES))
    assert sequence.pulses is None
    assert "do not fit into TE" in warnings[-1]


def test_pulses_of_press_are_not_used_for_another_sequence():
    assert sequence_of(measured(te_s=0.040, localisation="sLASER"), protocol(pulses=PULSES))[0].pulses is None


@pytest.mark.parametrize("broken", ["refocusing_hz = 0.0", "refocusing_hz = nan", "width_hz = 3"])
def test_pulses_that_make_no_sense_are_refused(broken):
    tomllib.loads(broken)
    with pytest.raises(BadProtocol):
        protocol(pulses=PULSES.replace("refocusing_hz = 1250.0", broken))


def test_an_analysis_asks_for_each_basis_once():
    asked = []

    def simulate(*arguments):
        asked.append(arguments)
        return simulate_basis(*arguments)

    study = study_of(exam(1))
    two = replace(study, acquisitions=study.acquisitions[:2])
    analyse(two, protocol(), spin_library(), simulate=simulate)
    assert len(asked) == 1
