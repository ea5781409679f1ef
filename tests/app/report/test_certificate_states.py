"""Whatever can be wrong with a certificate, told in one clear sentence; the authorities are those of `pki`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.report.errors import CertificateProblem
from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.report.trust import Trust, read_trust
from app.report.verify import verify_report
from tests.app.report.certificate_making import PASSPHRASE, usage
from tests.app.report.pki import Entity, Pki, served
from tests.app.report.test_verify import said


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with served() as made:
        yield made


def signed_by(pki: Pki, signer: Entity, draft: bytes, folder: Path, *, chain: bool = True) -> bytes:
    return sign_pdf(draft, Signer(FileKey(pki.p12(folder, signer, chain=chain), PASSPHRASE)))


def test_a_chain_is_followed_to_the_root_and_unknown_revocation_is_said(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    pdf = signed_by(pki, pki.signer(), draft, tmp_path)
    found = verify_report(pdf, trust=Trust((pki.root.pem,)))
    assert found.ok
    assert "Whether its certificate was revoked is not known" in said(found)
    assert not found.signatures[0].revocation_known


def test_a_missing_authority_is_not_trusted(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    pdf = signed_by(pki, pki.signer(), draft, tmp_path, chain=False)
    found = verify_report(pdf, trust=Trust((pki.root.pem,)))
    assert not found.ok
    assert "No trusted root certificate vouches for it" in said(found)
    assert verify_report(pdf, trust=Trust((pki.middle.pem,))).ok


def test_lists_of_the_trust_folder_count_though_the_certificate_names_none(
    pki: Pki, draft: bytes, tmp_path: Path
) -> None:
    signer = pki.signer(by="nothing")
    pdf = signed_by(pki, signer, draft, tmp_path)
    (tmp_path / "root.pem").write_bytes(pki.root.pem)
    (tmp_path / "root.crl").write_bytes(pki.crl(pki.root))
    (tmp_path / "middle.crl").write_bytes(pki.crl(pki.middle))
    found = verify_report(pdf, trust=read_trust(None, tmp_path))
    assert found.ok
    assert "Its certificate was not revoked then." in said(found)


@pytest.mark.parametrize("with_the_authoritys_list", [False, True])
def test_a_revoked_signer_is_found_whatever_is_known_of_the_authority(
    pki: Pki, draft: bytes, tmp_path: Path, with_the_authoritys_list: bool
) -> None:
    signer = pki.signer()
    pdf = signed_by(pki, signer, draft, tmp_path)
    pki.revoked[signer.certificate.serial_number] = datetime.now(UTC) - timedelta(days=1)
    lists = (pki.crl(pki.middle),) + ((pki.crl(pki.root),) if with_the_authoritys_list else ())
    found = verify_report(pdf, trust=Trust((pki.root.pem,), lists))
    assert not found.ok
    assert found.signatures[0].intact
    assert found.signatures[0].revoked
    assert "was revoked on" in said(found)


def test_a_list_of_somebody_else_counts_for_nothing(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    """A list that another authority of the same name has signed must neither accuse nor acquit."""
    signer = pki.signer()
    pdf = signed_by(pki, signer, draft, tmp_path)
    other = Pki()
    other.revoked[signer.certificate.serial_number] = datetime.now(UTC) - timedelta(days=1)
    forger = Entity(pki.middle.certificate, pki.tsa.key)
    found = verify_report(pdf, trust=Trust((pki.root.pem,), (other.crl(forger),)))
    assert found.ok
    assert not found.signatures[0].revocation_known


def test_a_list_that_is_out_of_date_is_not_current(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    pdf = signed_by(pki, pki.signer(), draft, tmp_path)
    old = Pki.crl
    lists = tuple(old(pki, issuer, days=(-20, -10)) for issuer in (pki.root, pki.middle))
    found = verify_report(pdf, trust=Trust((pki.root.pem,), lists))
    assert found.ok
    assert not found.signatures[0].revocation_known


def test_a_certificate_that_is_not_valid_yet(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    signer = pki.signer(days=(2, 100))
    with pytest.raises(CertificateProblem, match="valid only from"):
        signed_by(pki, signer, draft, tmp_path)


def test_a_certificate_for_something_else(
    pki: Pki, draft: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before signing; where another program signed with it, it is not trusted."""
    signer = pki.signer(key_usage=usage(digital_signature=True))
    with pytest.raises(CertificateProblem, match="content commitment"):
        signed_by(pki, signer, draft, tmp_path)
    monkeypatch.setattr("app.report.certificates.signing_problem", lambda *_: None)
    found = verify_report(signed_by(pki, signer, draft, tmp_path), trust=Trust((pki.root.pem,)))
    assert not found.ok
    assert "may not be used for this" in said(found)


def test_before_it_is_valid_and_after_it_expired(pki: Pki, draft: bytes, tmp_path: Path) -> None:
    pdf = signed_by(pki, pki.signer(days=(-10, 100)), draft, tmp_path)
    trust, now = Trust((pki.root.pem,)), datetime.now(UTC)
    assert verify_report(pdf, trust=trust, now=now + timedelta(days=99)).ok
    late = verify_report(pdf, trust=trust, now=now + timedelta(days=101))
    assert not late.ok
    assert "expired on" in said(late)
    early = verify_report(pdf, trust=trust, now=now - timedelta(days=11))
    assert not early.ok
    assert "valid only from" in said(early)


def test_files_of_the_trust_folder_that_are_none(tmp_path: Path, signed: bytes) -> None:
    (tmp_path / "bad.crl").write_bytes(b"not a list")
    with pytest.raises(CertificateProblem, match="revocation list"):
        verify_report(signed, trust=read_trust(None, tmp_path))
