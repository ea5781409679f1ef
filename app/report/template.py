"""What a site may word for itself in the report of one kind of exam: sections and their order, fixed texts, impression.

The templates that come with Discern lie in `resources/report/`; a file of the same name in the site's folder takes the
place of one.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal, Self

from platformdirs import user_config_path
from pydantic import Field, ValidationError, model_validator

from analysis.file_problem import problem_of
from analysis.sourced import Strict
from app.report.errors import ReportError
from app.resource_files import resource_path

SectionId = Literal[
    "record", "technique", "morphology", "numbers", "quality", "comparison", "adjustments", "coverage"
]  # fmt: skip
"""The sections between the summary and the pages of the voxels."""


class SectionRule(Strict):
    """One section: which, and its title."""

    id: SectionId
    title: str = Field(min_length=1, max_length=80)


class ImpressionRule(Strict):
    """Sentences of the drafted impression.

    ``{...}`` is a number of the results, as the editor lists them; ``<level>`` stands for the voxel that a sentence is
    about. An empty sentence is left out.
    """

    opening: str = ""
    withheld: str = ""
    higher: str = ""
    lower: str = ""
    indeterminate: str = ""
    not_evaluable: str = ""
    voxel: str = ""
    """For each evaluable voxel of an exam that compares nothing."""
    many: str = ""
    """Instead of a sentence for each voxel, where such an exam has many."""
    closing: str = ""


class ReportTemplate(Strict):
    """The report of one kind of exam."""

    procedure_codes: tuple[str, ...]
    technique: tuple[str, ...] = ()
    """Fixed sentences on how the exam is done, printed as they stand."""
    says_pdfa: bool = False
    """Whether the files call themselves PDF/A-3b: for a site whose validator accepts them."""
    sections: tuple[SectionRule, ...]
    impression: ImpressionRule

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [section.id for section in self.sections]
        if len(set(ids)) != len(ids):
            raise ValueError("a section is listed twice")
        return self


def site_template_folder() -> Path:
    """Return the folder of the site's own templates."""
    return user_config_path("discern", appauthor=False) / "report"


def load_template(protocol_id: str, site: Path | None = None) -> ReportTemplate:
    """Read the template for a protocol, the site's own where there is one.

    Parameters
    ----------
    site : folder of the site's templates; None is the usual one

    Raises
    ------
    ReportError
        If the site's template cannot be used; a report with other words than the site's would mislead.
    """
    path = _path(protocol_id, site)
    try:
        return ReportTemplate.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        why = problem_of(error)
        raise ReportError(f"The report template {path} cannot be used: {why}; mend or remove it.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"The report template {path} cannot be read; mend or remove it.") from error


def template_words(protocol_id: str, site: Path | None = None) -> str:
    """Say whose template the report follows, with the hash of its file, so that its fixed texts can be told apart."""
    path = _path(protocol_id, site)
    whose = "as it comes with Discern" if path == _shipped(protocol_id) else "the site's own"
    return f"{protocol_id}, {whose}, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _shipped(protocol_id: str) -> Path:
    return resource_path("report", f"{protocol_id}.toml")


def _path(protocol_id: str, site: Path | None) -> Path:
    own = (site or site_template_folder()) / f"{protocol_id}.toml"
    return own if own.is_file() else _shipped(protocol_id)
