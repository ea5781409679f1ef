"""Damage files in the ways that real and hostile ones are damaged: repeatable from a seed."""

from __future__ import annotations

import gzip
import random
import re
import zlib
from collections.abc import Callable

_NUMBERS = (b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"2147483648", b"99999999999999999999", b"1e-320", b"")
_WORDS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FC00000, 0xFF800000)
_DIGITS = re.compile(rb"-?\d+(\.\d+)?([eE][-+]?\d+)?")
Damage = Callable[[bytearray, random.Random], bytearray]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a damaged copy: one to four kinds of damage, more often near the start, where the headers are."""
    data = bytearray(content)
    if data[:2] == b"\x1f\x8b" and rng.random() < 0.7:
        inner = bytearray(zlib.decompressobj(31).decompress(bytes(data)))
        return gzip.compress(bytes(_damage(inner, rng)), 1)
    return bytes(_damage(data, rng))


def _damage(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 2, 4))):
        if data:
            data = rng.choice(_KINDS)(data, rng)
    return data


def _place(data: bytearray, rng: random.Random) -> int:
    """A place in the file: half of them in its first eighth."""
    end = len(data) if rng.random() < 0.5 else max(1, len(data) // 8)
    return rng.randrange(end)


def _cut(data: bytearray, rng: random.Random) -> bytearray:
    return data[: _place(data, rng)]


def _flip_bits(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 8, 64))):
        data[_place(data, rng)] ^= 1 << rng.randrange(8)
    return data


def _overwrite(data: bytearray, rng: random.Random) -> bytearray:
    """A length, count or number becomes an extreme one, in either byte order."""
    size = rng.choice((1, 2, 4, 8))
    word = rng.choice(_WORDS) & (1 << 8 * size) - 1
    start = _place(data, rng)
    data[start : start + size] = word.to_bytes(size, rng.choice(("little", "big")))
    return data


def _remove(data: bytearray, rng: random.Random) -> bytearray:
    start = _place(data, rng)
    del data[start : start + rng.choice((1, 2, 8, 64, 1024))]
    return data


def _repeat(data: bytearray, rng: random.Random) -> bytearray:
    start = _place(data, rng)
    piece = data[start : start + rng.choice((2, 16, 256, 4096))]
    return data[:start] + piece * rng.choice((2, 16, 64)) + data[start:]


def _noise(data: bytearray, rng: random.Random) -> bytearray:
    start = _place(data, rng)
    data[start : start + 16] = rng.randbytes(rng.choice((1, 16, 64)))
    return data


def _number(data: bytearray, rng: random.Random) -> bytearray:
    """A number in a text becomes one that nobody expects."""
    start = _place(data, rng)
    found = _DIGITS.search(data, start)
    if found is not None:
        data[found.start() : found.end()] = rng.choice(_NUMBERS)
    return data


def _polyglot(data: bytearray, rng: random.Random) -> bytearray:
    """Another format's signature in front, as in a preamble that is a program."""
    mark = rng.choice((b"MZ\x90\x00", b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"%PDF-1.7", b"\x7fELF", b"DICM"))
    data[: len(mark)] = mark
    return data


def _nest(data: bytearray, rng: random.Random) -> bytearray:
    """A tower of DICOM sequences of undefined length."""
    tower = b"\x40\x00\x75\xa1SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * rng.choice((20, 200, 2000))
    start = _place(data, rng)
    return data[:start] + tower + data[start:]


def _swap(data: bytearray, rng: random.Random) -> bytearray:
    a, b, size = _place(data, rng), _place(data, rng), rng.choice((2, 16, 512))
    first, second = bytes(data[a : a + size]), bytes(data[b : b + size])
    data[a : a + size], data[b : b + size] = second, first
    return data


_KINDS: tuple[Damage, ...] = (
    _cut, _flip_bits, _flip_bits, _overwrite, _overwrite, _overwrite, _remove, _repeat, _noise, _number, _number,
    _polyglot, _nest, _swap,
)  # fmt: skip
