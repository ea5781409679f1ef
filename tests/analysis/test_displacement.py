from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.displacement import ASSUMED_BANDWIDTH_HZ, LINES, displace
from analysis.types import Voxel

UPRIGHT = Voxel((1.0, 2.0, 3.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), (20.0, 14.0, 6.0))


@pytest.mark.parametrize(("bandwidth", "share"), [(1000, 0.43), (1385, 0.31), (2000, 0.215), (4000, 0.11)])
def test_the_table_of_the_domain_notes(bandwidth: float, share: float) -> None:
    """Section 4: lipid and lactate at 1.30 against water at 4.67 ppm, 127.73 MHz."""
    found = displace(
        UPRIGHT, 1.30, f0_mhz=127.73, carrier_ppm=4.67, bandwidth_hz=(bandwidth,) * 3, directions=(1, 1, 1)
    )
    assert found.shift_mm[2] / 6.0 == pytest.approx(share, abs=0.005)
    assert not found.worst_case
    assert found.assumptions == ()


def test_a_line_below_the_carrier_moves_along_the_gradient() -> None:
    """At a place x the frequency is gamma G x + offset: a negative offset is made up for by a larger x."""
    one = displace(UPRIGHT, 1.3, f0_mhz=128.0, carrier_ppm=4.65, bandwidth_hz=(2000.0,) * 3, directions=(1, -1, 1))
    share = (4.65 - 1.3) * 128.0 / 2000.0
    assert one.shift_mm == pytest.approx((20 * share, -14 * share, 6 * share))
    assert one.outline.centre_mm == pytest.approx((1 + 20 * share, 2 - 14 * share, 3 + 6 * share))
    assert one.outline.size_mm == UPRIGHT.size_mm


def test_the_shift_runs_along_the_axes_of_an_oblique_voxel() -> None:
    turn = np.deg2rad(30)
    axes = ((1.0, 0.0, 0.0), (0.0, np.cos(turn), -np.sin(turn)), (0.0, np.sin(turn), np.cos(turn)))
    oblique = replace(UPRIGHT, axes=axes)
    found = displace(
        oblique, 2.0, f0_mhz=128.0, carrier_ppm=4.65, bandwidth_hz=(1e9, 1e9, 1500.0), directions=(1, 1, 1)
    )
    moved = np.array(found.voxel.centre_mm) - np.array(oblique.centre_mm)
    assert moved / np.linalg.norm(moved) == pytest.approx(axes[2], abs=1e-4)


def test_what_is_unknown_is_assumed_and_said() -> None:
    found = displace(UPRIGHT, 1.31, f0_mhz=128.0)
    assert found.worst_case
    assert found.bandwidth_hz == (ASSUMED_BANDWIDTH_HZ,) * 3
    assert len(found.assumptions) == 3
    assert all(text.endswith(".") for text in found.assumptions)
    assert not found.directions_known


def test_without_directions_the_reach_holds_every_place_the_volume_could_be_at() -> None:
    unknown = displace(UPRIGHT, 1.31, f0_mhz=128.0)
    half = np.array(unknown.outline.size_mm) / 2
    for signs in ((1, 1, 1), (-1, 1, -1), (-1, -1, -1)):
        known = displace(UPRIGHT, 1.31, f0_mhz=128.0, directions=signs)
        away = np.abs(np.array(known.voxel.centre_mm) - np.array(UPRIGHT.centre_mm)) + np.array(UPRIGHT.size_mm) / 2
        assert np.all(away <= half + 1e-9)


def test_an_unknown_carrier_is_the_one_that_shifts_the_line_farther() -> None:
    carriers = {line.name: displace(UPRIGHT, line.ppm, f0_mhz=128.0).carrier_ppm for line in LINES}
    assert carriers == {"lactate": 4.65, "PG": 4.65, "lipid": 4.65, "water": 2.0}


def test_the_line_at_the_carrier_stays() -> None:
    found = displace(UPRIGHT, 4.65, f0_mhz=128.0, carrier_ppm=4.65)
    assert found.voxel.centre_mm == pytest.approx(UPRIGHT.centre_mm)
    assert found.largest_mm == 0


@pytest.mark.parametrize(
    "wrong",
    [{"f0_mhz": 0.0}, {"f0_mhz": 128.0, "bandwidth_hz": (0.0, 1.0, 1.0)}, {"f0_mhz": 128.0, "directions": (0, 1, 1)}],
)
def test_impossible_numbers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\."):
        displace(UPRIGHT, 1.3, **wrong)  # type: ignore[arg-type]
