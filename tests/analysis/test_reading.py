"""The reading as a document: stored and read again, keyed by content, and what of it changes results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.gate_override import with_accepted
from analysis.morphology import Morphology
from analysis.reading import (
    BadReading,
    Reading,
    VoxelReading,
    exam_settings,
    reading_from_json,
    same_settings,
    voxel_key,
)
from analysis.types import FitSettings, Gate, Measured, ProcessSettings, Quality
from analysis.voxel_settings import GateOverride, VoxelSettings
from tests.benchmarks.simulated import exam, study_of

STUDY = study_of(exam(1))
KEYS = [voxel_key(acquisition) for acquisition in STUDY.acquisitions]
FULL = VoxelReading(
    VoxelSettings(
        ProcessSettings(align=False, keep_transients=(True, False, True)),
        FitSettings((0.6, 4.0), 2.5, -0.25, 0.01, ("Coll",)),
        Measured(0.09, 0.02),
        (GateOverride("PG SNR", "seen on both halves"),),
        "L5-S1",
    ),
    Morphology(pfirrmann=4, modic="1", note="Größe ≥ 5 mm"),
)


def test_a_stored_reading_is_the_same_reading():
    reading = replace(Reading(protocol_id="disc", pretest=0.1, impression="Zeile\n二"), voxels={KEYS[0]: FULL})
    text = reading.to_json()
    assert reading_from_json(text) == reading
    assert reading_from_json(text).to_json() == text


@pytest.mark.parametrize("text", ["", "{", '{"schema": "discern-reading/2"}', '{"voxels": 3}', '{"pretest": "high"}'])
def test_what_is_no_reading_is_refused_with_a_sentence(text):
    with pytest.raises(BadReading, match=r"^The stored reading .*\.$"):
        reading_from_json(text)


def test_a_voxel_keeps_its_key_under_another_name_and_in_another_folder():
    first = STUDY.acquisitions[0]
    moved = replace(first, label="L3-L4", sources=tuple(replace(s, path="/elsewhere") for s in first.sources))
    assert voxel_key(moved) == KEYS[0]
    assert len(set(KEYS)) == len(KEYS)


def test_saying_nothing_about_a_voxel_removes_it():
    said = Reading().with_voxel(KEYS[1], FULL)
    assert said.of(KEYS[1]) == FULL
    assert said.with_voxel(KEYS[1], VoxelReading()) == Reading()


def test_only_settings_change_results():
    reading = Reading()
    graded = reading.with_voxel(KEYS[0], VoxelReading(morphology=Morphology(pfirrmann=3)))
    fitted = reading.with_voxel(KEYS[0], VoxelReading(VoxelSettings(fit=FitSettings(shift_ppm=0.01))))
    assert same_settings(reading, replace(graded, impression="x", pretest=0.5))
    assert not same_settings(reading, fitted)
    assert not same_settings(reading, replace(reading, protocol_id="brain"))
    assert exam_settings(graded, STUDY).voxels == {}
    assert exam_settings(fitted, STUDY).of(0).fit.shift_ppm == 0.01
    assert exam_settings(fitted, STUDY).of(1) == VoxelSettings()


# --- accepted gates ----------------------------------------------------------------------------------------------


def quality(*reasons: str) -> Quality:
    gates = (
        Gate("PG SNR", 3.8, "", "fail", "at least 5", "PG height over noise."),
        Gate("Lipid index", 2.0, "", "fail", "at most 1", "Lipid over PG."),
        Gate("Water FWHM", 10.0, "Hz", "pass", "at most 20", "Width."),
    )
    return Quality(3.8, None, None, None, None, None, 2.0, gates, not reasons, reasons)


def test_an_accepted_gate_becomes_a_warning_with_the_reason_and_frees_the_voxel_once_nothing_else_stands():
    failed = quality("PG SNR 3.8 < 5", "Lipid index 2 > 1")
    one = with_accepted(failed, [GateOverride("PG SNR", "clear on both halves")])
    assert [gate.verdict for gate in one.gates] == ["warn", "fail", "pass"]
    assert one.gates[0].accepted == "clear on both halves"
    assert one.gates[0].explanation == "PG height over noise. Accepted by the reader: clear on both halves"
    assert (one.evaluable, one.reasons) == (False, ("Lipid index 2 > 1",))
    both = with_accepted(failed, [GateOverride("PG SNR", "a"), GateOverride("Lipid index", "b")])
    assert both.evaluable
    assert both.reasons == ()


def test_a_gate_that_stands_in_nobodys_way_is_not_accepted():
    failed = quality("The signal is empty.")
    assert with_accepted(failed, [GateOverride("PG SNR", "a"), GateOverride("Unheard of", "b")]) is failed
