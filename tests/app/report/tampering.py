"""Ways to tamper with a signed report: single bytes, appended updates, rewritten files, and the signature itself.

Each way returns a file that differs from the report, or None where the report has no place for it. They follow the
published attacks on PDF signatures (incremental saving, shadow, wrapping, universal forgery: Mladenov et al., CCS 2019;
Mainka et al., NDSS 2021) and on CMS.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from typing import Any

import pikepdf
from asn1crypto import algos, cms, core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

Way = Callable[[bytes, random.Random], bytes | None]
_RANGE = re.compile(rb"/ByteRange \[([0-9 ]+)\]")
_GAP = re.compile(rb"<[0-9a-fA-F]{200,}>")


def gaps(pdf: bytes) -> list[tuple[int, int]]:
    """Return where the hexadecimal texts of the signatures begin and end, their brackets included."""
    return [match.span() for match in _GAP.finditer(pdf)]


def changed(pdf: bytes, place: int, value: int) -> bytes:
    return pdf[:place] + bytes([value]) + pdf[place + 1 :]


def one_byte(pdf: bytes, rng: random.Random, *, in_signature: bool) -> bytes:
    """Change one byte, anywhere or inside a signature's text, where half of the new values are digits too."""
    if in_signature:
        start, end = rng.choice(gaps(pdf))
        place = rng.randrange(start, end)
        digits = [digit for digit in b"0123456789abcdefABCDEF" if digit != pdf[place]]
        if rng.random() < 0.5:
            return changed(pdf, place, rng.choice(digits))
    else:
        place = rng.randrange(len(pdf))
    return changed(pdf, place, (pdf[place] + rng.randrange(1, 256)) % 256)


# --- updates appended as an editor would ---------------------------------------------------------------------------


def _update(change: Callable[[Any, random.Random], object]) -> Way:
    def way(pdf: bytes, rng: random.Random) -> bytes | None:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        try:
            change(writer, rng)
        except (KeyError, IndexError):
            return None
        output = io.BytesIO()
        writer.write(output)
        return output.getvalue() if output.getvalue() != pdf else None

    return way


def _stream(writer: Any, data: bytes) -> Any:
    return writer.add_object(generic.StreamObject(stream_data=data))


def _page(writer: Any, rng: random.Random) -> Any:
    kids = writer.root["/Pages"]["/Kids"]
    return kids[rng.randrange(len(kids))]


def _object(writer: Any, rng: random.Random) -> None:
    _stream(writer, rng.randbytes(rng.randrange(1, 200)))


def _page_content(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    page["/Contents"] = _stream(writer, b"BT /F1 12 Tf (LR 0.01) Tj ET")
    writer.update_container(page)


def _page_content_added(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    old = page.raw_get("/Contents")
    page["/Contents"] = generic.ArrayObject([old, _stream(writer, b"1 1 1 rg 0 0 600 800 re f")])
    writer.update_container(page)


def _page_swapped(writer: Any, rng: random.Random) -> None:
    kids = writer.root["/Pages"]["/Kids"]
    one, other = rng.sample(range(len(kids)), 2)
    raw = [kids.raw_get(number) for number in range(len(kids))]
    kids[one], kids[other] = raw[other], raw[one]
    writer.update_container(kids)


def _page_removed(writer: Any, rng: random.Random) -> None:
    kids = writer.root["/Pages"]["/Kids"]
    del kids[rng.randrange(len(kids))]
    writer.update_container(kids)


def _page_added(writer: Any, rng: random.Random) -> None:
    pages = writer.root["/Pages"]
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/Parent"): writer.root.raw_get("/Pages"),
            pdf_name("/MediaBox"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 595, 842)]),
            pdf_name("/Contents"): _stream(writer, b"BT ET"),
        }
    )
    kids = pages["/Kids"]
    kids.insert(rng.randrange(len(kids) + 1), writer.add_object(page))
    pages["/Count"] = generic.NumberObject(len(kids))
    writer.update_container(kids)
    writer.update_container(pages)


def _page_turned(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    page["/Rotate"] = generic.NumberObject(rng.choice((90, 180, 270)))
    writer.update_container(page)


def _page_cropped(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    page["/CropBox"] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 100, rng.randrange(50, 300))])
    writer.update_container(page)


