"""The policies that come with Discern, and those of a site beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analysis.coverage import Coverage, advise
from analysis.exam_record import ExamRecord
from app.policies import load_policies
from app.resource_files import resource_path

SHIPPED = sorted(resource_path("policies").glob("*.toml"))


def test_what_is_shipped_is_read_and_names_its_source() -> None:
    found = load_policies(Path("/nowhere"))
    assert found.problems == ()
    assert len(found.policies) == len(SHIPPED) >= 5
    criteria = [criterion for p in found.policies for section in p.sections for criterion in section.criteria]
    ids = [one.id for criterion in criteria for one in (criterion, *criterion.any_of)]
    assert len(set(ids)) == len(ids), "an answer of the reader would count for two policies"
    assert all(len(policy.source) > 20 for policy in found.policies)


@pytest.mark.parametrize("code", ["0609T", "0612T", "76390"])
def test_every_procedure_code_is_spoken_of(code: str) -> None:
    found = load_policies(Path("/nowhere"))
    assert any(code in section.codes for policy in found.policies for section in policy.sections)


def test_a_site_adds_and_replaces_and_a_bad_file_is_named(tmp_path: Path) -> None:
    text = SHIPPED[0].read_text(encoding="utf-8")
    first = load_policies(tmp_path).policies[0]
    (tmp_path / "own.toml").write_text(text.replace(first.title, "The site's own words"), encoding="utf-8")
    (tmp_path / "bad.toml").write_text("id = 1", encoding="utf-8")
    found = load_policies(tmp_path)
    assert len(found.policies) == len(SHIPPED)
    assert "The site's own words" in [policy.title for policy in found.policies]
    (problem,) = found.problems
    assert problem.startswith("bad.toml: The policy cannot be read")


def test_statements_on_the_brain_and_on_the_cord_are_kept_apart() -> None:
    found = load_policies(Path("/nowhere")).policies
    said = {}
    for kind in ("brain", "cord"):
        coverage = Coverage(("76390",), ExamRecord(), 1, 1, protocol=kind)
        said[kind] = {advice.policy.id for advice in advise(coverage, found, date(2026, 11, 27))}
    assert "healthhelp-mri-spectroscopy-hh" in said["brain"] - said["cord"]
    assert "magellan-advanced-imaging-digest" in said["cord"] - said["brain"]
    assert {"policy-6.01.03", "nccn-cns-3.2025"} <= said["brain"] & said["cord"]
