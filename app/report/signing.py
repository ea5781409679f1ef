"""Signing: PAdES baseline B-B, or B-LTA with a time-stamp authority; certifying, with room for two later addenda.

The fields `Final`, `Addendum1` and `Addendum2` are made before the certifying signature, because a certified document
may be signed again only in a field that it already has (ISO 32000-2, 12.8.2.2, permission 2).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.report.certificates import common_name, credentials, is_demo
from app.report.errors import SigningFailed
from app.report.keys import OpenKey, SigningKey, opened
from app.report.layout import FINAL, signature_boxes
from app.report.seal import quiet_pyhanko
from app.report.stamp import StampText, stamp_pdf
from app.report.time_stamping import (
    TimeStamping,
    stamping_failure,
    time_stamper,
    validation_context,
    validation_data_settings,
)

Box = tuple[float, float, float, float]
FINAL_MEANING: Final = "author, final report"
AUTOMATIC_MEANING: Final = "automatic analysis, read by no person"
"""What a signature means that was made without a window."""


@dataclass(frozen=True)
class Signer:
    """What signs a report, what the signature means, and where its trusted time comes from, if it has one."""

    key: SigningKey
    meaning: str = FINAL_MEANING
    stamping: TimeStamping | None = None


def sign_pdf(pdf: bytes, signer: Signer, *, simulated: bool = False) -> bytes:
    """Certify a finished report and check the fresh signature.

    Parameters
    ----------
    simulated : whether the stamp says that no patient was measured

    Raises
    ------
    CertificateProblem
        If the file or token, its secret or the certificate is not fit for signing.
    SigningFailed
        If the PDF cannot be signed, the time stamp cannot be had, or the signature does not verify.
    """
    from pikepdf import PdfError as DamagedPdf
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import PathError, ValidationError

    quiet_pyhanko()
    problems = (SigningError, TimestampRequestError, PathError, ValidationError)
    try:
        with opened(signer.key) as key:
            signed = _signed(pdf, key, signer, simulated=simulated)
    except (PdfError, DamagedPdf, *problems) as error:
        if signer.stamping is not None and isinstance(error, problems):
            raise stamping_failure(error, signer.stamping) from error
        raise SigningFailed("The report could not be signed; it may be signed already or damaged.") from error
    _check(signed)
    return signed


def _signed(pdf: bytes, key: OpenKey, signer: Signer, *, simulated: bool) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

    now = datetime.now().astimezone()
    stamping = signer.stamping
    text = StampText(
        common_name(key.certificate),
        signer.meaning,
        now,
        is_demo(key.certificate),
        simulated,
        "" if stamping is None else stamping.host,
        credentials(key.certificate),
    )
    metadata = signers.PdfSignatureMetadata(
        field_name=FINAL,
        md_algorithm="sha256",
        reason=signer.meaning,
        name=common_name(key.certificate),
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        embed_validation_info=stamping is not None,
        use_pades_lta=stamping is not None,
        validation_context=None if stamping is None else validation_context(stamping),
        dss_settings=validation_data_settings(),
    )
    boxes = signature_boxes(_page_width(pdf))
    writer = IncrementalPdfFileWriter(io.BytesIO(_with_fields(pdf, boxes)))
    pdf_signer = signers.PdfSigner(
        metadata,
        key.signer,
        timestamper=None if stamping is None else time_stamper(stamping),
        stamp_style=_stamp_style(text, boxes[FINAL]),
    )
    output = io.BytesIO()
    pdf_signer.sign_pdf(writer, existing_fields_only=True, output=output)
    return output.getvalue()


def _page_width(pdf: bytes) -> float:
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        left, _, right, _ = (float(edge) for edge in document.pages[0].mediabox)
    return right - left


def _with_fields(pdf: bytes, boxes: Mapping[str, Box]) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for name, box in boxes.items():
        left, bottom, right, top = (round(edge) for edge in box)
        append_signature_field(writer, SigFieldSpec(name, on_page=0, box=(left, bottom, right, top)))
    output = io.BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def _stamp_style(text: StampText, box: Box) -> Any:
    """Return pyHanko's style that places our own drawing, because its text stamps use a font that is not embedded."""
    from pyhanko.pdf_utils.content import ImportedPdfPage
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import StaticStampStyle

    left, bottom, right, top = (round(edge) for edge in box)
    drawing = stamp_pdf(text, right - left, top - bottom)

    class _Drawing(ImportedPdfPage):
        """The stamp's page, read from memory."""

        def render(self) -> bytes:
            """Import the page and return the operator that paints it."""
            writer = self._ensure_writer
            page = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(drawing)))
            self.resources.xobject["/DiscernStamp"] = page
            return b"/DiscernStamp Do"

    rule = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MIN, AxisAlignment.ALIGN_MIN, Margins(0, 0, 0, 0))
    page = _Drawing("")  # type: ignore[no-untyped-call]
    return StaticStampStyle(border_width=0, background=page, background_layout=rule, background_opacity=1.0)


def _check(signed: bytes) -> None:
    """Refuse to hand out a signature that does not verify."""
    from app.report.verify import is_sealed

    if not is_sealed(signed):
        raise SigningFailed("The fresh signature did not verify, so no report was written.")
