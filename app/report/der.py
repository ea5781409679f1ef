"""Is a piece of ASN.1 in its one proper encoding (DER, ITU-T X.690)? Checked without knowing what it means."""

from __future__ import annotations

_BOOLEAN, _INTEGER, _BIT_STRING, _NULL, _OID = 0x01, 0x02, 0x03, 0x05, 0x06
_NO_TAGS = (0x00, 0x20)
"""End-of-contents marks, which DER does not have."""
_CONSTRUCTED = 0x20
_DEEPEST = 64


def der_size(data: bytes) -> int | None:
    """Return the length of the DER element at the start, header included; None where there is none."""
    header = _header(data, 0, len(data))
    return None if header is None else header[1]


def is_der(data: bytes) -> bool:
    """Whether the bytes are exactly one element, every length, boolean, integer and bit string in its proper form."""
    header = _header(data, 0, len(data))
    return header is not None and header[1] == len(data) and _proper(data, 0, len(data), 0)


def parts_of(data: bytes) -> list[bytes]:
    """Return the elements inside an element that `is_der` accepts."""
    found = []
    header = _header(data, 0, len(data))
    start, end = header or (0, 0)
    while start < end:
        part = _header(data, start, end)
        if part is None:
            return []
        found.append(data[start : part[1]])
        start = part[1]
    return found


def _header(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return where an element's contents begin and end, or None where its header is improper."""
    if end - start < 2 or data[start] in _NO_TAGS or data[start] & 0x1F == 0x1F:
        return None
    first = data[start + 1]
    body, size = start + 2, first
    if first >= 0x80:
        count = first - 0x80
        body += count
        if not 1 <= count <= 4 or body > end:
            return None
        size = int.from_bytes(data[start + 2 : body], "big")
        if size < 0x80 or size < 1 << (8 * (count - 1)):
            return None
    return (body, body + size) if body + size <= end else None


def _proper(data: bytes, start: int, end: int, depth: int) -> bool:
    """Whether the elements between two places are proper."""
    while start < end:
        header = _header(data, start, end)
        if header is None or depth > _DEEPEST:
            return False
        body, stop = header
        if data[start] & _CONSTRUCTED:
            if not _proper(data, body, stop, depth + 1):
                return False
        elif not _proper_value(data[start], data[body:stop]):
            return False
        start = stop
    return True


def _proper_value(tag: int, value: bytes) -> bool:
    if tag == _BOOLEAN:
        return value in (b"\x00", b"\xff")
    if tag == _INTEGER:
        padded = len(value) > 1 and ((value[0] == 0 and value[1] < 0x80) or (value[0] == 0xFF and value[1] >= 0x80))
        return bool(value) and not padded
    if tag == _BIT_STRING:
        if not value or value[0] > 7 or (len(value) == 1 and value[0]):
            return False
        return len(value) == 1 or not value[-1] & ((1 << value[0]) - 1)
    if tag == _NULL:
        return not value
    return bool(value) if tag == _OID else True
