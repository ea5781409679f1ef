"""Adjustments taken back one at a time, and what they are called."""

from __future__ import annotations

from dataclasses import fields

import pytest

from analysis.types import FitSettings, Measured, ProcessSettings
from analysis.undone import each_undone
from analysis.voxel_settings import ExamSettings, GateOverride, VoxelSettings
from widgets.undone_wording import undone_text

ADJUSTED = VoxelSettings(
    process=ProcessSettings(reject=False, keep_transients=(True, False)),
    fit=FitSettings(ppm_range=(0.6, 4.0), phase0_rad=0.0698, left_out=("Coll", "Lip20")),
    water_t2_s=Measured(0.1, 0.01),
    accepted_gates=(GateOverride("PG SNR", "clear"), GateOverride("Water FWHM", "known")),
    label="L4-L5",
)


def test_every_adjustment_is_taken_back_by_itself() -> None:
    settings = ExamSettings({3: ADJUSTED, 1: VoxelSettings(fit=FitSettings(shift_ppm=0.01))})
    found = each_undone(settings)
    assert [one.voxel for one in found] == [1] + 9 * [3]
    assert found[0].without == VoxelSettings()
    for one in found:
        assert one.settings.of(one.voxel) == one.without
        other = 4 - one.voxel
        assert one.settings.of(other) == settings.of(other)
        changed = [f.name for f in fields(VoxelSettings) if getattr(one.given, f.name) != getattr(one.without, f.name)]
        assert len(changed) == 1
        assert one.without.label == one.given.label
    assert len({repr(one.without) for one in found}) == len(found)


def test_they_have_names_with_units() -> None:
    names = [undone_text(one, "L4-L5") for one in each_undone(ExamSettings({3: ADJUSTED}))]
    assert names == [
        "L4-L5 rejection of transients off",
        "L4-L5 transients chosen by hand",
        "L4-L5 fit range 4.00–0.60 ppm",
        "L4-L5 zero-order phase +4.0°",
        "L4-L5 without Coll",
        "L4-L5 without Lip20",
        "L4-L5 water T2 100 ms",
        "L4-L5 gate PG SNR accepted",
        "L4-L5 gate Water FWHM accepted",
    ]


@pytest.mark.parametrize("settings", [ExamSettings(), ExamSettings({0: VoxelSettings(label="L6-S1")})])
def test_a_name_alone_is_no_adjustment(settings: ExamSettings) -> None:
    assert each_undone(settings) == ()