def _annotation(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name(rng.choice(("/FreeText", "/Stamp", "/Square", "/Link"))),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 50, 400, 400)]),
            pdf_name("/Contents"): pdf_string("Not painful"),
        }
    )
    old = [page["/Annots"].raw_get(n) for n in range(len(page["/Annots"]))] if "/Annots" in page else []
    page["/Annots"] = generic.ArrayObject([*old, writer.add_object(note)])
    writer.update_container(page)


def _attachment(writer: Any, rng: random.Random) -> None:
    specification = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
    specification["/EF"]["/F"] = _stream(writer, b"{}")
    writer.update_container(specification["/EF"])


def _attachment_added(writer: Any, rng: random.Random) -> None:
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    names.append(pdf_string("zz.json"))
    names.append(names.raw_get(1))
    writer.update_container(names)


def _attachment_renamed(writer: Any, rng: random.Random) -> None:
    specification = writer.root["/Names"]["/EmbeddedFiles"]["/Names"][1]
    specification["/UF"] = pdf_string("other.json")
    writer.update_container(specification)


def _catalogue(writer: Any, rng: random.Random) -> None:
    key, value = rng.choice((("/PageMode", "/UseOutlines"), ("/PageLayout", "/OneColumn"), ("/Lang", None)))
    writer.root[key] = pdf_name(value) if value else pdf_string("de")
    writer.update_root()


def _open_action(writer: Any, rng: random.Random) -> None:
    action = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert('x')")}
    writer.root["/OpenAction"] = writer.add_object(generic.DictionaryObject(action))
    writer.update_root()


def _metadata(writer: Any, rng: random.Random) -> None:
    writer.root["/Metadata"] = _stream(writer, b"<x/>")
    writer.update_root()


def _no_permissions(writer: Any, rng: random.Random) -> None:
    del writer.root["/Perms"]
    writer.update_root()


def _layers(writer: Any, rng: random.Random) -> None:
    writer.root["/OCProperties"] = writer.add_object(generic.DictionaryObject({}))
    writer.update_root()


def _field(writer: Any, name: str) -> Any:
    fields = writer.root["/AcroForm"]["/Fields"]
    return next(fields[number] for number in range(len(fields)) if fields[number]["/T"] == name)


def _form_filled(writer: Any, rng: random.Random) -> None:
    """Put something that is no signature into a field that is free for an addendum."""
    field = _field(writer, f"Addendum{rng.choice((1, 2))}")
    field["/V"] = pdf_string("signed")
    writer.update_container(field)


def _field_moved(writer: Any, rng: random.Random) -> None:
    field = _field(writer, "Final")
    field["/Rect"] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, rng.randrange(200, 600), 800)])
    writer.update_container(field)


def _stamp_replaced(writer: Any, rng: random.Random) -> None:
    field = _field(writer, "Final")
    field["/AP"]["/N"] = _stream(writer, b"BT (Signed by somebody else) Tj ET")
    writer.update_container(field["/AP"])


def _field_removed(writer: Any, rng: random.Random) -> None:
    fields = writer.root["/AcroForm"]["/Fields"]
    del fields[rng.randrange(len(fields))]
    writer.update_container(fields)


def _field_added(writer: Any, rng: random.Random) -> None:
    fields = writer.root["/AcroForm"]["/Fields"]
    entry = {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): pdf_string("note"), pdf_name("/V"): pdf_string("x")}
    fields.append(writer.add_object(generic.DictionaryObject(entry)))
    writer.update_container(fields)


def _signature_reused(writer: Any, rng: random.Random) -> None:
    """Let an addendum's field show the first signature once more (signature moved)."""
    final, other = _field(writer, "Final"), _field(writer, "Addendum1")
    other["/V"] = final.raw_get("/V")
    writer.update_container(other)


def _signature_taken_over(writer: Any, rng: random.Random) -> None:
    """Point the first field at a signature dictionary of one's own."""
    final = _field(writer, "Final")
    kept = {key: value for key, value in final["/V"].items() if key != rng.choice(("/Contents", "/ByteRange"))}
    final["/V"] = writer.add_object(generic.DictionaryObject(kept))
    writer.update_container(final)


