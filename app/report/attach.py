"""The machine-readable results inside the PDF: an attachment that a signature covers with the pages."""

from __future__ import annotations

import io
import time
from datetime import datetime
from typing import Final

from app.report.archival import prepare_for_archive
from app.report.errors import NotVerifiable

RESULTS_NAME: Final = "results.json"
_LARGEST = 64 * 2**20


def attach_results(pdf: bytes, results: bytes, *, created_at: datetime, says_pdfa: bool = False) -> bytes:
    """Embed results.json as associated data (ISO 32000-2, 14.13), to be done before signing.

    The result depends on the arguments only. `created_at` becomes the PDF's creation date; `says_pdfa` is whether the
    file, which is prepared for it, calls itself PDF/A-3b.
    """
    import pikepdf

    stamp = created_at.strftime("D:%Y%m%d%H%M%S") + _offset(created_at)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.attachments[RESULTS_NAME] = pikepdf.AttachedFileSpec(
            document,
            results,
            filename=RESULTS_NAME,
            description="The numbers of this report, discern-results/1",
            mime_type="application/json",
            creation_date=stamp,
            mod_date=stamp,
        )
        specification = document.Root.Names.EmbeddedFiles.Names[1]
        specification.AFRelationship = pikepdf.Name.Data
        document.Root.AF = pikepdf.Array([specification])
        document.docinfo["/CreationDate"] = document.docinfo["/ModDate"] = pikepdf.String(stamp)
        if "/Trapped" in document.docinfo:
            del document.docinfo["/Trapped"]
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
        If there is none, more than one, or anything attached beside it.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf), suppress_warnings=True) as document:
            names = list(document.attachments)
            if names != [RESULTS_NAME]:
                found = "nothing" if not names else f"{len(names)} files"
                raise NotVerifiable(f"The report must carry results.json and nothing else, but it carries {found}.")
            data = document.attachments[RESULTS_NAME].get_file().read_bytes()
    except (pikepdf.PdfError, pikepdf.DataDecodingError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise NotVerifiable("The attached results.json cannot be read; the report is damaged.") from error
    if len(data) > _LARGEST:
        raise NotVerifiable("The attached results.json is larger than any that Discern writes.")
    return data
