"""What an import came to, in a few lines."""

from __future__ import annotations

from dataclasses import replace

from analysis.import_summary import grouped, summary_of
from analysis.types import Skipped
from tests.samples import sample_study


def test_files_are_grouped_by_reason_whatever_their_names_and_numbers():
    skipped = [
        Skipped("a/1", "It holds 12 data points where its header announces 1024; the file may be cut short."),
        Skipped("a/2", "The file is empty."),
        Skipped("a/3", "It holds 99 data points where its header announces 2048; the file may be cut short."),
        Skipped("a/4", "It is a copy of IM3.dcm, which was read."),
        Skipped("a/5", "It is a copy of IM7.dcm, which was read."),
        Skipped("a/6", "It is a copy of x_y.IMA, which was read."),
    ]
    groups = grouped(skipped)
    assert [len(group.paths) for group in groups] == [3, 2, 1]
    assert groups[0].reason == "It is a copy of IM3.dcm, which was read."
    assert groups[1].paths == ("a/1", "a/3")


def test_nothing_skipped_is_no_group():
    assert grouped([]) == ()


def test_files_and_what_they_came_to_are_counted():
    sample = sample_study()
    found = summary_of([sample, replace(sample, skipped=())])
    assert (found.studies, found.voxels, found.volumes) == (2, 2 * len(sample.acquisitions), 2 * len(sample.volumes))
    assert found.skipped_files == 1
    sources = {source.path for one in sample.acquisitions for source in one.sources}
    assert found.spectrum_files == len(sources)