def _font_replaced(writer: Any, rng: random.Random) -> None:
    page = _page(writer, rng)
    fonts = page["/Resources"]["/Font"]
    names = sorted(fonts)
    fonts[names[0]] = fonts.raw_get(names[-1]) if len(names) > 1 else _stream(writer, b"")
    writer.update_container(page["/Resources"])


def _validation_data(writer: Any, rng: random.Random) -> None:
    store = {pdf_name("/Certs"): generic.ArrayObject([_stream(writer, b"\x30\x00")])}
    writer.root["/DSS"] = writer.add_object(generic.DictionaryObject(store))
    writer.update_root()


# --- the file as a whole -------------------------------------------------------------------------------------------


def _rewritten(pdf: bytes, rng: random.Random) -> bytes:
    """Save it anew, as a program does that knows nothing of signatures."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(output, linearize=rng.random() < 0.5)
    return output.getvalue()


def _rewritten_without_page(pdf: bytes, rng: random.Random) -> bytes:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        del document.pages[rng.randrange(len(document.pages))]
        document.save(output)
    return output.getvalue()


def _appended(pdf: bytes, rng: random.Random) -> bytes:
    return pdf + rng.choice((b"\n", b"\x00", b"%%EOF\n", b"%" + rng.randbytes(20).hex().encode()))


def _prepended(pdf: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"\n", b"%PDF-1.4\n", rng.randbytes(64))) + pdf


def _cut(pdf: bytes, rng: random.Random) -> bytes:
    return pdf[: rng.randrange(1, len(pdf))]


def _block_swapped(pdf: bytes, rng: random.Random) -> bytes | None:
    size = rng.randrange(8, 500)
    one, other = sorted(rng.randrange(len(pdf) - 2 * size) for _ in range(2))
    if other < one + size or pdf[one : one + size] == pdf[other : other + size]:
        return None
    return pdf[:one] + pdf[other : other + size] + pdf[one + size : other] + pdf[one : one + size] + pdf[other + size :]


def _block_wiped(pdf: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(pdf) - 64)
    return pdf[:start] + bytes(64) + pdf[start + 64 :]


def _doubled(pdf: bytes, rng: random.Random) -> bytes:
    return pdf + pdf


# --- the signature -------------------------------------------------------------------------------------------------


def _range(values: Callable[[list[int], random.Random], list[int]]) -> Way:
    def way(pdf: bytes, rng: random.Random) -> bytes | None:
        match = rng.choice(list(_RANGE.finditer(pdf)))
        old = [int(value) for value in match.group(1).split()]
        new = b" ".join(b"%d" % value for value in values(old, rng))
        room = len(match.group(1))
        return pdf[: match.start(1)] + new.ljust(room)[:room] + pdf[match.end(1) :]

    return way


def _contents(write: Callable[[bytes, random.Random], bytes | None]) -> Way:
    """Write other bytes into a signature's room."""

    def way(pdf: bytes, rng: random.Random) -> bytes | None:
        start, end = rng.choice(gaps(pdf))
        text = pdf[start + 1 : end - 1]
        new = write(bytes.fromhex(text.decode()), rng)
        if new is None or 2 * len(new) > len(text):
            return None
        upper = text.upper() == text
        written = (new.hex().upper() if upper else new.hex()).encode().ljust(len(text), b"0")
        return pdf[: start + 1] + written + pdf[end - 1 :]

    return way


def _cms(change: Callable[[Any, random.Random], object]) -> Way:
    def write(content: bytes, rng: random.Random) -> bytes | None:
        info = cms.ContentInfo.load(content)
        try:
            change(info["content"], rng)
        except (KeyError, ValueError, TypeError):
            return None
        return bytes(info.dump(force=True))

    return _contents(write)


