from __future__ import annotations

import pytest

from app.report.der import der_size, is_der


@pytest.mark.parametrize(
    "good", ["3000", "3003020101", "0101ff", "020200ff", "03020780", "0500", "30818002" + "7e" + "01" * 126]
)
def test_proper_encodings(good: str) -> None:
    data = bytes.fromhex(good)
    if good.startswith("3081"):
        data = bytes.fromhex("308180") + bytes([0x04, 0x7E]) + b"\x01" * 126
    assert is_der(data)
    assert der_size(data + b"\x00\x00") == len(data)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "30",
        "3001",
        "30810100",
        "3081030201 01",
        "308200030201 01",
        "3080020101 0000",
        "010101",
        "02020001",
        "0202ff80",
        "0200",
        "03020781",
        "0308",
        "030108",
        "050100",
        "30020000",
        "30022000",
        "0600",
        "1f2a0100",
        "300400000000ff",
    ],
)
def test_improper_encodings(bad: str) -> None:
    assert not is_der(bytes.fromhex(bad.replace(" ", "")))
