from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pikepdf
import pytest

from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report import write_report
from app.report.attach import attach_results, embedded_results
from app.report.certificates import DemoSigner
from app.report.errors import CertificateProblem, NotVerifiable, ReportError
from app.report.keys import FileKey
from app.report.signing import Signer
from tests.app.report.conftest import MADE, source_of


def test_the_results_are_attached_as_they_are_and_associated(draft: bytes, results: bytes) -> None:
    assert embedded_results(draft) == results
    with pikepdf.open(io.BytesIO(draft)) as document:
        (specification,) = document.Root.AF
        assert specification.AFRelationship == "/Data"
        assert list(document.attachments) == ["results.json"]
    assert json.loads(embedded_results(draft))["schema"] == "discern-results/1"


def test_a_file_without_attachment_says_so(draft: bytes) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        del document.Root.Names
        buffer = io.BytesIO()
        document.save(buffer)
    with pytest.raises(NotVerifiable, match="carries nothing"):
        embedded_results(buffer.getvalue())
    with pytest.raises(NotVerifiable, match="cannot be read"):
        embedded_results(b"no pdf")
    assert embedded_results(attach_results(buffer.getvalue(), b"x", created_at=MADE)) == b"x"


def test_a_report_is_written_whole(
    tmp_path: Path, study: Study, exam: ExamResult, protocol: Protocol, results: bytes, draft: bytes
) -> None:
    path = tmp_path / "new" / "report.pdf"
    for _ in range(2):
        done = write_report(path, source_of(study, exam, protocol, results))
        assert done == path
        assert path.read_bytes() == draft
    assert [p.name for p in path.parent.iterdir()] == ["report.pdf"]


def test_a_report_that_cannot_be_signed_is_not_written(
    tmp_path: Path, study: Study, exam: ExamResult, protocol: Protocol, results: bytes, demo: DemoSigner
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"older")
    wrong = Signer(FileKey(demo.p12, b"wrong"))
    with pytest.raises(CertificateProblem):
        write_report(path, source_of(study, exam, protocol, results), wrong)
    assert path.read_bytes() == b"older"
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]


def test_a_place_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, study: Study, exam: ExamResult, protocol: Protocol, results: bytes
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.pdf").mkdir()
    for path in (tmp_path / "file" / "report.pdf", tmp_path / "folder.pdf"):
        with pytest.raises(ReportError, match=r"cannot be written .*\.$"):
            write_report(path, source_of(study, exam, protocol, results))
    assert not [p for p in os.listdir(tmp_path) if p.endswith(".part")]


def test_results_that_a_verifier_would_reject_are_not_signed(
    tmp_path: Path, study: Study, exam: ExamResult, protocol: Protocol, signer: Signer
) -> None:
    path = tmp_path / "report.pdf"
    with pytest.raises(ReportError, match="do not follow the schema"):
        write_report(path, source_of(study, exam, protocol, b"{}"), signer)
    assert not path.exists()
