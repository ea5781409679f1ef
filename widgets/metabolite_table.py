"""The amplitudes and ratios of the selected voxel, each with its standard deviation."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.types import Measured, Ratio, VoxelResult
from widgets import theme, wording
from widgets.disc_model import ModelIndex
from widgets.texts import noop, tr
from widgets.voxel_table import VoxelTable

Role = QtCore.Qt.ItemDataRole
_TITLES = (
    noop("Signal"),
    noop("Amplitude ± SD"),
    noop("SD"),
    noop("mmol/l ± SD"),
    noop("Ratio"),
    noop("Value ± SD"),
    noop("90 % interval"),
)
_TIPS = (
    noop("A fitted signal or a sum of them."),
    noop(
        "Amplitude per molecule in the signal's arbitrary unit ± its standard deviation (Cramér–Rao bound of the fit)."
    ),
    noop(
        "Standard deviation as a percentage of the amplitude. A large one means little is known, not that nothing is "
        "there."
    ),
    noop(
        "Concentration in tissue by the unsuppressed water ± its standard deviation, which "
        "includes what is not known of the water and the relaxation. Much of it is common to all "
        "signals of a voxel and cancels in a ratio."
    ),
    noop("A molar ratio that the protocol reports."),
    noop("The ratio ± its standard deviation, which includes the fit's covariance."),
    noop("From the 5th to the 95th percentile."),
)
_SURE_PERCENT, _UNSURE_PERCENT = 15.0, 30.0
"""Bold below the first, as LCModel prints it (its ISDBOL is 15); dim above the second, a design choice."""


@dataclass(frozen=True)
class _Row:
    name: str
    amplitude: float
    sd: float
    concentration: Measured | None
    ratio_name: str
    ratio: Ratio | None

    @property
    def percent(self) -> float | None:
        return 100 * self.sd / self.amplitude if self.amplitude > 0 else None


def _rows(result: VoxelResult) -> tuple[_Row, ...]:
    by_numerator: dict[str, str] = {}
    for name in result.ratios:
        by_numerator.setdefault(name.split("/")[0], name)
    names = [n for n in by_numerator if n in result.metabolites]
    names += [n for n in result.metabolites if n not in by_numerator]
    rows = []
    for name in names:
        found, ratio_name = result.metabolites[name], by_numerator.get(name, "")
        concentration, ratio = found.concentration_mmol_per_l, result.ratios.get(ratio_name)
        rows.append(_Row(name, found.amplitude, found.sd, concentration, ratio_name, ratio))
    shown = {row.ratio_name for row in rows}
    rows += [_Row("", float("nan"), float("nan"), None, n, result.ratios[n]) for n in result.ratios if n not in shown]
    return tuple(sorted(rows, key=lambda row: not row.ratio_name))


class MetaboliteModel(QtCore.QAbstractTableModel):
    """One row per signal; those that the protocol reports come first."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[_Row, ...] = ()
        self._exponent = 0

    def set_result(self, result: VoxelResult | None, *, live: bool = False) -> None:
        """Show another voxel; `live` leaves the columns as wide as they are, while the numbers move."""
        self.beginResetModel()
        self._rows = _rows(result) if result is not None else ()
        self._exponent = wording.scale_exponent(max((row.amplitude for row in self._rows if row.name), default=0.0))
        self.endResetModel()

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(_TITLES)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._text(row, column)
        if role == Role.ToolTipRole:
            return tr(_TIPS[column])
        if role == Role.ForegroundRole:
            unsure = row.percent is None or row.percent > _UNSURE_PERCENT
            return QtGui.QBrush(QtGui.QColor(theme.current().dim)) if unsure and column in (0, 1, 2) else None
        if role == Role.FontRole:
            sure = row.percent is not None and row.percent < _SURE_PERCENT
            return theme.font_of(0, bold=sure and column in (0, 1, 2))
        return None

    def _text(self, row: _Row, column: int) -> str:
        scale = 10.0**-self._exponent
        if column < 4 and not row.name:
            return ""
        if column in (5, 6) and row.ratio is None:
            return ""
        cells = (
            lambda: row.name,
            lambda: wording.with_sd(row.amplitude * scale, row.sd * scale),
            lambda: f"{row.percent:.0f} %" if row.percent is not None and row.percent < 1000 else "> 999 %",
            lambda: _concentration(row.concentration),
            lambda: row.ratio_name,
            lambda: wording.ratio_text(row.ratio),
            lambda: _interval(row.ratio),
        )
        return cells[column]()

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        if orientation != QtCore.Qt.Orientation.Horizontal or not 0 <= section < len(_TITLES):
            return None
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            unit = f" ({wording.arbitrary_unit(self._exponent)})" if section == 1 else ""
            return tr(_TITLES[section]) + unit
        if role == Role.ToolTipRole:
            return tr(_TIPS[section])
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None


def _concentration(found: Measured | None) -> str:
    return wording.NONE if found is None else wording.with_sd(found.value, found.sd)


def _interval(ratio: Ratio | None) -> str:
    if ratio is None or ratio.low90 is None or ratio.high90 is None:
        return wording.NONE
    places = wording.decimals(ratio.sd) if ratio.sd is not None else 2
    return f"{ratio.low90:.{places}f}–{ratio.high90:.{places}f}"


class MetaboliteTable(QtWidgets.QFrame):
    """The selected voxel's numbers."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 6)
        layout.setSpacing(4)
        self.heading = QtWidgets.QLabel(tr("SIGNALS AND RATIOS"))
        theme.mark(self.heading, "heading")
        layout.addWidget(self.heading)
        self.model = MetaboliteModel(self)
        self.table = VoxelTable()
        self.table.setModel(self.model)
        self.table.verticalHeader().setDefaultSectionSize(26)
        self.table.setAccessibleName(tr("Amplitudes and ratios of the selected voxel"))
        self.table.copy_requested.connect(self.copy)
        layout.addWidget(self.table, 1)

    def set_result(self, result: VoxelResult | None, *, live: bool = False) -> None:
        """Show another voxel; `live` leaves the columns as wide as they are, while the numbers move."""
        self.model.set_result(result)
        name = tr("  {label} · amplitudes per molecule, molar ratios", label=result.label) if result is not None else ""
        self.heading.setText(tr("SIGNALS AND RATIOS{name}", name=name))
        if live:
            return
        self.table.resizeColumnsToContents()
        for column in range(self.model.columnCount() - 1):
            self.table.setColumnWidth(column, self.table.columnWidth(column) + 6)

    def copy(self) -> None:
        """Put the table on the clipboard as it is shown."""
        columns = range(self.model.columnCount())
        header = QtCore.Qt.Orientation.Horizontal
        lines = ["\t".join(str(self.model.headerData(c, header)) for c in columns)]
        for row in range(self.model.rowCount()):
            lines.append("\t".join(str(self.model.data(self.model.index(row, c))) for c in columns))
        QtGui.QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
