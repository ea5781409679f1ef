"""Descriptions: only words of the trade are left of a free text."""

from __future__ import annotations

import pytest

from app.deidentify.descriptors import cleaned


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("T2 TSE axial L4-L5", "T2 TSE axial L4-L5"),
        ("svs_press_te30 Mr. Smith, room 12", "svs press te30"),
        ("PRESS TE 30 L5/S1 for Dr Jones", "PRESS TE 30 L5-S1"),
        ("Smith^John 19800101", ""),
        ("", ""),
    ],
)
def test_only_words_of_the_trade_are_left(text: str, left: str) -> None:
    assert cleaned(text) == left


def test_it_fits_into_its_attribute() -> None:
    assert len(cleaned("spectroscopy " * 20)) <= 64
