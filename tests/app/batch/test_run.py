"""A run over several sources: nothing that one of them holds stops it, and a run that was stopped goes on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from analysis.errors import DiscernError
from app.batch import AnalyseRequest, Plan, analyse_sources, one_source, run
from app.batch.journal import JOURNAL_NAME
from app.report.keys import FileKey
from app.report.signing import Signer
from tests.app.batch.sources import make_source


def _request(tmp_path: Path) -> AnalyseRequest:
    return AnalyseRequest(tmp_path / "out", "brain", None)


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count which sources are really analysed."""
    seen: list[str] = []
    real = run.analyse_source

    def counted(source: Path, *rest: object) -> one_source.Outcome:
        seen.append(source.name)
        return real(source, *rest)

    monkeypatch.setattr(run, "analyse_source", counted)
    return seen


def test_a_bad_source_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no study")
    sources = [make_source(tmp_path, 1), bad, tmp_path / "missing", make_source(tmp_path, 2)]
    assert analyse_sources(sources, _request(tmp_path)) == 1
    shown = capsys.readouterr()
    assert sorted(p.parent.name for p in (tmp_path / "out").glob("*/results.json")) == ["1.2.3.1", "1.2.3.2"]
    assert len(list((tmp_path / "out").glob("*/report.pdf"))) == 2
    assert "notes.txt" in shown.err
    assert "missing" in shown.err
    assert "4 of 4 sources are done." in shown.err
    assert shown.out.splitlines()[-1] == str(tmp_path / "out" / "voxels.csv")
    assert not (tmp_path / "out" / JOURNAL_NAME).exists()


def test_a_bug_is_one_sentence_that_quotes_nothing_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("Secret^Name")

    monkeypatch.setattr(one_source, "analyse", broken)
    assert analyse_sources([make_source(tmp_path, 1)], _request(tmp_path)) == 2
    shown = capsys.readouterr().err
    assert "KeyError" in shown
    assert "test_run.py, line" in shown, "the place that raised it"
    assert "Secret" not in shown
    assert "Traceback" not in shown


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = [make_source(tmp_path, number) for number in (1, 2, 3)]
    seen = _counted(monkeypatch)
    counted = run.analyse_source

    def stopped(source: Path, *rest: object) -> one_source.Outcome:
        if source == sources[2]:
            raise KeyboardInterrupt
        return counted(source, *rest)

    monkeypatch.setattr(run, "analyse_source", stopped)
    with pytest.raises(KeyboardInterrupt):
        analyse_sources(sources, _request(tmp_path))
    assert "2 of 3 sources are done; the same command goes on from there." in capsys.readouterr().err
    assert seen == ["source-1", "source-2"]

    seen.clear()
    monkeypatch.setattr(run, "analyse_source", counted)
    analyse_sources(sources, _request(tmp_path))
    assert seen == ["source-3"]
    with (tmp_path / "out" / "voxels.csv").open(encoding="utf-8", newline="") as file:
        assert [row["study_instance_uid"] for row in csv.DictReader(file)] == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]

    seen.clear()
    analyse_sources(sources, _request(tmp_path))
    assert seen == ["source-1", "source-2", "source-3"], "a run that ended begins anew"


def test_a_source_that_changed_since_the_stop_is_analysed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [make_source(tmp_path, number) for number in (1, 2)]
    seen = _counted(monkeypatch)
    monkeypatch.setattr(run.Journal, "finish", lambda journal: None)
    analyse_sources(sources, _request(tmp_path))
    (sources[1] / "more.txt").write_text("another file")
    seen.clear()
    analyse_sources(sources, _request(tmp_path))
    assert seen == ["source-2"]


def test_a_folder_that_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    with pytest.raises(DiscernError, match="choose another --out"):
        analyse_sources([tmp_path], _request(tmp_path))


def test_a_table_of_an_unknown_kind_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(DiscernError, match=r"must end in \.csv or \.parquet"):
        analyse_sources([tmp_path], _request(tmp_path), Plan(table=tmp_path / "table.xlsx"))


def test_a_passphrase_never_travels_to_a_cluster(tmp_path: Path) -> None:
    request = AnalyseRequest(tmp_path / "out", None, Signer(FileKey(tmp_path / "me.p12", b"secret")))
    with pytest.raises(DiscernError, match="not signed on a cluster"):
        analyse_sources([tmp_path], request, Plan(scheduler="tcp://127.0.0.1:1"))
