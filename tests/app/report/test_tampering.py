"""Every change of a signed report must show: any byte, and any update that a PDF allows to be appended."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.report.trust import trusting
from app.report.verify import verify_report
from tests.app.report.certificate_making import PASSPHRASE, make_p12
from tests.app.report.pki import Pki
from tests.app.report.tampering import WAYS, changed, gaps


def test_150_random_byte_changes_are_all_found(signed: bytes, root: bytes) -> None:
    chance = random.Random(20261120)
    missed = []
    for _ in range(150):
        place = chance.randrange(len(signed))
        value = (signed[place] + chance.randrange(1, 256)) % 256
        if verify_report(changed(signed, place, value), trust=trusting(root)).ok:
            missed.append((place, value))
    assert missed == []


def test_100_changes_of_the_signature_itself_are_all_found(signed: bytes, root: bytes) -> None:
    ((start, end),) = gaps(signed)
    used = start + len(signed[start:end].rstrip(b"0>"))
    chance = random.Random(7)
    missed = []
    for number in range(100):
        place = chance.randrange(start + 1, used if number % 5 else end - 1)
        value = chance.choice([c for c in b"0123456789ABCDEF" if c != signed[place]])
        if verify_report(changed(signed, place, value), trust=trusting(root)).ok:
            missed.append((place - start, value))
    assert missed == []


def test_the_letters_of_the_signature_must_keep_their_case(signed: bytes, root: bytes) -> None:
    ((start, end),) = gaps(signed)
    place = start + next(i for i, c in enumerate(signed[start:end]) if c in b"ABCDEF")
    found = verify_report(changed(signed, place, signed[place] + 32), trust=trusting(root))
    assert not found.ok
    assert "not written in one form" in " ".join(found.sentences)


def test_the_padding_must_be_zeros(signed: bytes, root: bytes) -> None:
    ((_, end),) = gaps(signed)
    found = verify_report(changed(signed, end - 2, ord("1")), trust=trusting(root))
    assert not found.ok
    assert "other than zeros" in " ".join(found.sentences)


@pytest.mark.parametrize("tail", [b"\n", b"\x00", b"%%EOF\n", b"% a comment\n"])
def test_bytes_behind_the_end_are_found(signed: bytes, root: bytes, tail: bytes) -> None:
    assert not verify_report(signed + tail, trust=trusting(root)).ok
    assert not verify_report(tail + signed, trust=trusting(root)).ok


@pytest.fixture(scope="module")
def chained(hospital: Pki, draft: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A report that carries the certificate of its signer and of the authority above."""
    p12 = hospital.p12(tmp_path_factory.mktemp("chained"), hospital.signer(by="nothing"))
    return sign_pdf(draft, Signer(FileKey(p12, PASSPHRASE)))


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_tampering_is_found(chained: bytes, hospital: Pki, way: str) -> None:
    trust = trusting(hospital.root.pem)
    assert verify_report(chained, trust=trust).ok
    tampered = WAYS[way](chained, random.Random(way))
    assert tampered is not None
    assert tampered != chained
    assert not verify_report(tampered, trust=trust).ok


def test_the_unsigned_first_revision_is_no_report(signed: bytes, root: bytes) -> None:
    ends = [match.end() for match in re.finditer(rb"%%EOF\s*", signed)]
    assert len(ends) >= 2
    for end in ends[:-1]:
        found = verify_report(signed[:end], trust=trusting(root))
        assert not found.ok
        assert not found.signatures


def test_a_signature_of_another_report_does_not_fit(signed: bytes, draft: bytes, root: bytes, signer: Signer) -> None:
    other = sign_pdf(draft, replace(signer, meaning="something else"))
    ((start, end),), ((other_start, other_end),) = gaps(signed), gaps(other)
    size = min(end - start, other_end - other_start)
    swapped = signed[:start] + other[other_start : other_start + size - 1] + signed[start + size - 1 :]
    assert len(swapped) == len(signed)
    found = verify_report(swapped, trust=trusting(root))
    assert not found.ok


def test_the_same_name_on_another_certificate_is_not_trusted(draft: bytes, root: bytes, tmp_path: object) -> None:
    from pathlib import Path

    forged = make_p12(Path(str(tmp_path)), name="Demo Signer (throw-away)")
    found = verify_report(sign_pdf(draft, Signer(FileKey(forged.p12, PASSPHRASE))), trust=trusting(root))
    assert not found.ok
    assert found.signatures[0].intact
    assert not found.signatures[0].trusted
