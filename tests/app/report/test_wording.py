from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.types import Interval, Ratio
from app.report import wording


@pytest.mark.parametrize(
    ("value", "sd", "text"),
    [
        (1.9437, 0.211, "1.94 ± 0.21"),
        (0.2412, 0.0533, "0.24 ± 0.05"),
        (0.827, 0.367, "0.8 ± 0.4"),
        (0.827, 0.119, "0.83 ± 0.12"),
        (12.34, 0.96, "12.3 ± 1.0"),
        (-0.05, 0.06, "-0.05 ± 0.06"),
        (1523.0, 210.0, "1523 ± 210"),
        (None, 0.1, "—"),
        (float("nan"), 0.1, "—"),
        (0.5, None, "0.500"),
        (0.5, 0.0, "0.500"),
    ],
)
def test_a_value_has_the_decimals_its_deviation_deserves(value: float | None, sd: float | None, text: str) -> None:
    assert wording.plus_minus(value, sd) == text


def test_likelihood_ratios_have_two_digits_and_keep_trailing_zeros() -> None:
    assert wording.likelihood_ratio(Interval(4.0, 2.04, 4.1)) == "4.0 [2.0–4.1]"
    assert wording.likelihood_ratio(Interval(0.4949, 0.31, 0.996)) == "0.49 [0.31–1.0]"
    assert wording.percent(Interval(0.658, 0.521, 0.669)) == "66 % [52–67]"
    assert wording.score(Interval(7.96, 6.87, 8.04)) == "8.0 [6.9–8.0]"


def test_an_interval_with_a_negative_end_is_not_joined_by_a_dash() -> None:
    assert wording.ratio_span(Ratio(0.05, 0.11, -0.13, 0.23)) == "[-0.13 to 0.23]"
    assert wording.ratio_span(Ratio(0.05, 0.11, None, None)) == ""


@pytest.mark.parametrize(
    ("p", "text"), [(0.0031, "p = 0.003"), (0.00001, "p < 0.001"), (0.2345, "p = 0.23"), (None, "p unknown")]
)
def test_p_values(p: float | None, text: str) -> None:
    assert wording.p_value(p) == text


def test_dates_sexes_and_times() -> None:
    assert wording.dicom_date("19780503") == "1978-05-03"
    assert wording.dicom_date("19781503") == "19781503"
    assert wording.dicom_date("about 1978") == "about 1978"
    assert wording.dicom_date(None) == "—"
    assert wording.sex("f") == "female"
    assert wording.sex("other word") == "other word"
    assert wording.moment(datetime(2026, 11, 20, 7, 5, tzinfo=UTC)) == "2026-11-20 07:05 +00:00"


def test_class_and_verdict_carry_a_glyph_and_a_word() -> None:
    assert wording.class_words("higher") == "▲ higher"
    assert wording.class_words("not evaluable") == "○ not evaluable"
    assert wording.verdict_words("fail") == "✗ fail"


def test_no_number_is_negative_zero_or_in_exponents_in_daily_range() -> None:
    assert wording.fixed(-0.0001, 2) == "0.00"
    assert wording.significant(0.00047, 2) == "0.00047"
    assert wording.significant(9.96, 2) == "10"
    assert wording.with_unit(9.8, "Hz") == "9.8 Hz"
    assert wording.with_unit(None, "Hz") == "—"


def test_text_that_hides_or_moves_its_neighbours_is_made_harmless() -> None:
    assert wording.clean("Ev\u202eil\x00\x07\u200b^A\nB\tC") == "Evil^A B C"
    assert wording.clean(" \r\n ") == "—"
    assert wording.clean(None) == "—"
    assert wording.clean("a" * 500, 10) == "a" * 9 + "…"
    assert len(wording.clean("e" + "\u0323" * 50)) <= 4


@given(st.text(max_size=60))
def test_clean_text_is_one_line_without_controls(text: str) -> None:
    line = wording.clean(text)
    assert line
    assert line == line.strip()
    assert not {unicodedata.category(c) for c in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
