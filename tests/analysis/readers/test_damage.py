"""Damaged files of every format end in a reading or in one reason; the long run is `benchmarks/fuzz_readers.py`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.readers.apart import one_batch
from tests.analysis.readers.originals import Original, bombs, originals
from tests.benchmarks.fuzz_readers import faults_of, made, write

FORMATS = [
    "DICOM spectroscopy", "DICOM image", "DICOMDIR", "zip", "NIfTI", "Philips private", "Philips SPAR/SDAT",
    "Philips list/data", "Bruker", "Siemens TWIX", "jMRUI", "LCModel RAW",
]  # fmt: skip
REAL = ["Siemens CSA", "Siemens RDA", "GE P-file"]


@pytest.fixture(scope="module")
def made_ones(tmp_path_factory) -> dict[str, list[Original]]:
    return originals(tmp_path_factory.mktemp("made"), None)


@pytest.fixture(scope="module")
def real_ones(shared_data, tmp_path_factory) -> dict[str, list[Original]]:
    return originals(tmp_path_factory.mktemp("real"), shared_data)


@pytest.fixture(scope="module")
def batch() -> Iterator[None]:
    """One child process for all raw data of this file."""
    with one_batch():
        yield


def hurt(original: Original, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), made(original, seed, 1))
        _, faults = faults_of(Path(folder))
    assert faults == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
@pytest.mark.parametrize("name", FORMATS)
def test_damage_ends_in_a_reading_or_in_a_reason(name, seed, made_ones, batch):
    hurt(made_ones[name][seed % len(made_ones[name])], seed)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
@pytest.mark.parametrize("name", REAL)
def test_damage_to_real_files(name, seed, real_ones, batch):
    hurt(real_ones[name][seed % len(real_ones[name])], seed)


@pytest.mark.parametrize("name", FORMATS)
def test_the_originals_themselves_are_read(name, made_ones, tmp_path, batch):
    """Otherwise their damage would prove nothing."""
    for number, original in enumerate(made_ones[name]):
        write(tmp_path / str(number), dict(original))
        assert faults_of(tmp_path / str(number)) == (True, []), original.keys()


@pytest.mark.slow
def test_bombs_are_refused_in_time(tmp_path):
    """Each unpacks to a GiB or claims one; `benchmarks/fuzz_readers.py` also watches the memory."""
    for name, (original,) in bombs(tmp_path).items():
        folder = tmp_path / name.replace(" ", "_")
        write(folder, dict(original))
        assert faults_of(folder) == (False, []), name
