"""A small sRGB profile, made here so that nobody's licence comes with it: a display profile of ICC version 2.1.

Primaries and white point are those of IEC 61966-2-1, adapted to D50 by the Bradford method, as ICC.1 asks for; the
curve is the one of IEC 61966-2-1, sampled.
"""

from __future__ import annotations

import struct
from functools import cache

_D50 = (0.9642, 1.0, 0.8249)
_COLORANTS = {
    b"rXYZ": (0.4360747, 0.2225045, 0.0139322),
    b"gXYZ": (0.3850649, 0.7168786, 0.0971045),
    b"bXYZ": (0.1430804, 0.0606169, 0.7141733),
}
_SAMPLES = 1024
_HEADER_BYTES = 128
_NAME = "sRGB (IEC 61966-2-1)"


@cache
def srgb_profile() -> bytes:
    """Return the profile, the same bytes every time."""
    curve = _curve()
    tags = {b"desc": _description(_NAME), b"cprt": _text("No copyright, use freely"), b"wtpt": _xyz(_D50)}
    tags |= {name: _xyz(value) for name, value in _COLORANTS.items()}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    offset = _HEADER_BYTES + 4 + 12 * len(tags)
    table, data, placed = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for name, content in tags.items():
        if content not in placed:
            placed[content] = offset + len(data)
            data += content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", placed[content], len(content))
    return _header(_HEADER_BYTES + len(table) + len(data)) + table + data


def _header(size: int) -> bytes:
    """Return the header (ICC.1, 7.2): a display profile from RGB to XYZ, dated 2000-01-01."""
    head = struct.pack(">I4xI4s4s4s6H4s", size, 0x02100000, b"mntr", b"RGB ", b"XYZ ", 2000, 1, 1, 0, 0, 0, b"acsp")
    return head + bytes(28) + _fixed(_D50) + bytes(48)


def _fixed(values: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(value)


def _text(text: str) -> bytes:
    return b"text" + bytes(4) + text.encode("ascii") + b"\0"


def _description(text: str) -> bytes:
    """Return a text description (ICC.1:2001, 6.5.17) without its Unicode and ScriptCode parts."""
    ascii_text = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)


def _curve() -> bytes:
    linear = (_linear(step / (_SAMPLES - 1)) for step in range(_SAMPLES))
    values = [round(65535 * value) for value in linear]
    return b"curv" + bytes(4) + struct.pack(f">I{_SAMPLES}H", _SAMPLES, *values)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
