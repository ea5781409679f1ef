"""The rows that compare voxels, for a table to show: discs with their evidence, or other voxels with their ratios."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from PySide6 import QtCore, QtGui

from analysis.levels import LevelLabel
from analysis.morphology import UNKNOWN, Morphology
from analysis.nucleus import NucleusShare
from analysis.types import Acquisition, ExamResult, VoxelResult
from widgets import theme
from widgets.disc_columns import CLASS, GATES, LIKELIHOOD, VOXEL, Column, PriorDisc, Row, columns_for
from widgets.disc_csv import rows_csv
from widgets.texts import tr

__all__ = ["EVIDENCE_ROLE", "LIKELIHOOD", "RAW_ROLE", "DiscModel", "DiscOrder", "ModelIndex"]

ModelIndex = QtCore.QModelIndex | QtCore.QPersistentModelIndex
EVIDENCE_ROLE = int(QtCore.Qt.ItemDataRole.UserRole) + 1
RAW_ROLE = int(QtCore.Qt.ItemDataRole.UserRole)
Role = QtCore.Qt.ItemDataRole
_Value = TypeVar("_Value")
_HORIZONTAL = QtCore.Qt.Orientation.Horizontal


class DiscModel(QtCore.QAbstractTableModel):
    """One row per voxel; before the results are there, only its name."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self._ratios: tuple[str, ...] = ()
        self._compares: bool | None = None
        self.columns: tuple[Column, ...] = (VOXEL,)

    # --- contents ------------------------------------------------------------------------------------------------

    def set_contents(
        self, acquisitions: Sequence[Acquisition], exam: ExamResult | None, ratios: Sequence[str] = ()
    ) -> None:
        """Show voxels and their results; what the reader said of the same voxels stays.

        Parameters
        ----------
        ratios : the protocol's ratios in its order; the most important first
        """
        results = exam.voxels if exam is not None else (None,) * len(acquisitions)
        rows = tuple(
            replace(old, acquisition=acquisition, result=result)
            if old is not None and _same_voxel(old.acquisition, acquisition)
            else Row(acquisition, result)
            for acquisition, result, old in zip(acquisitions, results, _with_rest(self._rows, None), strict=False)
        )
        self._ratios, self._compares = tuple(ratios), exam.compares if exam is not None else None
        self._replace(rows)

    def set_morphology(self, morphology: Sequence[Morphology]) -> None:
        """Show what the reader says of each disc; a shorter sequence leaves the rest unknown."""
        said = _with_rest(morphology, UNKNOWN)
        self._replace(tuple(replace(row, morphology=one) for row, one in zip(self._rows, said, strict=False)))

    def set_levels(self, levels: Sequence[LevelLabel]) -> None:
        """Show how sure each level is."""
        said = _with_rest(levels, None)
        self._replace(tuple(replace(row, level=one) for row, one in zip(self._rows, said, strict=False)))

    def set_priors(self, priors: Sequence[PriorDisc | None]) -> None:
        """Show an earlier exam beside this one; without any the column goes."""
        said = _with_rest(priors, None)
        self._replace(tuple(replace(row, prior=one) for row, one in zip(self._rows, said, strict=False)))

    def set_nuclei(self, shares: Sequence[NucleusShare | None]) -> None:
        """Show how much of each voxel lies in its nucleus; without any the column goes."""
        said = _with_rest(shares, None)
        self._replace(tuple(replace(row, nucleus=one) for row, one in zip(self._rows, said, strict=False)))

    def _replace(self, rows: tuple[Row, ...]) -> None:
        """Take other rows; only another shape of the table resets it, so that a selection survives an edit."""
        before = [column.key for column in self.columns]
        priors, nuclei = any(row.prior is not None for row in rows), any(row.nucleus is not None for row in rows)
        columns = columns_for(self._compares, self._ratios, priors=priors, nuclei=nuclei)
        if before == [column.key for column in columns] and len(rows) == len(self._rows):
            self._rows, self.columns = rows, columns
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))
            return
        self.beginResetModel()
        self._rows, self.columns = rows, columns
        self.endResetModel()

    def row(self, index: int) -> Row:
        """Return everything known of one voxel."""
        return self._rows[index]

    def result(self, row: int) -> VoxelResult | None:
        """Return what was found for a row."""
        return self._rows[row].result

    def column_of(self, key: str) -> int:
        """Return where a column stands, or -1 where this protocol has none."""
        return next((at for at, column in enumerate(self.columns) if column.key == key), -1)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], self._rows[index.row()]
        if role == Role.DisplayRole:
            return column.text(row)
        if role == Role.AccessibleTextRole:
            return f"{tr(column.title)}: {column.text(row)}"
        if role == Role.ToolTipRole:
            return column.why(row) if column.why is not None else tr(column.tooltip)
        if role == Role.WhatsThisRole:
            return tr(column.tooltip)
        if role == Role.ForegroundRole:
            return _colour(column, row)
        if role == Role.FontRole and column.key == "level":
            return theme.font_of(0, bold=True)
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        if role == RAW_ROLE:
            return column.raw(row)
        if role == EVIDENCE_ROLE and column is LIKELIHOOD and row.result is not None:
            return row.result.evidence.lr if row.result.evidence is not None else None
        return None

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        if orientation != _HORIZONTAL or not 0 <= section < len(self.columns):
            return None
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return tr(self.columns[section].title)
        if role in (Role.ToolTipRole, Role.WhatsThisRole):
            return tr(self.columns[section].tooltip)
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None

    def as_csv(self) -> str:
        """Return every number of the table, unrounded, as CSV with points for decimals."""
        return rows_csv(self._rows)


