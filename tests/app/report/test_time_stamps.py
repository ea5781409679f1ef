"""Signatures with a time stamp: what they prove, for how long, and what is said where the authority fails."""

from __future__ import annotations

import io
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.report.errors import SigningFailed
from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.report.time_stamping import TimeStamping
from app.report.trust import Trust
from app.report.verify import verify_report
from tests.app.report.certificate_making import PASSPHRASE, make_p12
from tests.app.report.pki import Entity, Pki, asn1, served
from tests.app.report.test_verify import addendum, said


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with served() as made:
        yield made


@pytest.fixture(autouse=True)
def _as_new(pki: Pki) -> None:
    pki.revoked.clear()
    pki.down.clear()


def signer_at(pki: Pki, folder: Path, entity: Entity, *, trust: Trust | None = None) -> Signer:
    trust = Trust((pki.root.pem,)) if trust is None else trust
    return Signer(FileKey(pki.p12(folder, entity), PASSPHRASE), stamping=TimeStamping(f"{pki.url}/tsa", trust))


@pytest.fixture(scope="module")
def stamped(pki: Pki, draft: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A report whose signer's certificate lasts 100 days, that of the time-stamp authority 1000."""
    return sign_pdf(draft, signer_at(pki, tmp_path_factory.mktemp("stamped"), pki.signer()))


def test_a_stamped_report_tells_its_time_and_seals_the_file(pki: Pki, stamped: bytes) -> None:
    found = verify_report(stamped, trust=Trust((pki.root.pem,)))
    assert found.ok, said(found)
    signature, archive = found.signatures
    assert (signature.kind, archive.kind) == ("signature", "archive time stamp")
    assert signature.revocation_known
    assert signature.stamped_at is not None
    assert abs(datetime.now(UTC) - signature.stamped_at) < timedelta(minutes=10)
    assert "by Test time-stamp authority" in said(found)
    assert "seals the file as it is" in said(found)


@pytest.mark.parametrize("by", ["crl", "ocsp", "nothing"])
def test_it_stays_valid_after_the_certificate_expired_and_the_lists_with_it(
    pki: Pki, draft: bytes, tmp_path: Path, by: str
) -> None:
    pdf = sign_pdf(draft, signer_at(pki, tmp_path, pki.signer(by=by)))
    later = datetime.now(UTC) + timedelta(days=900)
    found = verify_report(pdf, trust=Trust((pki.root.pem,)), now=later)
    assert found.ok, said(found)
    assert found.signatures[0].revocation_known == (by != "nothing")


def test_it_ends_with_the_time_stamp_authoritys_certificate(pki: Pki, stamped: bytes) -> None:
    found = verify_report(stamped, trust=Trust((pki.root.pem,)), now=datetime.now(UTC) + timedelta(days=1001))
    assert not found.ok
    assert "Archive time stamp" in said(found)
    assert "expired on" in said(found)


def test_a_revocation_after_the_signature_does_not_undo_it_and_one_before_does(
    pki: Pki, draft: bytes, tmp_path: Path
) -> None:
    entity = pki.signer()
    pdf = sign_pdf(draft, signer_at(pki, tmp_path, entity))
    now, serial = datetime.now(UTC), entity.certificate.serial_number
    for when, ok in ((now + timedelta(hours=2), True), (now - timedelta(hours=2), False)):
        pki.revoked[serial] = when
        trust = Trust((pki.root.pem,), (pki.crl(pki.middle), pki.crl(pki.root)))
        found = verify_report(pdf, trust=trust, now=now + timedelta(days=3))
        assert found.ok is ok, said(found)
    assert "was revoked on" in said(found)


def test_the_authority_of_the_time_must_be_trusted_too(pki: Pki, draft: bytes, tmp_path: Path, stamped: bytes) -> None:
    found = verify_report(stamped, trust=Trust((pki.middle.pem,)))
    assert not found.ok
    assert "vouches for the authority that stamped its time" in said(found)


def test_a_revoked_time_stamp_authority_proves_nothing(pki: Pki, stamped: bytes) -> None:
    pki.revoked[pki.tsa.certificate.serial_number] = datetime.now(UTC) - timedelta(days=1)
    found = verify_report(stamped, trust=Trust((pki.root.pem,), (pki.crl(pki.root),)))
    assert not found.ok
    assert "was revoked on" in said(found)


def test_an_addendum_may_follow_a_stamped_report(pki: Pki, stamped: bytes, tmp_path: Path) -> None:
    entity = pki.signer()
    pdf = addendum(stamped, pki.p12(tmp_path, entity), PASSPHRASE)
    found = verify_report(pdf, trust=Trust((pki.root.pem,)))
    assert found.ok, said(found)
    assert [check.field_name for check in found.signatures if check.kind == "signature"] == ["Final", "Addendum1"]


# --- what is found -------------------------------------------------------------------------------------------------


def test_cutting_the_seal_off_shows(pki: Pki, stamped: bytes) -> None:
    ends = [match.end() for match in re.finditer(rb"%%EOF\s*", stamped)]
    assert len(ends) > 2
    trust = Trust((pki.root.pem,))
    kept = [end for end in ends[:-1] if verify_report(stamped[:end], trust=trust).ok]
    # What is left where the stamp's update is cut off is the signature as it was: all of it signed, nothing beyond.
    for end in kept:
        checks = verify_report(stamped[:end], trust=trust).signatures
        assert [check.kind for check in checks] == ["signature"]
        assert end == len(stamped[:end])
    assert len(kept) <= 1


def test_bytes_of_the_validation_data_and_of_the_seal_cannot_be_changed(pki: Pki, stamped: bytes) -> None:
    trust = Trust((pki.root.pem,))
    gaps = list(re.finditer(rb"<[0-9a-fA-F]{200,}>", stamped))
    assert len(gaps) == 2
    seal = gaps[1]
    places = [*range(gaps[0].end() + 3, len(stamped), 997), *range(seal.start(), seal.end(), 197)]
    missed = []
    for place in places:
        value = (stamped[place] + 1) % 256
        if verify_report(stamped[:place] + bytes([value]) + stamped[place + 1 :], trust=trust).ok:
            missed.append(place)
    assert missed == []


# --- what cannot be had --------------------------------------------------------------------------------------------


def test_an_authority_that_does_not_answer(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    signer = signer_at(pki, tmp_path, pki.signer())
    pki.down.add("tsa")
    with pytest.raises(SigningFailed, match=r"time-stamp authority at 127\.0\.0\.1 did not answer as it should"):
        sign_pdf(draft, signer)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/tsa"
    assert signer.stamping is not None
    with pytest.raises(SigningFailed, match="nothing was signed"):
        sign_pdf(draft, replace(signer, stamping=replace(signer.stamping, url=url)))


def test_an_authority_that_answers_nonsense(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    signer = signer_at(pki, tmp_path, pki.signer())
    assert signer.stamping is not None
    with pytest.raises(SigningFailed, match="nothing was signed"):
        sign_pdf(draft, replace(signer, stamping=replace(signer.stamping, url=f"{pki.url}/root.crl")))


def test_revocation_data_that_cannot_be_had(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    signer = signer_at(pki, tmp_path, pki.signer())
    pki.down.update({"middle.crl", "root.crl"})
    with pytest.raises(SigningFailed, match="could not be asked for"):
        sign_pdf(draft, signer)
    lists = (pki.crl(pki.root), pki.crl(pki.middle))
    offline = signer_at(pki, tmp_path, pki.signer(), trust=Trust((pki.root.pem,), lists))
    assert verify_report(sign_pdf(draft, offline), trust=Trust((pki.root.pem,))).ok


@pytest.mark.parametrize("by", ["crl", "ocsp"])
def test_a_revoked_certificate_does_not_sign(pki: Pki, draft: bytes, tmp_path: Path, by: str) -> None:
    entity = pki.signer(by=by)
    pki.revoked[entity.certificate.serial_number] = datetime.now(UTC) - timedelta(days=1)
    with pytest.raises(SigningFailed, match="was revoked on"):
        sign_pdf(draft, signer_at(pki, tmp_path, entity))


def test_roots_that_the_site_does_not_have(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    with pytest.raises(SigningFailed, match="holds no root that vouches"):
        sign_pdf(draft, signer_at(pki, tmp_path, pki.signer(), trust=Trust((make_p12(tmp_path).root,))))
    with pytest.raises(SigningFailed, match="holds no root that vouches"):
        sign_pdf(
            draft, replace(signer_at(pki, tmp_path, pki.signer()), stamping=TimeStamping(f"{pki.url}/tsa", Trust()))
        )


def openssl_authority(pki: Pki, folder: Path) -> Callable[[bytes], bytes]:
    """Return a time-stamp authority that is OpenSSL's."""
    key = pki.tsa.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(key)
    (folder / "tsa.pem").write_bytes(pki.tsa.pem)
    (folder / "chain.pem").write_bytes(pki.tsa.pem + pki.root.pem)
    (folder / "serial").write_text("01\n")
    settings = {
        "serial": folder / "serial", "signer_cert": folder / "tsa.pem", "signer_key": folder / "key.pem",
        "certs": folder / "chain.pem", "signer_digest": "sha256", "default_policy": "1.2.3.4.1",
        "digests": "sha256", "accuracy": "secs:1", "ess_cert_id_alg": "sha256",
    }  # fmt: skip
    lines = [f"{name} = {value}" for name, value in settings.items()]
    (folder / "tsa.cnf").write_text("\n".join(["[tsa]", "default_tsa = ours", "[ours]", *lines, ""]))

    def stamp(request: bytes) -> bytes:
        (folder / "query").write_bytes(request)
        files = ["-queryfile", folder / "query", "-out", folder / "reply"]
        command = ["openssl", "ts", "-reply", "-config", folder / "tsa.cnf", *files]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        return (folder / "reply").read_bytes()

    return stamp


# --- another program -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not (shutil.which("pdfsig") and shutil.which("certutil")), reason="pdfsig or certutil is missing")
@pytest.mark.parametrize("which", ["plain", "stamped"])
def test_poppler_and_pyhanko_agree(pki: Pki, draft: bytes, stamped: bytes, tmp_path: Path, which: str) -> None:
    """With the test root trusted in poppler's own store of certificates."""
    pdf, store = tmp_path / "report.pdf", tmp_path / "nss"
    plain = sign_pdf(draft, Signer(FileKey(pki.p12(tmp_path, pki.signer(by="nothing")), PASSPHRASE)))
    pdf.write_bytes(plain if which == "plain" else stamped)
    store.mkdir()
    (tmp_path / "root.pem").write_bytes(pki.root.pem)
    database = f"sql:{store}"
    subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True)
    trusting = ["-n", "root", "-t", "C,C,C", "-i", str(tmp_path / "root.pem")]
    subprocess.run(["certutil", "-A", "-d", database, *trusting], check=True)
    told = subprocess.run(["pdfsig", "-nssdir", database, str(pdf)], capture_output=True, text=True, check=False).stdout
    first = told.split("Signature #2")[0]
    assert "Signature is Valid." in first
    assert "Certificate is Trusted." in first
    assert ("Total document signed" in first) == (which == "plain")
    signature = PdfFileReader(io.BytesIO(pdf.read_bytes())).embedded_regular_signatures[0]
    roots = [asn1(pki.root.certificate)]
    context = ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")
    # With the lists of the file at hand; poppler asks for none.
    assert validate_pdf_signature(signature, context, context).bottom_line
    assert verify_report(pdf.read_bytes(), trust=Trust((pki.root.pem,))).ok


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
def test_an_authority_of_another_maker(draft: bytes, tmp_path: Path) -> None:
    """OpenSSL lists the root too, and its certificates in another order."""
    with served() as pki:
        pki.stamp = openssl_authority(pki, tmp_path)
        pdf = sign_pdf(draft, signer_at(pki, tmp_path, pki.signer()))
        trust = Trust((pki.root.pem,))
    found = verify_report(pdf, trust=trust, now=datetime.now(UTC) + timedelta(days=900))
    assert found.ok, said(found)
    assert [check.kind for check in found.signatures] == ["signature", "archive time stamp"]
