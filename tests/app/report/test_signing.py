from __future__ import annotations

import io
import os
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.report.certificates import (
    DEMO_MARK,
    DemoSigner,
    credentials,
    is_demo,
    make_demo_signer,
    open_p12,
    read_passphrase,
)
from app.report.errors import CertificateProblem, SigningFailed
from app.report.keys import FileKey, TokenKey
from app.report.signing import Signer, sign_pdf
from app.report.stamp import StampText, stamp_pdf
from app.report.trust import trusting
from app.report.verify import verify_report
from tests.app.report.certificate_making import PASSPHRASE, make_p12, small_rsa, usage
from tests.app.report.pdf_reading import first_page_with_stamp, page_texts


def problem(path: Path, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(CertificateProblem) as found:
        open_p12(path, passphrase)
    message = str(found.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert passphrase.decode() not in message
    assert found.value.__cause__ is None
    return message


def test_the_report_is_certified_with_room_for_two_addenda(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as document:
        fields = {str(field.T): field for field in document.Root.AcroForm.Fields}
        assert list(fields) == ["Final", "Addendum1", "Addendum2"]
        assert "/V" not in fields["Addendum1"]
        assert fields["Final"].V.SubFilter == "/ETSI.CAdES.detached"
        assert document.Root.Perms.DocMDP.Reference[0].TransformParams.P == 2


def test_the_stamp_says_who_for_what_and_that_it_is_a_throw_away(signed: bytes) -> None:
    with pikepdf.open(io.BytesIO(signed)) as document:
        drawing = document.pages[0].Annots[0].AP.N
        assert drawing.Resources.XObject.DiscernStamp is not None
    first = page_texts(signed)[0]
    assert "Unsigned draft" not in first
    rendered = first_page_with_stamp(signed)
    assert DEMO_MARK in rendered
    assert "SIMULATED DATA" in rendered
    assert "Signed by Demo Signer (throw-away)" in rendered
    assert "Meaning: author, final report" in rendered


def test_the_stamp_shows_the_signers_credentials() -> None:
    names = [(NameOID.COMMON_NAME, "Dr A"), (NameOID.TITLE, "Consultant neuroradiologist")]
    names += [(NameOID.ORGANIZATION_NAME, "St Elsewhere"), (NameOID.ORGANIZATIONAL_UNIT_NAME, DEMO_MARK)]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(kind, value) for kind, value in names])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    said = credentials(builder.sign(key, hashes.SHA256()))
    assert said == "Consultant neuroradiologist, St Elsewhere"
    (page,) = page_texts(stamp_pdf(StampText("Dr A", "author", now, True, True, "tsa.example.org", said), 251, 52))
    lines = ["Signed by Dr A", said, "Meaning: author", "signer's clock; time stamp inside: tsa.example.org"]
    assert all(line in page for line in lines)


def test_the_stamp_names_who_gives_the_time() -> None:
    text = StampText("Dr Test", "author", datetime.now(UTC), False, False, "tsa.hospital.example")
    (page,) = page_texts(stamp_pdf(text, 251, 52))
    assert "time stamp inside: tsa.hospital.example" in page
    assert "time stamp" not in page_texts(stamp_pdf(replace(text, stamped_by=""), 251, 52))[0].lower()


def test_another_certificate_has_no_throw_away_mark(draft: bytes, tmp_path: Path) -> None:
    made = make_p12(tmp_path, name="Dr <b>Ünal</b> 山田", middle=True)
    pdf = sign_pdf(draft, Signer(FileKey(made.p12, PASSPHRASE), meaning="preliminary report"))
    text = first_page_with_stamp(pdf)
    assert DEMO_MARK not in text
    assert "Signed by Dr <b>Ünal</b> 山田" in text
    assert verify_report(pdf, trust=trusting(made.root)).ok


def test_the_demonstration_signer_is_private_and_marked(tmp_path: Path) -> None:
    made = make_demo_signer(tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "demo-root.pem",
        "demo-signer.p12",
        "demo-signer.passphrase",
    ]
    if os.name == "posix":
        assert stat.S_IMODE(made.passphrase_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(made.p12.stat().st_mode) == 0o600
    bundle = open_p12(made.p12, read_passphrase(made.passphrase_file))
    assert bundle.cert is not None
    assert is_demo(bundle.cert.certificate)
    assert b"PRIVATE" not in made.root.read_bytes()


def test_a_wrong_passphrase_is_a_sentence(demo: DemoSigner) -> None:
    assert problem(demo.p12, b"wrong") == f"The passphrase does not open {demo.p12}, or the file is damaged."
    assert "passphrase" in problem(demo.p12, "pässphrase".encode())


def test_a_missing_file_a_folder_and_another_kind_of_file(tmp_path: Path, demo: DemoSigner) -> None:
    assert problem(tmp_path / "no.p12") == f"The certificate file {tmp_path / 'no.p12'} does not exist."
    assert "cannot be read" in problem(tmp_path)
    assert "is not a PKCS#12 file" in problem(demo.root)
    (tmp_path / "empty.p12").touch()
    assert "is not a PKCS#12 file" in problem(tmp_path / "empty.p12")
    (tmp_path / "cut.p12").write_bytes(demo.p12.read_bytes()[:400])
    assert problem(tmp_path / "cut.p12")


def test_certificates_that_may_not_sign(tmp_path: Path) -> None:
    assert "it expired on" in problem(make_p12(tmp_path, days=(-20, -10)).p12)
    assert "valid only from" in problem(make_p12(tmp_path, days=(5, 10)).p12)
    encipher = usage(key_encipherment=True)
    assert "content commitment" in problem(make_p12(tmp_path, key_usage=encipher).p12)
    assert "does not say" in problem(make_p12(tmp_path, key_usage=None).p12)
    assert "1024 bits" in problem(make_p12(tmp_path, key=small_rsa()).p12)


def test_a_file_without_a_key_cannot_sign(tmp_path: Path, demo: DemoSigner) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs12

    certificate = x509.load_pem_x509_certificate(demo.root.read_bytes())
    data = pkcs12.serialize_key_and_certificates(
        None, None, certificate, None, serialization.BestAvailableEncryption(PASSPHRASE)
    )
    (tmp_path / "nokey.p12").write_bytes(data)
    assert "no private key" in problem(tmp_path / "nokey.p12")


def test_secrets_are_not_shown(signer: Signer) -> None:
    assert isinstance(signer.key, FileKey)
    assert signer.key.passphrase.decode() not in repr(signer)
    assert "1234" not in repr(TokenKey(Path("/lib.so"), "Dr Test", "1234"))


def test_signing_twice_or_signing_something_else_is_refused(signed: bytes, signer: Signer) -> None:
    for pdf in (signed, b"no pdf", b""):
        with pytest.raises(SigningFailed) as refused:
            sign_pdf(pdf, signer)
        assert str(refused.value).endswith(".")


def test_a_passphrase_file_ends_at_its_line(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"secret word\r\nmore\n")
    assert read_passphrase(tmp_path / "p") == b"secret word"
    with pytest.raises(CertificateProblem, match="cannot be read"):
        read_passphrase(tmp_path / "absent")


def test_reading_and_drawing_do_not_load_the_signing_libraries() -> None:
    import subprocess

    code = "import sys, app.report, app.report.pdf; print([m for m in ('pyhanko', 'cryptography') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