class DiscOrder(QtCore.QSortFilterProxyModel):
    """The rows in the order that the reader chose; what is not known comes last either way."""

    def lessThan(self, left: ModelIndex, right: ModelIndex) -> bool:
        one, other = _sortable(left.data(RAW_ROLE)), _sortable(right.data(RAW_ROLE))
        if (one is None) != (other is None):
            return (other is None) == (self.sortOrder() == QtCore.Qt.SortOrder.AscendingOrder)
        return bool(one is not None and other is not None and one < other)

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        return self.sourceModel().headerData(section, orientation, role)

    def as_text(self) -> str:
        """Return the table as tab-separated text, as it is shown: this order, all columns."""
        columns = range(self.columnCount())
        lines = ["\t".join(str(self.headerData(column, _HORIZONTAL)) for column in columns)]
        lines += [
            "\t".join(str(self.index(row, column).data()) for column in columns) for row in range(self.rowCount())
        ]
        return "\n".join(lines) + "\n"


def _sortable(raw: object) -> tuple[object, ...] | None:
    """Return what a cell sorts by; PySide hands tuples over as lists."""
    if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
        return None
    return tuple(raw) if isinstance(raw, list | tuple) else (raw,)


def _with_rest(values: Iterable[_Value], rest: _Value) -> Iterator[_Value]:
    """Return values, then `rest` for ever."""
    return itertools.chain(values, itertools.repeat(rest))


def _same_voxel(old: Acquisition, new: Acquisition) -> bool:
    """Whether two records are one measurement: what the reader said must never move to another patient."""
    return old is new or (old.sources == new.sources != () and old.voxel == new.voxel)


def _colour(column: Column, row: Row) -> QtGui.QBrush | None:
    tokens, result = theme.current(), row.result
    if column.key in ("level", "pfirrmann", "modic", "nucleus"):
        return None
    if result is None or column.key == "prior":
        return QtGui.QBrush(QtGui.QColor(tokens.dim))
    if column is GATES:
        verdicts = [gate.verdict for gate in result.quality.gates]
        if "fail" in verdicts or not result.quality.evaluable:
            return QtGui.QBrush(QtGui.QColor(tokens.bad))
        return QtGui.QBrush(QtGui.QColor(tokens.warn if "warn" in verdicts else tokens.good))
    if not result.quality.evaluable:
        return QtGui.QBrush(QtGui.QColor(tokens.dim))
    if column is CLASS and result.evidence is not None and result.evidence.evidence_class == "higher":
        return QtGui.QBrush(QtGui.QColor(tokens.fit))
    return None
