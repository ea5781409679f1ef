"""What was signed first, byte by byte: taken out of a report that came later, it proves itself like any other."""

from __future__ import annotations

import io

from app.report.attach import embedded_amended
from app.report.errors import NotVerifiable
from app.report.seal import quiet_pyhanko


def original_of(pdf: bytes) -> bytes | None:
    """Return the signed report that a report amends, or the report as it was before its addenda were signed.

    Returns
    -------
    The bytes as they were signed; None where the report is the first one itself.

    Raises
    ------
    NotVerifiable
        If the file cannot be read.
    """
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    amended = embedded_amended(pdf)
    if amended is not None:
        return amended
    quiet_pyhanko()
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        ends = [int(s.byte_range[2]) + int(s.byte_range[3]) for s in signatures]
    except (PdfError, ValueError, TypeError, IndexError) as error:
        raise NotVerifiable("The signatures of this report cannot be read; it is damaged.") from error
    return pdf[: ends[0]] if len(ends) > 1 else None
