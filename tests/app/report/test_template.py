"""Report templates: those that come with Discern, and a site's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.report.errors import ReportError
from app.report.template import load_template, template_words
from app.resource_files import PROTOCOLS, resource_path


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_one(protocol: str, tmp_path: Path) -> None:
    template = load_template(protocol, tmp_path)
    assert template.procedure_codes == (("76390",) if protocol != "disc" else ("0609T", "0610T", "0611T", "0612T"))
    assert "coverage" in [section.id for section in template.sections]


def test_a_site_s_own_takes_the_place_of_ours(tmp_path: Path) -> None:
    text = resource_path("report", "brain.toml").read_text(encoding="utf-8")
    (tmp_path / "brain.toml").write_text(text.replace("Exam record", "Anamnese"), encoding="utf-8")
    assert load_template("brain", tmp_path).sections[0].title == "Anamnese"
    assert load_template("cord", tmp_path).sections[0].title == "Exam record"


@pytest.mark.parametrize(
    ("text", "why"), [("procedure_codes = 1", "procedure_codes"), ("[", "not TOML"), (b"\xff\xfe", "cannot be read")]
)
def test_a_template_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path, text: str | bytes, why: str) -> None:
    path = tmp_path / "disc.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ReportError, match=f"disc.toml .*{why}.*mend or remove it"):
        load_template("disc", tmp_path)


def test_the_report_says_whose_template_it_follows(tmp_path: Path) -> None:
    shipped = resource_path("report", "disc.toml").read_bytes()
    assert template_words("disc", tmp_path) == (
        f"disc, as it comes with Discern, SHA-256 {hashlib.sha256(shipped).hexdigest()}"
    )
    (tmp_path / "disc.toml").write_bytes(shipped + b"\n")
    assert template_words("disc", tmp_path).startswith("disc, the site's own, SHA-256 ")
