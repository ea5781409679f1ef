"""Sources side by side on Dask: the same results, no open door, and a clear word where a cluster cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from app.batch import AnalyseRequest, Plan, analyse_sources
from app.batch import cluster as cluster_module
from app.batch.cluster import ClusterProblem, local_workers, outcomes_of, remote_workers
from tests.app.batch.sources import make_source


@pytest.fixture(autouse=True)
def _workers_find_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes do not get pytest's import path."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))


def _listening() -> set[str]:
    """Addresses on which this process or one of its children listens."""
    us = psutil.Process(os.getpid())
    found = [c for process in (us, *us.children(recursive=True)) for c in process.net_connections("tcp")]
    return {c.laddr.ip for c in found if c.status == psutil.CONN_LISTEN}


def test_workers_give_the_same_results_and_nobody_else_can_reach_them(tmp_path: Path) -> None:
    sources = [make_source(tmp_path, number) for number in (1, 2, 3)] + [tmp_path / "missing"]
    analyse_sources(sources, AnalyseRequest(tmp_path / "here", "brain", None))
    with local_workers(2) as client:
        assert client.scheduler.address.startswith("tls://")
        assert _listening() <= {"127.0.0.1"}
        request = AnalyseRequest(tmp_path / "there", "brain", None)
        outcomes = dict(outcomes_of(client, list(enumerate(sources)), request))
    assert sorted(outcomes) == [0, 1, 2, 3]
    assert "missing" in outcomes[3].sentences[0]
    for number in (1, 2, 3):
        files = [tmp_path / where / f"1.2.3.{number}" / "results.json" for where in ("here", "there")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_scheduler_of_the_site_does_the_work(tmp_path: Path) -> None:
    from distributed import LocalCluster

    options = {"n_workers": 1, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**options) as site:
        plan = Plan(scheduler=site.scheduler_address)
        assert analyse_sources([make_source(tmp_path, 1)], AnalyseRequest(tmp_path / "out", "brain", None), plan) < 2
    assert (tmp_path / "out" / "1.2.3.1" / "results.json").is_file()


def test_a_scheduler_without_workers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(cluster_module, "_WAIT_FOR_WORKERS_S", 0.2)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as site,
        pytest.raises(ClusterProblem, match="has no workers"),
        remote_workers(site.scheduler_address),
    ):
        pass


def test_an_address_where_nothing_answers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_CONNECT_S", 0.5)
    with pytest.raises(ClusterProblem, match="No Dask scheduler answers"), remote_workers("tcp://127.0.0.1:9"):
        pass


def test_a_source_that_ends_its_worker_is_named() -> None:
    from distributed.scheduler import KilledWorker

    sentence = cluster_module._lost(Path("study-7"), KilledWorker("task", None, 1))
    assert "study-7" in sentence
    assert "memory" in sentence
