"""The parts of a report: frozen records of text and pictures, ready to be drawn, with nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.paper import Paper
from analysis.types import EvidenceClass, FloatArray, Interval

Align = Literal["left", "right", "centre"]


@dataclass(frozen=True)
class Item:
    """A name and its value, for example ``TE`` and ``30 ms``."""

    name: str
    value: str


@dataclass(frozen=True)
class Cell:
    """A table cell: a main text, a smaller text beneath it, and perhaps an interval drawn beside other rows'."""

    text: str
    small: str = ""
    bold: bool = False
    interval: Interval | None = None


@dataclass(frozen=True)
class Column:
    """A table column: its title, how much of the width it takes, and how its text is set."""

    title: str
    share: float
    align: Align = "left"
    is_interval: bool = False


@dataclass(frozen=True)
class Table:
    """A titled table: `shaded` marks rows for the eye, `note` stands small beneath, `dense` sets all smaller."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    shaded: tuple[bool, ...] = ()
    dense: bool = False


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a voxel cuts the shown slice: polygon (n, 2) in ``(column, row)`` of the picture, pixel centres."""

    polygon: FloatArray
    label: str
    evidence_class: EvidenceClass | None


@dataclass(frozen=True, eq=False)
class Picture:
    """A windowed slice with the voxels that cut it.

    Attributes
    ----------
    pixels : (rows, columns) uint8
    pixel_mm : distance between columns and between rows
    edges : letters of the patient's sides at the left, right, top and bottom
    """

    pixels: NDArray[np.uint8]
    pixel_mm: tuple[float, float]
    outlines: tuple[Outline, ...]
    edges: tuple[str, str, str, str]
    caption: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Trace:
    """One fitted signal: its name and its values along the spectrum's axis."""

    name: str
    values: FloatArray


@dataclass(frozen=True, eq=False)
class SpectrumPlot:
    """A fitted spectrum, ready to be drawn; all arrays are (m,) along `ppm`."""

    ppm: FloatArray
    data: FloatArray
    fit: FloatArray
    baseline: FloatArray
    residual: FloatArray
    noise_sd: float
    traces: tuple[Trace, ...]
    peaks: tuple[tuple[str, float], ...]
    """Names written over the fit, with their chemical shift in ppm."""


@dataclass(frozen=True, eq=False)
class VoxelBlock:
    """The evidence of one voxel; `plot` is None where there is no fit, and `absence` says why."""

    heading: str
    result: str
    items: tuple[Item, ...]
    pictures: tuple[Picture, ...]
    plot: SpectrumPlot | None
    absence: str
    gates: Table
    amplitudes: Table
    fit_items: tuple[Item, ...]
    steps: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Section:
    """A titled part between the summary and the pages of the voxels: items, then lines, tables, and more lines."""

    title: str
    items: tuple[Item, ...] = ()
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    lines_after: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Summary:
    """The first page: who, what was found, and how sure it is.

    Attributes
    ----------
    impression : its paragraphs
    impression_note : who wrote it
    beside, below : tables beside the picture, and beneath it
    """

    findings: tuple[str, ...]
    withheld: str
    impression: tuple[str, ...]
    impression_note: str
    picture: Picture | None
    picture_absence: str
    beside: tuple[Table, ...]
    below: tuple[Table, ...]
    reading_notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReportContent:
    """Everything that a report says, in order."""

    title: str
    banner: tuple[Item, ...]
    header_patient: str
    header_date: str
    state: str
    """What the report calls itself on every page."""
    signed: bool
    paper: Paper
    says_pdfa: bool
    """Whether the file calls itself PDF/A-3b."""
    simulated: bool
    statement: str
    software: str
    created: str
    summary: Summary
    summary_plot: SpectrumPlot | None
    """The spectrum of an exam of one voxel, which the first page has room for."""
    sections: tuple[Section, ...]
    voxels: tuple[VoxelBlock, ...]
    methods: tuple[Item, ...]
    limits: tuple[str, ...]
    provenance: Table
    files: Table
    skipped: Table | None
    warnings: tuple[str, ...]
