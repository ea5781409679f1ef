"""The journal of a run: what it gives back, and what it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.batch.journal import JOURNAL_NAME, Journal, request_mark, source_mark
from app.batch.one_source import AnalyseRequest, Outcome
from app.report.keys import FileKey
from app.report.signing import Signer


def _outcome(folder: Path) -> Outcome:
    files = [folder / "results.json", folder / "report.pdf"]
    for file in files:
        file.write_text("{}")
    return Outcome(("A sentence.",), (files[0],), (files[1],), gaps=False)


def test_what_was_added_comes_back_after_a_stop(tmp_path: Path) -> None:
    request, outcome = AnalyseRequest(tmp_path, None, None), _outcome(tmp_path)
    with Journal(tmp_path, request) as journal:
        journal.add("one", outcome)
    with Journal(tmp_path, request) as journal:
        assert journal.outcome_of("one") == outcome
        assert journal.outcome_of("two") is None
        journal.finish()
    assert not (tmp_path / JOURNAL_NAME).exists()


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_that_a_kill_cut_short_counts_as_not_written(tmp_path: Path, cut: int) -> None:
    request, outcome = AnalyseRequest(tmp_path, None, None), _outcome(tmp_path)
    with Journal(tmp_path, request) as journal:
        journal.add("one", outcome)
        journal.add("two", outcome)
    path = tmp_path / JOURNAL_NAME
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(tmp_path, request) as journal:
        assert journal.outcome_of("one") == outcome
        assert (journal.outcome_of("two") is None) == (cut > 1), "a lost line end loses nothing"


def test_results_that_are_gone_are_made_again(tmp_path: Path) -> None:
    request, outcome = AnalyseRequest(tmp_path, None, None), _outcome(tmp_path)
    with Journal(tmp_path, request) as journal:
        journal.add("one", outcome)
    outcome.results[0].unlink()
    with Journal(tmp_path, request) as journal:
        assert journal.outcome_of("one") is None


def test_another_request_begins_anew(tmp_path: Path) -> None:
    outcome = _outcome(tmp_path)
    with Journal(tmp_path, AnalyseRequest(tmp_path, None, None)) as journal:
        journal.add("one", outcome)
    with Journal(tmp_path, AnalyseRequest(tmp_path, "cord", None)) as journal:
        assert journal.outcome_of("one") is None


def test_the_mark_of_a_request_knows_the_signer_and_not_the_secret(tmp_path: Path) -> None:
    unsigned = request_mark(AnalyseRequest(tmp_path, None, None))
    one = request_mark(AnalyseRequest(tmp_path, None, Signer(FileKey(tmp_path / "a.p12", b"first"))))
    other = request_mark(AnalyseRequest(tmp_path, None, Signer(FileKey(tmp_path / "a.p12", b"second"))))
    assert unsigned != one == other


def test_the_mark_of_a_source_changes_with_its_files(tmp_path: Path) -> None:
    empty = source_mark(tmp_path)
    (tmp_path / "a").write_text("1")
    one = source_mark(tmp_path)
    (tmp_path / "a").write_text("12")
    assert len({empty, one, source_mark(tmp_path)}) == 3
