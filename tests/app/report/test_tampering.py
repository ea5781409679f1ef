"""Every change of a signed report must show: any byte, and any update that a PDF allows to be appended."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from app.report.keys import FileKey
from app.report.signing import Signer, sign_pdf
from app.report.trust import trusting
from app.report.verify import verify_report
from tests.app.report.certificate_making import PASSPHRASE, make_p12


def gap(pdf: bytes) -> tuple[int, int]:
    """Return where the hexadecimal text of the signature begins and ends, its brackets included."""
    found = re.search(rb"<[0-9A-F]{200,}>", pdf)
    assert found is not None
    return found.start(), found.end()


def changed(pdf: bytes, place: int, value: int) -> bytes:
    return pdf[:place] + bytes([value]) + pdf[place + 1 :]


def test_300_random_byte_changes_are_all_found(signed: bytes, root: bytes) -> None:
    chance = random.Random(20261120)
    missed = []
    for _ in range(300):
        place = chance.randrange(len(signed))
        value = (signed[place] + chance.randrange(1, 256)) % 256
        if verify_report(changed(signed, place, value), trust=trusting(root)).ok:
            missed.append((place, value))
    assert missed == []


def test_150_changes_of_the_signature_itself_are_all_found(signed: bytes, root: bytes) -> None:
    start, end = gap(signed)
    used = start + len(signed[start:end].rstrip(b"0>"))
    chance = random.Random(7)
    missed = []
    for number in range(150):
        place = chance.randrange(start + 1, used if number % 5 else end - 1)
        value = chance.choice([c for c in b"0123456789ABCDEF" if c != signed[place]])
        if verify_report(changed(signed, place, value), trust=trusting(root)).ok:
            missed.append((place - start, value))
    assert missed == []


def test_the_letters_of_the_signature_must_keep_their_case(signed: bytes, root: bytes) -> None:
    start, end = gap(signed)
    place = start + next(i for i, c in enumerate(signed[start:end]) if c in b"ABCDEF")
    found = verify_report(changed(signed, place, signed[place] + 32), trust=trusting(root))
    assert not found.ok
    assert "not written in one form" in " ".join(found.sentences)


def test_the_padding_must_be_zeros(signed: bytes, root: bytes) -> None:
    _, end = gap(signed)
    found = verify_report(changed(signed, end - 2, ord("1")), trust=trusting(root))
    assert not found.ok
    assert "other than zeros" in " ".join(found.sentences)


@pytest.mark.parametrize("tail", [b"\n", b"\x00", b"%%EOF\n", b"% a comment\n"])
def test_bytes_behind_the_end_are_found(signed: bytes, root: bytes, tail: bytes) -> None:
    assert not verify_report(signed + tail, trust=trusting(root)).ok
    assert not verify_report(tail + signed, trust=trusting(root)).ok


def updated(pdf: bytes, how: str) -> bytes:
    """Append an update as an editor would."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    if how == "page content":
        page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
        writer.update_container(page)
    elif how == "attachment":
        specification = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
        specification["/EF"]["/F"] = writer.add_object(generic.StreamObject(stream_data=b"{}"))
        writer.update_container(specification["/EF"])
    elif how == "object":
        writer.add_object(generic.StreamObject(stream_data=b"hidden"))
    elif how == "catalogue":
        writer.root["/PageMode"] = generic.NameObject("/UseOutlines")
        writer.update_root()
    elif how == "page removed":
        del writer.root["/Pages"]["/Kids"][1]
        writer.update_container(writer.root["/Pages"]["/Kids"])
    output = io.BytesIO()
    writer.write(output)
    assert len(output.getvalue()) > len(pdf)
    return output.getvalue()


@pytest.mark.parametrize("how", ["page content", "attachment", "object", "catalogue", "page removed"])
def test_appended_updates_are_found(signed: bytes, root: bytes, how: str) -> None:
    found = verify_report(updated(signed, how), trust=trusting(root))
    assert not found.ok
    assert not found.signatures[0].unchanged_after


def test_the_unsigned_first_revision_is_no_report(signed: bytes, root: bytes) -> None:
    ends = [match.end() for match in re.finditer(rb"%%EOF\s*", signed)]
    assert len(ends) >= 2
    for end in ends[:-1]:
        found = verify_report(signed[:end], trust=trusting(root))
        assert not found.ok
        assert not found.signatures


def test_a_signature_of_another_report_does_not_fit(signed: bytes, draft: bytes, root: bytes, signer: Signer) -> None:
    other = sign_pdf(draft, replace(signer, meaning="something else"))
    (start, end), (other_start, other_end) = gap(signed), gap(other)
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
