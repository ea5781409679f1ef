"""Signing with a token: its certificates without the PIN, its key with it, and each thing that can go wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.report.errors import CertificateProblem
from app.report.keys import TokenKey
from app.report.signing import Signer, sign_pdf
from app.report.time_stamping import TimeStamping
from app.report.tokens import token_certificates
from app.report.trust import Trust
from app.report.verify import verify_report
from tests.app.report.pki import Pki
from tests.app.report.soft_token import PIN, SoftToken
from tests.app.report.test_verify import said

NAME = "Dr Test on Test token"


@pytest.fixture
def key(token: SoftToken) -> TokenKey:
    return TokenKey(token.module, NAME, PIN)


def test_certificates_of_persons_are_shown_without_the_pin(token: SoftToken) -> None:
    (found,) = token_certificates(token.module)
    assert found.name == NAME
    assert found.certificate == token.signer.certificate


def test_a_token_signs_as_a_file_does(key: TokenKey, hospital: Pki, draft: bytes) -> None:
    pdf = sign_pdf(draft, Signer(key))
    found = verify_report(pdf, trust=Trust((hospital.root.pem,)))
    assert found.ok, said(found)
    assert found.signatures[0].signer == "Dr Test"


def test_a_token_signs_with_a_time_stamp(key: TokenKey, hospital: Pki, draft: bytes) -> None:
    trust = Trust((hospital.root.pem,))
    found = verify_report(
        sign_pdf(draft, Signer(key, stamping=TimeStamping(f"{hospital.url}/tsa", trust))), trust=trust
    )
    assert found.ok, said(found)
    assert found.signatures[0].stamped_at is not None


@pytest.mark.parametrize("pin", ["1234", "", "x" * 300])
def test_a_wrong_pin_is_a_sentence_without_it(key: TokenKey, draft: bytes, pin: str) -> None:
    with pytest.raises(CertificateProblem, match="does not accept this PIN") as caught:
        sign_pdf(draft, Signer(replace(key, pin=pin)))
    assert not pin or pin not in str(caught.value)


def test_a_certificate_that_is_not_there(key: TokenKey, draft: bytes) -> None:
    with pytest.raises(CertificateProblem, match="plug the token in"):
        sign_pdf(draft, Signer(replace(key, name="Dr Nobody on Test token")))


def test_a_library_that_is_none(tmp_path: Path) -> None:
    none = tmp_path / "none.so"
    for _ in range(2):
        with pytest.raises(CertificateProblem, match="cannot be used as the library of a token"):
            token_certificates(none)
        none.write_bytes(b"not a library")
