"""The papers that a report is made for."""

from __future__ import annotations

from typing import Literal, get_args

Paper = Literal["A4", "Letter"]
PAPERS: tuple[Paper, ...] = get_args(Paper)
