from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import BadProtocol
from analysis.integration import IntegrationWindow, parse_windows, window_areas
from analysis.types import Fit
from tests.samples import sample_exam, sample_study

TABLE = Path(__file__).parents[2] / "resources" / "integration" / "disc.toml"
PG = IntegrationWindow(
    name="PG", ppm=((1.92, 2.14),), signals=("PG",), beside="", source="made up", status="design choice"
)


@pytest.fixture(scope="module")
def fit() -> Fit:
    fit = sample_exam(sample_study()).voxels[3].fit
    assert fit is not None
    return fit


def test_every_window_of_the_disc_says_where_it_comes_from() -> None:
    windows = parse_windows(TABLE.read_text(encoding="utf-8"))
    assert [w.name for w in windows] == ["Prop", "Lac", "Ala", "LAAL", "PG", "Cho", "Carb", "Lipid"]
    assert all(w.source and w.status == "design choice" for w in windows)


def test_area_of_a_lorentzian_is_what_calculus_says(fit: Fit) -> None:
    width = 0.01
    line = width**2 / ((fit.ppm - 2.03) ** 2 + width**2)
    alone = replace(fit, components=np.where(np.array(fit.names)[:, None] == "PG", line, 0.0), data=line + fit.baseline)
    (area,) = window_areas(alone, [PG])
    exact = width * (np.arctan(0.11 / width) + np.arctan(0.11 / width))
    assert area.data == pytest.approx(exact, rel=0.01)
    assert area.model == pytest.approx(area.data)
    assert area.own == pytest.approx(area.data)
    assert area.covered == 1.0


def test_noise_of_an_area_is_as_wide_as_it_says(fit: Fit) -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(0, fit.noise_sd, (400, fit.ppm.size))
    sigmas = [window_areas(replace(fit, data=fit.fit + row), [PG])[0].sigmas for row in noise]
    assert np.std(np.array(sigmas, dtype=float)) == pytest.approx(1.0, abs=0.1)


def test_only_the_part_inside_the_fit_range_counts(fit: Fit) -> None:
    half = PG.model_copy(update={"ppm": ((4.1, 4.3),)})
    far = PG.model_copy(update={"ppm": ((5.0, 6.0),)})
    (area,) = window_areas(fit, [half, far])
    assert area.covered == pytest.approx(0.5, abs=0.02)


def test_a_signal_that_is_not_in_the_fit_has_no_area(fit: Fit) -> None:
    (area,) = window_areas(fit, [PG.model_copy(update={"signals": ("Nothing",)})])
    assert area.own is None


@pytest.mark.parametrize(
    ("text", "said"),
    [("windows = 3", "windows"), ("[", "not TOML"), ("", "field required")],
)
def test_a_table_that_cannot_be_read_says_why(text: str, said: str) -> None:
    with pytest.raises(BadProtocol, match=said):
        parse_windows(text)


def test_a_span_runs_upwards() -> None:
    text = TABLE.read_text(encoding="utf-8").replace("[0.98, 1.12]", "[1.12, 0.98]")
    with pytest.raises(BadProtocol, match="'Prop' has no span"):
        parse_windows(text)
