from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from app.report.attach import attach_results
from app.report.errors import CertificateProblem
from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.report.trust import Trust, read_trust, site_trust_folder, trusting
from app.report.verify import Verification, verify_file, verify_report
from tests.app.report.certificate_making import PASSPHRASE, make_p12
from tests.app.report.conftest import MADE


def said(found: Verification) -> str:
    assert found.sentences
    for sentence in found.sentences:
        assert sentence.endswith(".")
        assert "\n" not in sentence
    return " ".join(found.sentences)


def addendum(pdf: bytes, p12: Path, passphrase: bytes, field: str = "Addendum1") -> bytes:
    """Sign again in a field that the report already has."""
    signer = signers.SimpleSigner.load_pkcs12(str(p12), passphrase=passphrase)
    signer.embed_roots = False
    metadata = signers.PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    output = io.BytesIO()
    signers.PdfSigner(metadata, signer).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), existing_fields_only=True, output=output
    )
    return output.getvalue()


def test_a_fresh_report_is_good_and_carries_its_results(signed: bytes, root: bytes, results: bytes) -> None:
    found = verify_report(signed, trust=trusting(root))
    assert found.ok
    assert found.results == json.loads(results)
    (signature,) = found.signatures
    assert signature.signer == "Demo Signer (throw-away)"
    assert (signature.intact, signature.trusted, signature.unchanged_after, signature.demo) == (True,) * 4
    assert signature.time is not None
    assert "throw-away" in said(found)


def test_an_unknown_root_is_not_trusted_and_the_sentence_says_what_to_do(signed: bytes, tmp_path: Path) -> None:
    for roots in ([], [make_p12(tmp_path).root]):
        found = verify_report(signed, trust=trusting(*roots))
        assert not found.ok
        assert found.signatures[0].intact
        assert not found.signatures[0].trusted
        assert "NOT TRUSTED" in said(found)
        assert "--trust ROOT.pem" in said(found)


def test_a_certificate_that_expired_is_not_trusted(
    draft: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_p12(tmp_path, days=(-20, -10))
    monkeypatch.setattr("app.report.certificates.signing_problem", lambda *_: None)
    found = verify_report(sign_pdf(draft, Signer(FileKey(made.p12, PASSPHRASE))), trust=trusting(made.root))
    assert not found.ok
    assert "expired on" in said(found)
    assert "no time stamp proves that it signed before" in said(found)


def test_an_unsigned_draft_is_not_good(draft: bytes, root: bytes) -> None:
    found = verify_report(draft, trust=trusting(root))
    assert not found.ok
    assert said(found) == "This PDF carries no signature, so nothing vouches for it."


@pytest.mark.parametrize("data", [b"", b"text", b"%PDF-1.7\n", b"\x00" * 4096])
def test_what_is_no_pdf_is_one_sentence(data: bytes, root: bytes) -> None:
    found = verify_report(data, trust=trusting(root))
    assert not found.ok
    assert len(found.sentences) == 1
    assert "cannot be read as a PDF" in said(found)


def test_a_cut_file_is_not_good(signed: bytes, root: bytes) -> None:
    for length in (len(signed) - 1, len(signed) // 2, 2000):
        assert not verify_report(signed[:length], trust=trusting(root)).ok


def test_a_missing_file_and_a_folder_are_one_sentence(tmp_path: Path, root: bytes) -> None:
    missing = verify_file(tmp_path / "no.pdf", trust=trusting(root))
    assert said(missing) == f"There is no file {tmp_path / 'no.pdf'}."
    assert "cannot be read" in said(verify_file(tmp_path, trust=trusting(root)))
    assert not missing.ok


def test_an_addendum_in_its_field_keeps_the_report_good(signed: bytes, root: bytes, signer: Signer) -> None:
    key = signer.key
    assert isinstance(key, FileKey)
    once = addendum(signed, key.p12, key.passphrase)
    found = verify_report(once, trust=trusting(root))
    assert found.ok, said(found)
    assert [signature.field_name for signature in found.signatures] == ["Final", "Addendum1"]
    twice = addendum(once, key.p12, key.passphrase, "Addendum2")
    assert verify_report(twice, trust=trusting(root)).ok


def test_an_addendum_by_somebody_unknown_is_not_good(signed: bytes, root: bytes, tmp_path: Path) -> None:
    other = make_p12(tmp_path)
    found = verify_report(addendum(signed, other.p12, PASSPHRASE), trust=trusting(root))
    assert not found.ok
    assert [signature.ok for signature in found.signatures] == [True, False]
    assert verify_report(addendum(signed, other.p12, PASSPHRASE), trust=trusting(root, other.root)).ok


def test_a_report_without_results_is_not_good(draft: bytes, root: bytes, signer: Signer) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        del document.Root.Names
        del document.Root.AF
        buffer = io.BytesIO()
        document.save(buffer)
    found = verify_report(sign_pdf(buffer.getvalue(), signer), trust=trusting(root))
    assert found.signatures[0].ok
    assert not found.ok
    assert "results.json" in said(found)


@pytest.mark.parametrize("data", [b"{}", b"not json", b'{"schema": "discern-results/1"}'])
def test_results_that_break_the_schema_are_not_good(draft: bytes, root: bytes, signer: Signer, data: bytes) -> None:
    pdf = sign_pdf(attach_results(draft, data, created_at=MADE), signer)
    found = verify_report(pdf, trust=trusting(root))
    assert found.signatures[0].ok
    assert not found.ok
    assert found.results is None


def test_a_second_attachment_is_not_good(draft: bytes, root: bytes, signer: Signer) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        document.attachments["other.json"] = pikepdf.AttachedFileSpec(document, b"{}", filename="other.json")
        buffer = io.BytesIO()
        document.save(buffer)
    found = verify_report(sign_pdf(buffer.getvalue(), signer), trust=trusting(root))
    assert not found.ok
    assert "2 files" in said(found)


def test_recomputing_the_study_finds_what_differs(signed: bytes, root: bytes, results: bytes) -> None:
    same: dict[str, Any] = json.loads(results)
    found = verify_report(signed, trust=trusting(root), recompute=lambda: same)
    assert found.ok
    assert "every number agrees to a relative tolerance of 0.0001" in said(found)
    other = copy.deepcopy(same)
    other["voxels"][3]["ratios"]["Lac/PG"]["value"] *= 0.9
    found = verify_report(signed, trust=trusting(root), recompute=lambda: other)
    assert not found.ok
    assert "L4-L5 ratios Lac/PG value" in said(found)


def test_only_the_given_root_or_the_site_folder_is_trusted(tmp_path: Path, demo: Any, root: bytes) -> None:
    assert site_trust_folder().name == "trust"
    assert read_trust(None) == Trust()
    site = tmp_path / "trust"
    site.mkdir()
    (site / "ours.pem").write_bytes(root)
    (site / "notes.txt").write_text("not a certificate")
    assert read_trust(None, site) == trusting(root)
    assert read_trust(demo.root, tmp_path / "empty") == trusting(root)
    with pytest.raises(CertificateProblem, match="does not exist"):
        read_trust(tmp_path / "no.pem")
    (tmp_path / "bad.pem").write_text("hello")
    with pytest.raises(CertificateProblem, match="no PEM certificate"):
        read_trust(tmp_path / "bad.pem")


def test_a_trust_root_that_is_none_is_a_sentence(signed: bytes) -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    with pytest.raises(CertificateProblem, match="PEM"):
        verify_report(signed, trust=trusting(broken))
