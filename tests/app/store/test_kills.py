"""A killed program loses at most the gesture in progress; `tests/benchmarks/kills.py` does the same 200 times."""

from __future__ import annotations

from datetime import UTC, datetime

from app.store import Store
from tests.benchmarks.kills import INFO, Outcome, _judge, document, run


def test_ten_kills_lose_nothing(tmp_path):
    outcome = run(10, 7, tmp_path)
    assert outcome.losses == []
    assert outcome.kills == 10
    assert outcome.saved > 10


def test_the_judge_sees_what_is_lost(tmp_path):
    """A test that cannot fail says nothing."""
    store = Store.open(folder=tmp_path)
    study = store.remember_study(INFO, (), "", datetime.now(UTC))
    for number in (1, 2):
        store.save(study, document(number), "g", datetime.now(UTC), "reader")
    store.close()
    told = {"saved 3 1.0": 1, "saved 2 1.0": 0, "finished 4 0.0": 1, "finished 3 0.0": 0}
    for line, losses in told.items():
        outcome = Outcome()
        _judge(tmp_path, "store", [f"{line}\n"], outcome)
        assert len(outcome.losses) == losses, line
