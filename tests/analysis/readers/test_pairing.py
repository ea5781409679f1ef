"""Which signal is water, and whose: header before names before data, and always the same voxel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.readers.pairing import ALONE, MISFIT, NO_PARTNER, SPARE, named_water, pair, same_box
from analysis.readers.records import InputFile, Signal
from analysis.types import AcquisitionParameters, Voxel
from tests.analysis.readers.builders import F0_MHZ, METABOLITES, WATER, WIDTH_HZ, fid

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
BOX = Voxel((0.0, 0.0, 0.0), AXES, (10.0, 20.0, 30.0))


def signal(name: str, water: bool = False, **values: object) -> Signal:
    """A signal of one file; without attributes unless they are given."""
    data = fid(WATER if water else METABOLITES, noise=0.01)[np.newaxis, np.newaxis]
    parameters = AcquisitionParameters(F0_MHZ, WIDTH_HZ, 4.7, te_s=0.035)
    made = Signal(InputFile(Path(name), f"/data/{name}"), data, parameters, BOX, sop_instance_uid=name)
    return replace(made, **values)


def names(pairs) -> dict[str, str | None]:
    return {one.signal.file.name: one.water and one.water.file.name for one in pairs}


def moved(millimetres: float) -> Voxel:
    return replace(BOX, centre_mm=(0.0, 0.0, millimetres))


# --- geometry --------------------------------------------------------------------------------------------------------


def test_one_box_is_one_box_however_its_axes_are_written():
    turned = Voxel((0.0, 0.0, 0.5), (AXES[2], (-1.0, 0.0, 0.0), AXES[1]), (30.0, 10.0, 20.0))
    assert same_box(BOX, turned)


@pytest.mark.parametrize(
    "other",
    [
        moved(2.0),
        replace(BOX, size_mm=(10.0, 30.0, 20.0)),
        replace(BOX, size_mm=(10.0, 20.0, 36.0)),
        replace(BOX, axes=((1.0, 0.0, 0.0), (0.0, 0.8, 0.6), (0.0, -0.6, 0.8))),
    ],
)
def test_another_place_size_or_turn_is_another_box(other):
    assert not same_box(BOX, other)


# --- pairs -----------------------------------------------------------------------------------------------------------


def test_each_disc_gets_the_water_of_its_own_voxel():
    metabolites = [signal(f"m{n}", suppressed=True, voxel=moved(30.0 * n)) for n in range(5)]
    waters = [signal(f"w{n}", water=True, suppressed=False, voxel=moved(30.0 * n + 0.4)) for n in range(5)]
    pairs, left = pair([*waters[::-1], *metabolites])
    assert names(pairs) == {f"m{n}": f"w{n}" for n in range(5)}
    assert left == []
    assert [one.warnings for one in pairs] == [()] * 5


def test_another_frame_of_reference_is_another_place():
    pairs, left = pair(
        [
            signal("m", suppressed=True, frame_of_reference_uid="1.2"),
            signal("w", water=True, suppressed=False, frame_of_reference_uid="1.3"),
        ]
    )
    assert names(pairs) == {"m": None}
    assert [(one.file.name, reason) for one, reason in left] == [("w", NO_PARTNER)]


def test_the_header_names_its_reference():
    chosen, other = "1.2.3.4", "1.2.3.3"
    pairs, left = pair(
        [
            signal("m", suppressed=True, references=(chosen,), order=(3,)),
            signal("near", water=True, suppressed=False, order=(4,), sop_instance_uid=other),
            signal("named", water=True, suppressed=False, order=(9,), sop_instance_uid=chosen),
        ]
    )
    assert names(pairs) == {"m": "named"}
    assert [(one.file.name, reason) for one, reason in left] == [("near", SPARE)]


def test_the_same_echo_time_then_the_same_name_then_the_nearest_series_wins():
    long_te = AcquisitionParameters(F0_MHZ, WIDTH_HZ, 4.7, te_s=0.144)
    metabolite = signal("m", suppressed=True, description="L4-L5 metab", order=(5,))
    waters = [
        signal("long", water=True, suppressed=False, order=(5,), parameters=long_te),
        signal("far", water=True, suppressed=False, order=(9,), description="other"),
        signal("near", water=True, suppressed=False, order=(7,), description="other"),
        signal("same", water=True, suppressed=False, order=(12,), description="L4-L5 water"),
    ]
    assert names(pair([metabolite, *waters])[0]) == {"m": "same"}
    assert names(pair([metabolite, *waters[:3]])[0]) == {"m": "near"}
    assert names(pair([metabolite, *waters[:2]])[0]) == {"m": "far"}


def test_names_decide_where_the_header_is_silent_and_that_is_said():
    pairs, _ = pair([signal("a", description="PRESS 35"), signal("b", water=True, description="PRESS 35 water ref")])
    assert names(pairs) == {"a": "b"}
    assert "recognised by its name" in pairs[0].warnings[0]


def test_data_decide_where_everything_is_silent_and_that_is_said():
    pairs, left = pair([signal("a"), signal("b", water=True)])
    assert names(pairs) == {"a": "b"}
    assert "strong water line" in pairs[0].warnings[0]
    assert left == []


def test_two_alike_signals_are_two_acquisitions():
    pairs, _ = pair([signal("a"), signal("b", fids=2 * signal("b").fids)])
    assert names(pairs) == {"a": None, "b": None}


def test_badly_suppressed_water_alone_is_no_reference():
    pairs, left = pair([signal("a", water=True)])
    assert (names(pairs), left, pairs[0].warnings) == ({"a": None}, [], ())


def test_an_unsuppressed_acquisition_alone_stays_usable_and_that_is_said():
    pairs, left = pair([signal("a", water=True, suppressed=False, description="svs_se_30_phantom")])
    assert (names(pairs), left, pairs[0].warnings) == ({"a": None}, [], (ALONE,))


def test_a_named_reference_alone_is_not_an_acquisition():
    pairs, left = pair([signal("a", water=True, suppressed=False, description="STEAM_wref1")])
    assert pairs == []
    assert left[0][1] == NO_PARTNER


def test_other_coils_or_another_field_do_not_pair():
    four = np.repeat(signal("w", water=True).fids, 4, axis=0)
    other_field = AcquisitionParameters(64.0, WIDTH_HZ, 4.7)
    waters = [
        signal("coils", water=True, suppressed=False, fids=four),
        signal("field", water=True, suppressed=False, parameters=other_field),
    ]
    pairs, left = pair([signal("m", suppressed=True), *waters])
    assert names(pairs) == {"m": None}
    assert [reason for _, reason in left] == [MISFIT, MISFIT]


def test_a_reference_among_the_files_of_a_series_is_not_taken_for_a_transient():
    series = {"series_instance_uid": "1.5"}
    pairs, _ = pair([signal("a", **series), signal("b", **series), signal("w", water=True, **series)])
    (one,) = pairs
    assert one.signal.fids.shape[1] == 2
    assert one.water is not None


def test_without_geometry_files_of_one_folder_belong_together():
    metabolite = signal("m", suppressed=True, voxel=None)
    water = signal("w", water=True, suppressed=False, voxel=None)
    elsewhere = replace(water, file=InputFile(Path("w"), "/other/w"))
    assert names(pair([metabolite, water])[0]) == {"m": "w"}
    assert names(pair([metabolite, elsewhere])[0]) == {"m": None}


def test_a_water_reference_in_the_same_file_is_enough():
    own = signal("m", suppressed=True, water=True)
    own = replace(own, fids=signal("m").fids, water=own.fids)
    pairs, left = pair([own, signal("w", water=True, suppressed=False)])
    assert names(pairs) == {"m": None}
    assert [reason for _, reason in left] == [SPARE]


def test_one_transient_per_file_is_joined_in_order():
    files = [
        signal(f"t{n}", suppressed=True, series_instance_uid="1.5", order=(5, 1, n), fids=np.full((1, 1, 64), n + 0j))
        for n in (3, 1, 2)
    ]
    water = signal("w", water=True, suppressed=False, series_instance_uid="1.5", order=(5, 1, 9))
    pairs, _ = pair([*files, replace(water, fids=water.fids[..., :64])])
    (one,) = pairs
    assert one.signal.fids[0, :, 0].real.tolist() == [1, 2, 3]
    assert [file.name for file, _ in one.signal.more_files] == ["t2", "t3"]
    assert one.water is not None
    assert "3 files of one series" in one.signal.warnings[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sub-01_SVS-ref.nii.gz", True),
        ("STEAM_wref3", True),
        ("press_water", True),
        ("mrsref", True),
        ("PRESS noWS", True),
        ("no_water_suppression", True),
        ("unsuppressed", True),
        ("H2O", True),
        ("ecc.nii.gz", True),
        ("metab_raw", False),
        ("PRESS_ws", False),
        ("water_suppressed", False),
        ("WaterSat", False),
        ("PRESS 35", None),
        ("reference_frame_x", True),
        ("prefix", None),
        ("preference", None),
        (None, None),
    ],
)
def test_words_that_tell_water_from_metabolites(text, expected):
    assert named_water(signal("a", description=text)) is expected


def test_a_file_name_counts_more_than_the_protocol_it_shares():
    both = {"sop_instance_uid": None, "protocol": "STEAM_metab"}
    assert named_water(signal("ecc.nii.gz", **both)) is True
    assert named_water(signal("metab_raw.nii.gz", **both)) is False
    assert named_water(signal("x.nii.gz", **both)) is False
