"""What lies inside the PDF, covered by its signature like the pages: the results, and the report that is amended."""

from __future__ import annotations

import io
import time
from datetime import datetime
from typing import Any, Final

from app.report.archival import prepare_for_archive
from app.report.errors import NotVerifiable
from app.report.structure import Element
from app.report.structure_tree import add_structure

RESULTS_NAME: Final = "results.json"
AMENDED_NAME: Final = "amended-report.pdf"
_LARGEST = 64 * 2**20


def attach_results(
    pdf: bytes,
    results: bytes,
    *,
    created_at: datetime,
    says_pdfa: bool = False,
    amended: bytes | None = None,
    structure: Element | None = None,
) -> bytes:
    """Embed results.json as associated data (ISO 32000-2, 14.13), to be done before signing.

    The result depends on the arguments only.

    Parameters
    ----------
    created_at : becomes the PDF's creation date
    says_pdfa : whether the file, which is prepared for it, calls itself PDF/A-3b
    amended : the signed report that this one amends, embedded byte by byte
    structure : what the marked pieces of the pages are; the file is tagged with it
    """
    import pikepdf

    stamp = created_at.strftime("D:%Y%m%d%H%M%S") + _offset(created_at)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        _embed(document, RESULTS_NAME, results, "The numbers of this report, discern-results/1", stamp)
        if amended is not None:
            _embed(document, AMENDED_NAME, amended, "The signed report that this one amends", stamp)
        specifications = list(document.Root.Names.EmbeddedFiles.Names)[1::2]
        for specification in specifications:
            is_results = str(specification.F) == RESULTS_NAME
            specification.AFRelationship = pikepdf.Name.Data if is_results else pikepdf.Name.Supplement
        document.Root.AF = pikepdf.Array(specifications)
        document.docinfo["/CreationDate"] = document.docinfo["/ModDate"] = pikepdf.String(stamp)
        if "/Trapped" in document.docinfo:
            del document.docinfo["/Trapped"]
        if structure is not None:
            add_structure(document, structure)
        prepare_for_archive(document, says_pdfa=says_pdfa)
        buffer = io.BytesIO()
        document.save(
            buffer,
            min_version="1.7",
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            progress=_give_way,
        )
    return buffer.getvalue()


def _embed(document: Any, name: str, data: bytes, description: str, stamp: str) -> None:
    import pikepdf

    document.attachments[name] = pikepdf.AttachedFileSpec(
        document,
        data,
        filename=name,
        description=description,
        mime_type="application/json" if name == RESULTS_NAME else "application/pdf",
        creation_date=stamp,
        mod_date=stamp,
    )


def _give_way(_: int) -> None:
    """Let other threads run: saving would otherwise hold the window up for as long as it takes."""
    time.sleep(0)


def _offset(when: datetime) -> str:
    zone = when.strftime("%z")
    return f"{zone[:3]}'{zone[3:5]}'" if zone else ""


def embedded_results(pdf: bytes) -> bytes:
    """Return the attached results.json.

    Raises
    ------
    NotVerifiable
        If there is none, or anything else is attached than it and the report that is amended.
    """
    return _attached(pdf)[RESULTS_NAME]


def embedded_amended(pdf: bytes) -> bytes | None:
    """Return the signed report that a report amends, None for a first report; raises as `embedded_results`."""
    return _attached(pdf).get(AMENDED_NAME)


def _attached(pdf: bytes) -> dict[str, bytes]:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf), suppress_warnings=True) as document:
            names = list(document.attachments)
            if sorted(names) not in ([RESULTS_NAME], [AMENDED_NAME, RESULTS_NAME]):
                found = "nothing" if not names else f"{len(names)} files"
                raise NotVerifiable(
                    f"The report must carry results.json, and beside it only the report that it amends, but it carries "
                    f"{found}."
                )
            data = {name: document.attachments[name].get_file().read_bytes() for name in names}
    except (pikepdf.PdfError, pikepdf.DataDecodingError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise NotVerifiable("The attached results.json cannot be read; the report is damaged.") from error
    if any(len(content) > _LARGEST for content in data.values()):
        raise NotVerifiable("An attached file is larger than any that Discern writes.")
    return data
