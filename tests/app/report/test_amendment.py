"""An amendment carries the signed report that it amends, byte by byte, and stands or falls with it."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from analysis.reading import Reading
from analysis.results import results_bytes, results_document
from analysis.types import ExamResult, Study
from app.report import Amendment, ReportSource, report_bytes
from app.report.attach import embedded_amended, embedded_results
from app.report.signing import Signer
from app.report.trust import trusting
from app.report.verify import verify_report
from tests.app.report.conftest import VERSION, source_of
from tests.app.report.pdf_reading import fonts_without_file, page_texts, whole_text


def amending(study: Study, exam: ExamResult, source: ReportSource, earlier: bytes, named: str) -> ReportSource:
    reading = Reading(state="amended", amends=named, amendment_reason="The level was named wrongly.")
    results = results_bytes(results_document(study, exam, version=VERSION, reading=reading))
    amendment = Amendment(named, earlier, reading.amendment_reason, ("L5-S1 is now L6-S1.",))
    return dataclasses.replace(source, reading=reading, results=results, amendment=amendment)


@pytest.fixture
def first(study, exam, protocol, results) -> ReportSource:
    return source_of(study, exam, protocol, results=results)


def test_the_amended_report_is_whole_and_proven(study, exam, first, signed: bytes, signer: Signer, root: bytes) -> None:
    digest = hashlib.sha256(signed).hexdigest()
    pdf = report_bytes(amending(study, exam, first, signed, digest), signer)
    assert embedded_amended(pdf) == signed
    assert embedded_amended(signed) is None
    assert embedded_results(pdf) != embedded_results(signed)
    found = verify_report(pdf, trust=trusting(root))
    assert found.ok, found.sentences
    assert any(digest in sentence for sentence in found.sentences)
    assert any(s.startswith("In the amended report: Signature") for s in found.sentences)
    text = whole_text(pdf)
    assert "Amended report, signed" in text
    assert "The level was named wrongly." in text
    assert "L5-S1 is now L6-S1." in text
    assert fonts_without_file(pdf) == []


def test_another_report_in_its_place_is_found(study, exam, first, draft, signed, signer, root) -> None:
    digest = hashlib.sha256(signed).hexdigest()
    swapped = verify_report(report_bytes(amending(study, exam, first, draft, digest), signer), trust=trusting(root))
    assert not swapped.ok
    assert "not the one that is named" in str(swapped.problem)
    unsigned = hashlib.sha256(draft).hexdigest()
    invalid = verify_report(report_bytes(amending(study, exam, first, draft, unsigned), signer), trust=trusting(root))
    assert not invalid.ok
    assert "not valid" in str(invalid.problem)


def test_an_amendment_without_its_report_is_no_amendment(study, exam, first, signed, signer, root) -> None:
    digest = hashlib.sha256(signed).hexdigest()
    without = dataclasses.replace(amending(study, exam, first, signed, digest), amendment=None)
    found = verify_report(report_bytes(without, signer), trust=trusting(root))
    assert not found.ok
    assert "does not carry it" in str(found.problem)


def test_the_first_page_says_why_and_what_changed_first_of_all(study, exam, first, signed: bytes) -> None:
    source = amending(study, exam, first, signed, "ab" * 32)
    assert source.amendment is not None
    changes = tuple(f"Change {number}." for number in range(1, 6))
    many = dataclasses.replace(source, amendment=dataclasses.replace(source.amendment, changes=changes))
    page = page_texts(report_bytes(many))[0]
    assert "amends an earlier signed one, which it carries whole: The level was named wrongly." in page
    assert "Changed: Change 1; Change 2; Change 3; and 2 more, listed behind." in page
    assert "Change 5." in whole_text(report_bytes(many))
