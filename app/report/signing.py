"""Signing: PAdES baseline B-B, certifying, with room for two addenda that may be signed later.

The fields `Final`, `Addendum1` and `Addendum2` are made before the certifying signature, because a certified document
may be signed again only in a field that it already has (ISO 32000-2, 12.8.2.2, permission 2).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.report.certificates import common_name, is_demo, open_p12
from app.report.errors import SigningFailed
from app.report.layout import FINAL, signature_boxes
from app.report.seal import quiet_pyhanko
from app.report.stamp import StampText, stamp_pdf

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates

Box = tuple[float, float, float, float]
FINAL_MEANING: Final = "author, final report"


@dataclass(frozen=True)
class Signer:
    """Whose certificate signs a report, and what the signature means; the passphrase is never shown."""

    p12: Path
    passphrase: bytes = field(repr=False)
    meaning: str = FINAL_MEANING


def sign_pdf(
    pdf: bytes, p12: Path, passphrase: bytes, *, meaning: str = FINAL_MEANING, simulated: bool = False
) -> bytes:
    """Certify a finished report and check the fresh signature.

    Parameters
    ----------
    p12 : PKCS#12 file with the signer's key, certificate and chain
    meaning : what the signature stands for, printed in the stamp
    simulated : whether the stamp says that no patient was measured

    Raises
    ------
    CertificateProblem
        If the file, the passphrase or the certificate is not fit for signing.
    SigningFailed
        If the PDF cannot be signed or the signature does not verify.
    """
    from pikepdf import PdfError as DamagedPdf
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError

    quiet_pyhanko()
    bundle = open_p12(p12, passphrase)
    try:
        signed = _signed(pdf, bundle, meaning, simulated=simulated)
    except (PdfError, SigningError, DamagedPdf) as error:
        raise SigningFailed("The report could not be signed; it may be signed already or damaged.") from error
    _check(signed)
    return signed


def _signed(pdf: bytes, bundle: PKCS12KeyAndCertificates, meaning: str, *, simulated: bool) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

    assert bundle.cert is not None
    certificate = bundle.cert.certificate
    now = datetime.now().astimezone()
    text = StampText(common_name(certificate), meaning, now, is_demo(certificate), simulated)
    metadata = signers.PdfSignatureMetadata(
        field_name=FINAL,
        md_algorithm="sha256",
        reason=meaning,
        name=common_name(certificate),
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    boxes = signature_boxes(_page_width(pdf))
    writer = IncrementalPdfFileWriter(io.BytesIO(_with_fields(pdf, boxes)))
    signer = signers.PdfSigner(metadata, _simple_signer(bundle), stamp_style=_stamp_style(text, boxes[FINAL]))
    output = io.BytesIO()
    signer.sign_pdf(writer, existing_fields_only=True, output=output)
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


def _simple_signer(bundle: PKCS12KeyAndCertificates) -> Any:
    """Return pyHanko's signer; roots are left out, because a verifier must bring its own."""
    from asn1crypto import keys, x509  # type: ignore[import-untyped]
    from cryptography.hazmat.primitives import serialization
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    assert bundle.key is not None
    assert bundle.cert is not None
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    others = (other.certificate for other in bundle.additional_certs)
    store.register_multiple([x509.Certificate.load(c.public_bytes(serialization.Encoding.DER)) for c in others])
    key = bundle.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SimpleSigner(
        signing_cert=x509.Certificate.load(bundle.cert.certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=store,
        embed_roots=False,
    )


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
