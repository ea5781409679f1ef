"""The bytes of a signature that no hash covers, checked one by one.

A PDF signature hashes the whole file but the hexadecimal text of the signature itself. What is left there must be in
the one form that a signer writes: proper DER, zeros behind it, one case of letters, nothing that nobody signed.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from app.report.der import der_size, is_der, parts_of

_HEX = re.compile(rb"<(?:[0-9a-f]+|[0-9A-F]+)>")
_SIGNED_PARTS = 5
"""Version, ways of hashing, kind of content, certificates, signers (RFC 5652, 5.1; no revocation lists)."""
_SIGNER_PARTS = (6, 7)
"""Version, certificate, way of hashing, signed attributes, algorithm, signature, perhaps unsigned attributes."""
_TIME_STAMP = "signature_time_stamp_token"
"""The one thing beside a signature that no hash of it covers: it is checked by itself."""


def broken_seal(pdf: bytes, signature: Any, *, is_last: bool) -> str | None:
    """Return what is wrong with the bytes around a signature, or None.

    Parameters
    ----------
    signature : pyHanko's `EmbeddedPdfSignature`
    is_last : whether the signature is the newest, which must cover the file to its end
    """
    span = [int(value) for value in signature.byte_range]
    if len(span) != 4 or span[0] != 0 or not 0 < span[1] < span[2] <= span[2] + span[3] <= len(pdf):
        return "the range of signed bytes is not one that a signer writes"
    _, first, second, length = span
    if is_last and second + length != len(pdf):
        return "bytes were added after the last signature"
    gap = pdf[first:second]
    if not _HEX.fullmatch(gap) or len(gap) % 2:
        return "the signature's bytes are not written in one form"
    content = bytes.fromhex(gap[1:-1].decode())
    if content != signature.pkcs7_content:
        return "the signature is not where the signed bytes leave room for it"
    if not _names_its_signer(signature):
        return "the signature does not name its certificate as a signer does"
    return _broken_content(content, stamps_time=signature.sig_object_type == "/DocTimeStamp")


def _broken_content(content: bytes, *, stamps_time: bool) -> str | None:
    from asn1crypto import cms  # type: ignore[import-untyped]

    size = der_size(content)
    if size is None or any(content[size:]):
        return "something other than zeros follows the signature"
    if not is_der(content[:size]):
        return "the signature is not encoded in its proper form (DER)"
    if not _has_usual_parts(content[:size]):
        return "the signature has other parts than a signer writes"
    try:
        signed = cms.ContentInfo.load(content[:size], strict=True)["content"]
        return _odd_structure(signed, stamps_time=stamps_time)
    except (ValueError, TypeError, KeyError):
        return "the signature cannot be decoded"


def _has_usual_parts(content: bytes) -> bool:
    """Whether the nested sequences hold as many elements as a signer writes, so that nothing hides among them."""
    outer = parts_of(content)
    inner = parts_of(outer[1]) if len(outer) == 2 else []
    signed = parts_of(inner[0]) if len(inner) == 1 else []
    signers = parts_of(signed[-1]) if len(signed) == _SIGNED_PARTS else []
    return len(signers) == 1 and len(parts_of(signers[0])) in _SIGNER_PARTS


def _odd_structure(signed: Any, *, stamps_time: bool) -> str | None:
    """Return what a signer of reports does not write: fields that no hash covers and no verifier reads.

    A time stamp (RFC 3161, 2.4.2) differs from a signature: it carries what it signs, and nothing unsigned.
    """
    signers = signed["signer_infos"]
    if len(signers) != 1:
        return "the signature does not have exactly one signer"
    signer = signers[0]
    if signed["version"].native != ("v3" if stamps_time else "v1") or signer["version"].native != "v1":
        return "the signature is of another version than a signer writes"
    algorithms = signed["digest_algorithms"]
    if len(algorithms) != 1 or algorithms[0].dump() != signer["digest_algorithm"].dump():
        return "the signature names more than one way of hashing"
    certificates = [choice.dump() for choice in signed["certificates"]]
    if certificates != sorted(set(certificates)):
        return "the signature's certificates are not listed as a signer lists them"
    content = signed["encap_content_info"]
    carried = content["content_type"].native if content["content"].native is not None else None
    if signed["crls"].native or carried != ("tst_info" if stamps_time else None):
        return "the signature carries something that nobody signed"
    unsigned = signer["unsigned_attrs"]
    names = [attribute["type"].native for attribute in unsigned] if unsigned.native else []
    allowed = [] if stamps_time else [_TIME_STAMP]
    return "the signature carries something that nobody signed" if names not in ([], allowed) else None


def _names_its_signer(signature: Any) -> bool:
    """Whether a signature names its certificate byte for byte; readers would forgive another case of letters."""
    sid = signature.signer_info["sid"]
    if sid.name != "issuer_and_serial_number":
        return False
    certificate = signature.signer_cert
    same = sid.chosen["issuer"].dump() == certificate.issuer.dump()
    return bool(same and sid.chosen["serial_number"].native == certificate.serial_number)


def quiet_pyhanko() -> None:
    """Keep pyHanko's account of each certificate that it does not trust out of logs: verifying says it in words."""
    for name in ("pyhanko", "pyhanko_certvalidator"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def unexplained_certificates(signature: Any, path: Any, roots: list[bytes]) -> bool:
    """Whether a signature carries a certificate that no part of the verified chain accounts for."""
    known = {certificate.dump() for certificate in path} | set(roots) if path is not None else set(roots)
    known.add(signature.signer_cert.dump())
    return any(choice.chosen.dump() not in known for choice in signature.signed_data["certificates"])
