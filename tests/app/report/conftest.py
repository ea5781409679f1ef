"""One made-up reading, its draft and its signed report, made once for all tests of the report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.protocol import Protocol
from analysis.results import results_bytes, results_document
from analysis.types import ExamResult, Study
from app.report import report_bytes
from app.report.certificates import DemoSigner, make_demo_signer
from app.report.signing import Signer
from app.report.source import ReportSource
from app.resource_files import load_protocol
from tests.app.report.certificate_making import signer_of
from tests.samples import sample_exam, sample_study

VERSION = "0.1.0"
MADE = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def source_of(
    study: Study, exam: ExamResult, protocol: Protocol, results: bytes = b"{}", **others: Any
) -> ReportSource:
    """Return what a report of a made-up reading is made from."""
    return ReportSource(study, exam, protocol, results, version=VERSION, created_at=MADE, **others)


@pytest.fixture(scope="session")
def study() -> Study:
    return sample_study()


@pytest.fixture(scope="session")
def exam(study: Study) -> ExamResult:
    return sample_exam(study)


@pytest.fixture(scope="session")
def protocol() -> Protocol:
    return load_protocol("disc")


@pytest.fixture(scope="session")
def results(study: Study, exam: ExamResult) -> bytes:
    return results_bytes(results_document(study, exam, version=VERSION))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoSigner:
    return make_demo_signer(tmp_path_factory.mktemp("signer"))


@pytest.fixture(scope="session")
def signer(demo: DemoSigner) -> Signer:
    return signer_of(demo)


@pytest.fixture(scope="session")
def root(demo: DemoSigner) -> bytes:
    return Path(demo.root).read_bytes()


@pytest.fixture(scope="session")
def draft(study: Study, exam: ExamResult, protocol: Protocol, results: bytes) -> bytes:
    return report_bytes(source_of(study, exam, protocol, results))


@pytest.fixture(scope="session")
def signed(study: Study, exam: ExamResult, protocol: Protocol, results: bytes, signer: Signer) -> bytes:
    return report_bytes(source_of(study, exam, protocol, results), signer)