def _unsigned_attribute(signed: Any, rng: random.Random) -> None:
    attribute = cms.CMSAttribute({"type": "1.2.3.4", "values": [core.OctetString(rng.randbytes(8))]})
    signed["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])


def _certificate_added(signed: Any, rng: random.Random) -> None:
    signed["certificates"].append(signed["certificates"][0].copy())


def _certificate_removed(signed: Any, rng: random.Random) -> None:
    del signed["certificates"][0]


def _second_signer(signed: Any, rng: random.Random) -> None:
    signed["signer_infos"].append(signed["signer_infos"][0].copy())


def _no_signer(signed: Any, rng: random.Random) -> None:
    del signed["signer_infos"][0]


def _digest_algorithm(signed: Any, rng: random.Random) -> None:
    other = algos.DigestAlgorithm({"algorithm": rng.choice(("sha1", "md5", "sha512"))})
    signed["digest_algorithms"].append(other)


def _signer_digest(signed: Any, rng: random.Random) -> None:
    signed["signer_infos"][0]["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha512"})


def _content_inside(signed: Any, rng: random.Random) -> None:
    signed["encap_content_info"]["content"] = core.OctetString(rng.randbytes(9))


def _other_serial(signed: Any, rng: random.Random) -> None:
    sid = signed["signer_infos"][0]["sid"].chosen
    sid["serial_number"] = sid["serial_number"].native + 1


def _other_version(signed: Any, rng: random.Random) -> None:
    signed["version"] = rng.choice(("v4", "v5"))


def _certificates_reordered(content: bytes, rng: random.Random) -> bytes | None:
    held = [choice.dump() for choice in cms.ContentInfo.load(content)["content"]["certificates"]]
    if len(held) < 2:
        return None
    return content.replace(b"".join(held), b"".join(reversed(held)))


def _padding(content: bytes, rng: random.Random) -> bytes:
    used = len(content.rstrip(b"\x00"))
    return content[:used] + rng.randbytes(min(40, len(content) - used))


def _letters(pdf: bytes, rng: random.Random) -> bytes | None:
    """Another case of letters in the signature's text: the same bytes to a reader, another file."""
    start, end = rng.choice(gaps(pdf))
    places = [place for place in range(start, end) if chr(pdf[place]).isalpha()]
    place = rng.choice(places)
    return changed(pdf, place, pdf[place] ^ 0x20)


WAYS: dict[str, Way] = {
    **{
        function.__name__.strip("_"): _update(function)
        for function in (
            _object, _page_content, _page_content_added, _page_swapped, _page_removed, _page_added, _page_turned,
            _page_cropped, _annotation, _attachment, _attachment_added, _attachment_renamed, _catalogue, _open_action,
            _metadata, _no_permissions, _layers, _form_filled, _field_moved, _stamp_replaced, _field_removed,
            _field_added, _signature_reused, _signature_taken_over, _font_replaced, _validation_data,
        )
    },
    **{
        function.__name__.strip("_"): function
        for function in (
            _rewritten, _rewritten_without_page, _appended, _prepended, _cut, _block_swapped, _block_wiped, _doubled,
            _letters,
        )
    },
    "range shortened": _range(lambda old, rng: [*old[:3], old[3] - rng.randrange(1, 9)]),
    "range widened": _range(lambda old, rng: [0, old[1] + 2, old[2], old[3]]),
    "range moved": _range(lambda old, rng: [0, old[1], old[2] + 2, old[3] - 2]),
    "range starts later": _range(lambda old, rng: [8, old[1] - 8, old[2], old[3]]),
    "range of nothing": _range(lambda old, rng: [0, 0, 0, 0]),
    "range backwards": _range(lambda old, rng: [0, old[1], old[2], -old[3]]),
    "contents empty": _contents(lambda content, rng: b""),
    "contents of zeros": _contents(lambda content, rng: bytes(len(content))),
    "contents of noise": _contents(lambda content, rng: rng.randbytes(len(content))),
    "padding": _contents(_padding),
    "certificates_reordered": _contents(_certificates_reordered),
    **{
        "cms: " + function.__name__.strip("_"): _cms(function)
        for function in (
            _unsigned_attribute, _certificate_added, _certificate_removed, _second_signer, _no_signer,
            _digest_algorithm, _signer_digest, _content_inside, _other_serial, _other_version,
        )
    },
}  # fmt: skip
