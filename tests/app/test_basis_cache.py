"""A basis is simulated once, and a file that is not whole is never trusted."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

import app.basis_cache as cache_module
from analysis.basis import basis_key, simulate_basis
from analysis.errors import BadProtocol
from analysis.sequences import Sequence
from analysis.spin_library import SpinLibrary
from analysis.types import Sampling
from app.basis_cache import BasisCache, default_basis_cache
from tests.benchmarks.simulated import spin_library

SIGNALS = {"Lac": {"Lac": 1.0}, "Fat": {"Lip13a": 0.5, "Lip13b": 0.5}}
SAMPLING = Sampling(123.2, 2000.0, 256, 4.65)
PRESS = Sequence("PRESS", 0.030)


@pytest.fixture
def counted(monkeypatch):
    """How often something was really simulated."""
    calls = []

    def simulate(*arguments):
        calls.append(arguments)
        return simulate_basis(*arguments)

    monkeypatch.setattr(cache_module, "simulate_basis", simulate)
    return calls


def asked(cache: BasisCache, sequence: Sequence = PRESS, sampling: Sampling = SAMPLING):
    return cache(SIGNALS, spin_library(), sequence, sampling)


def only_file(tmp_path):
    (path,) = tmp_path.glob("*.basis")
    return path


def test_the_second_time_the_same_basis_comes_from_disk(tmp_path, counted):
    first, second = asked(BasisCache(tmp_path)), asked(BasisCache(tmp_path))
    assert len(counted) == 1
    assert np.array_equal(first.fids, second.fids)
    assert (first.names, first.sampling, first.sequence, first.te_s, first.description) == (
        second.names, second.sampling, second.sequence, second.te_s, second.description,
    )  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:],
        lambda data: data + b"\0",
        lambda data: b"something else altogether",
    ],
    ids=["empty", "cut in the digest", "one byte short", "one bit flipped", "one byte more", "another file"],
)
def test_a_damaged_file_is_made_again(tmp_path, counted, damage):
    cache = BasisCache(tmp_path)
    whole = asked(cache)
    path = only_file(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert np.array_equal(asked(cache).fids, whole.fids)
    assert len(counted) == 2
    asked(cache)
    assert len(counted) == 2


def test_a_whole_file_of_another_basis_is_not_taken(tmp_path, counted):
    cache = BasisCache(tmp_path)
    asked(cache)
    path = only_file(tmp_path)
    short = replace(SAMPLING, points=128)
    asked(cache, sampling=short)
    other = next(p for p in tmp_path.glob("*.basis") if p != path)
    other.write_bytes(path.read_bytes())
    assert asked(cache, sampling=short).fids.shape == (2, 128)
    assert len(counted) == 3


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, counted):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = BasisCache(blocked / "basis")
    assert asked(cache).names == asked(cache).names
    assert len(counted) == 2


def test_the_files_used_least_recently_go_first(tmp_path):
    asked(BasisCache(tmp_path))
    size = only_file(tmp_path).stat().st_size
    cache = BasisCache(tmp_path, largest_bytes=2 * size + 10)
    sequences = [Sequence("PRESS", te) for te in (0.030, 0.035, 0.144)]
    for age, sequence in zip((30, 20, 10), sequences, strict=True):
        asked(cache, sequence)
        path = tmp_path / f"{basis_key(SIGNALS, spin_library(), sequence, SAMPLING)}.basis"
        os.utime(path, (1e9 - age, 1e9 - age))
    left = {path.stem for path in tmp_path.glob("*.basis")}
    assert left == {basis_key(SIGNALS, spin_library(), s, SAMPLING) for s in sequences[1:]}
    assert not list(tmp_path.glob(".*.part"))


def test_the_key_depends_on_whatever_changes_a_number():
    library = spin_library()
    lactate = library.systems["Lac"]
    group = replace(lactate.groups[0], ppm=(4.0975, *lactate.groups[0].ppm[1:]))
    moved = SpinLibrary({**library.systems, "Lac": replace(lactate, groups=(group,))}, library.broad)
    cases = [
        (SIGNALS, library, PRESS, SAMPLING),
        (SIGNALS, moved, PRESS, SAMPLING),
        ({**SIGNALS, "Lac": {"Lac": 2.0}}, library, PRESS, SAMPLING),
        (dict(reversed(SIGNALS.items())), library, PRESS, SAMPLING),
        (SIGNALS, library, replace(PRESS, te1_s=0.011), SAMPLING),
        (SIGNALS, library, replace(PRESS, te_s=0.035), SAMPLING),
        (SIGNALS, library, Sequence("spin echo", 0.030), SAMPLING),
        (SIGNALS, library, PRESS, replace(SAMPLING, f0_mhz=127.7)),
        (SIGNALS, library, PRESS, replace(SAMPLING, reference_ppm=4.70)),
    ]
    keys = {basis_key(*case) for case in cases}
    assert len(keys) == len(cases)


def test_the_key_does_not_depend_on_notes_or_on_signals_that_are_not_used():
    library = spin_library()
    lactate = replace(library.systems["Lac"], note="read again", source="elsewhere")
    systems = {k: v for k, v in library.systems.items() if k in {"Lac", "Ala"}} | {"Lac": lactate}
    other = SpinLibrary(systems, library.broad)
    assert basis_key(SIGNALS, other, PRESS, SAMPLING) == basis_key(SIGNALS, library, PRESS, SAMPLING)


def test_numbers_as_a_reader_may_hand_them_on_have_a_key():
    sampling = Sampling(np.float32(123.2), np.float64(2000.0), np.int64(64), 4.65)
    assert len(basis_key(SIGNALS, spin_library(), PRESS, sampling)) == 64


def test_an_unknown_signal_is_named_before_anything_is_written(tmp_path):
    with pytest.raises(BadProtocol, match="'Unobtainium'"):
        BasisCache(tmp_path)({"X": {"Unobtainium": 1.0}}, spin_library(), PRESS, SAMPLING)
    assert not list(tmp_path.iterdir())


def test_the_folder_is_the_users_cache_or_what_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("DISCERN_CACHE_DIR", str(tmp_path / "here"))
    assert default_basis_cache().folder == tmp_path / "here" / "basis"
    monkeypatch.delenv("DISCERN_CACHE_DIR")
    assert "discern" in default_basis_cache().folder.parts
