"""Computing the results of a report again, from the raw files and the settings that it carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.errors import DiscernError
from analysis.pipeline import analyse
from analysis.reading import exam_settings
from analysis.results import reading_of, results_document
from analysis.types import Stop, Study
from app.resource_files import load_protocol, load_spin_library
from app.version import version


def recomputed_results(
    embedded: Mapping[str, Any], studies: Iterable[Study], stop: Stop | None = None
) -> dict[str, Any]:
    """Return the results of a report's study as they are computed now.

    Parameters
    ----------
    embedded : the results.json of the report
    studies : among which the report's study is looked for

    Raises
    ------
    DiscernError
        If none of them is the study that the report was made from, or it cannot be analysed.
    """
    uid = embedded["study"]["study_instance_uid"]
    for study in studies:
        if study.info.study_instance_uid == uid:
            protocol = load_protocol(str(embedded["software"]["protocol"]["id"]).rsplit("-", 1)[0])
            reading = reading_of(embedded)
            settings = exam_settings(reading, study)
            exam = analyse(study, protocol, load_spin_library(), settings=settings, stop=stop)
            return results_document(study, exam, version=version(), reading=reading)
    raise DiscernError("The study that the report was made from is not there; choose its folder.")
