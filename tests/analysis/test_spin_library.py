"""The shipped spin systems are whole, and a broken file is refused with a sentence."""

from __future__ import annotations

import pytest

from analysis.errors import BadProtocol, DiscernError
from analysis.spin_library import parse_spin_library
from tests.benchmarks.simulated import PROTOCOLS, shipped, spin_library

GOOD = """
[AX]
name = "Pair"
source = "this test"
status = "design choice"
[[AX.groups]]
ppm = [4.1, 1.3]
j = [[0, 1, 6.9]]
hetero = [{ spin = 1.0, j = [0.5, 0.0] }]
[[AX.groups]]
ppm = [2.0]
count = 3
"""
BROAD = """
[Hump]
name = "Hump"
source = "this test"
status = "design choice"
lines = [{ ppm = 1.3, fwhm_ppm = 0.2, area = 2.0 }, { ppm = 0.9, fwhm_ppm = 0.1, area = 1.0 }]
"""


def test_a_file_becomes_what_it_says():
    library = parse_spin_library(GOOD, BROAD)
    pair = library.systems["AX"]
    assert (pair.key, pair.name, pair.source) == ("AX", "Pair", "this test")
    assert pair.groups[0].ppm == (4.1, 1.3)
    assert pair.groups[0].j_hz == ((0, 1, 6.9),)
    assert pair.groups[0].hetero[0].spin == 1.0
    assert pair.groups[1].count == 3
    assert [line.area for line in library.broad["Hump"].lines] == [2.0, 1.0]
    assert "AX" in library
    assert "Hump" in library
    assert "Lac" not in library


@pytest.mark.parametrize(
    ("systems", "broad"),
    [
        ("[AX", BROAD),
        (GOOD.replace('source = "this test"\n', ""), BROAD),
        (GOOD.replace("count = 3", "counts = 3"), BROAD),
        (GOOD.replace("[[0, 1, 6.9]]", "[[0, 1]]"), BROAD),
        (GOOD.replace("[4.1, 1.3]", '"4.1"'), BROAD),
        (GOOD, BROAD.replace("area = 2.0", 'area = "much"')),
        (GOOD, BROAD.replace("fwhm_ppm = 0.2, ", "")),
    ],
    ids=["not TOML", "no source", "unknown key", "J of two numbers", "ppm as text", "area as text", "no width"],
)
def test_a_broken_file_is_refused_with_a_sentence(systems, broad):
    with pytest.raises(BadProtocol, match="spin systems in resources/spins cannot be read"):
        parse_spin_library(systems, broad)


@pytest.mark.parametrize(
    "systems",
    [
        GOOD.replace("[[0, 1, 6.9]]", "[[0, 2, 6.9]]"),
        GOOD.replace("[[0, 1, 6.9]]", "[[1, 1, 6.9]]"),
        GOOD.replace("j = [0.5, 0.0]", "j = [0.5]"),
        GOOD.replace("ppm = [2.0]", "ppm = [2.0, 2.1]"),
    ],
    ids=["coupling to a proton that is not there", "coupling to itself", "too few hetero couplings", "count of a pair"],
)
def test_a_group_that_does_not_fit_together_is_refused(systems):
    """These parse as TOML, and would fail in the middle of an analysis, or simulate something else than was meant."""
    with pytest.raises(DiscernError):
        parse_spin_library(systems, BROAD)


def test_shipped_groups_fit_together():
    for key, system in spin_library().systems.items():
        assert system.key == key
        assert system.groups, key
        for group in system.groups:
            protons = len(group.ppm)
            assert all(0 <= a < b < protons for a, b, _ in group.j_hz), key
            assert len({(a, b) for a, b, _ in group.j_hz}) == len(group.j_hz), key
            assert all(len(nucleus.j_hz) == protons for nucleus in group.hetero), key
            assert group.count == 1 or (protons == 1 and not group.j_hz), key
            assert all(0.5 < ppm < 9.0 for ppm in group.ppm), key
            assert all(abs(j) < 20 for _, _, j in group.j_hz), key


def test_shipped_protons_are_those_of_the_molecule():
    """Non-exchanging protons of each molecule, counted from its formula."""
    expected = {
        "Ace": 3, "Ala": 4, "Asp": 3, "Asc": 4, "Cho": 13, "PCh": 13, "GPC": 18, "Cr": 5, "PCr": 5, "GABA": 6,
        "GlcA": 7, "GlcB": 7, "Glu": 5, "Gln": 5, "GSH": 10, "Gly": 2, "Glyc": 5, "EtOH": 5, "mI": 6, "sI": 6,
        "Lac": 4, "NAA": 6, "NAAG": 11, "PE": 4, "Ser": 3, "Suc": 4, "Tau": 4, "Thr": 5, "Val": 8, "Prop": 5,
        "Cit": 4, "2HG": 5,
    }  # fmt: skip
    found = {k: sum(g.count * len(g.ppm) for g in s.groups) for k, s in spin_library().systems.items()}
    assert found == expected


def test_every_entry_says_where_it_comes_from():
    library = spin_library()
    for entry in (*library.systems.values(), *library.broad.values()):
        assert entry.source, entry.key
        assert entry.status in {"read", "derived", "unverified", "design choice"}, entry.key


def test_broad_signals_cover_what_a_disc_and_a_brain_need():
    assert {"PG", "Carb", "Coll", "Lip09", "Lip13a", "Lip13b", "Lip20", "MM09", "MM12", "MM14", "MM17", "MM20"} <= set(
        spin_library().broad
    )


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_signal_of_a_shipped_protocol_is_defined(name):
    missing = [key for signal in shipped(name).rules.signals for key in signal.of if key not in spin_library()]
    assert missing == []
