"""How a reader likes the images shown: plain values that outlive the window, and nothing of any patient. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from analysis.displacement import LINES, LineName
from widgets.layouts import LAYOUTS, LayoutId, layout

VERSION = 1


@dataclass(frozen=True)
class GridState:
    """The layout, what lies over the slices, and the room of the panes in pixels."""

    layout: LayoutId = "lumbar"
    protocol: str = ""
    """The kind of exam that is open; not kept."""
    layout_of: Mapping[str, str] = field(default_factory=dict)
    """The layout that the reader chose for each kind of exam (protocol id)."""
    projections: bool = False
    reference_lines: bool = True
    lines: tuple[LineName, ...] = ()
    bands: bool = False
    sizes: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def but(self, **changes: Any) -> GridState:
        """Return the state with some values replaced."""
        return replace(self, **changes)


def to_plain(state: GridState) -> dict[str, object]:
    """Return a state as what JSON can hold."""
    return {
        "version": VERSION,
        "layout": state.layout,
        "layout_of": dict(state.layout_of),
        "projections": state.projections,
        "reference_lines": state.reference_lines,
        "lines": list(state.lines),
        "bands": state.bands,
        "sizes": {name: list(sizes) for name, sizes in state.sizes.items()},
    }


def from_plain(plain: Mapping[str, object]) -> GridState:
    """Return the state that `to_plain` wrote; anything that is not as it should be takes its default."""
    if plain.get("version") != VERSION:
        return GridState()
    ids = [candidate.id for candidate in LAYOUTS]
    wanted, sizes, names = (plain.get(key) for key in ("layout_of", "sizes", "lines"))
    return GridState(
        layout=layout(str(plain.get("layout"))).id,
        layout_of={str(k): str(v) for k, v in wanted.items() if v in ids} if isinstance(wanted, Mapping) else {},
        projections=plain.get("projections") is True,
        reference_lines=plain.get("reference_lines") is not False,
        lines=tuple(line.name for line in LINES if isinstance(names, Sequence) and line.name in names),
        bands=plain.get("bands") is True,
        sizes={str(k): _pixels(v) for k, v in sizes.items()} if isinstance(sizes, Mapping) else {},
    )


def _pixels(values: object) -> tuple[int, ...]:
    if not isinstance(values, Sequence):
        return ()
    return tuple(value for value in values if isinstance(value, int) and value >= 0)
