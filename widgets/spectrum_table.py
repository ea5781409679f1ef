"""The numbers behind the spectrum plot: every point, and the integration windows; what a plot cannot say to all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.integration import WindowArea
from analysis.types import Fit
from widgets import theme, wording
from widgets.disc_model import ModelIndex
from widgets.table_copy import as_text
from widgets.texts import noop, tr
from widgets.voxel_table import VoxelTable

Role = QtCore.Qt.ItemDataRole
_POINTS = (
    noop("Shift (ppm)"),
    noop("Data (a.u.)"),
    noop("Fit (a.u.)"),
    noop("Baseline (a.u.)"),
    noop("Residual (a.u.)"),
)
_WINDOWS = (
    noop("Window"),
    noop("Span (ppm)"),
    noop("Data − baseline (a.u.·ppm)"),
    noop("SD of noise"),
    noop("Model (a.u.·ppm)"),
    noop("Data − model (σ)"),
    noop("Its own signals"),
    noop("Also there"),
    noop("Source"),
    noop("Status"),
)
_MINUS = "−"


class RowsModel(QtCore.QAbstractTableModel):
    """Rows of texts under titles."""

    def __init__(self, titles: Sequence[str], parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._titles = tuple(tr(title) for title in titles)
        self._rows: Sequence[Sequence[str]] = ()

    def set_rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._titles)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if index.isValid() and role in (Role.DisplayRole, Role.AccessibleTextRole, Role.ToolTipRole):
            return self._rows[index.row()][index.column()]
        return None

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        inside = orientation == QtCore.Qt.Orientation.Horizontal and 0 <= section < len(self._titles)
        if inside and role in (Role.DisplayRole, Role.AccessibleTextRole, Role.ToolTipRole):
            return self._titles[section]
        if inside and role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None


def point_rows(fit: Fit) -> list[tuple[str, ...]]:
    """Return every point of a fit, from the left end of the axis to the right."""
    columns = (fit.data, fit.fit, fit.baseline, fit.residual)
    return [(f"{fit.ppm[i]:.4f}", *(f"{column[i]:.6g}" for column in columns)) for i in range(len(fit.ppm) - 1, -1, -1)]


def window_rows(areas: Sequence[WindowArea]) -> list[tuple[str, ...]]:
    """Return every integration window; a share of it outside the fit range is said."""
    rows = []
    for area in areas:
        window = area.window
        spans = ", ".join(f"{high:.2f}–{low:.2f}" for low, high in window.ppm)
        part = "" if area.covered > 0.995 else tr(" ({value:.0f} % in the fit range)", value=area.covered * 100)
        sigmas = wording.NONE if area.sigmas is None else f"{area.sigmas:+.1f}".replace("-", _MINUS)
        own = wording.NONE if area.own is None else f"{area.own:.4g}"
        rows.append(
            (window.name, spans + part, f"{area.data:.4g}", f"{area.sd:.2g}", f"{area.model:.4g}", sigmas,
             f"{own} ({', '.join(window.signals)})", window.beside, window.source, window.status)
        )  # fmt: skip
    return rows


def points_csv(fit: Fit) -> str:
    """Return every point as CSV with a point as decimal sign."""
    titles = "shift_ppm,data_au,fit_au,baseline_au,residual_au"
    return "\n".join([titles, *(",".join(row) for row in point_rows(fit))]) + "\n"


class SpectrumTable(QtWidgets.QWidget):
    """A window with both tables; it follows the selected voxel while it is open."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent, QtCore.Qt.WindowType.Window)
        self.setWindowTitle(tr("Numbers of the spectrum"))
        self.resize(900, 600)
        self._fit: Fit | None = None
        self.points, self.windows = RowsModel(_POINTS, self), RowsModel(_WINDOWS, self)
        self.heading = QtWidgets.QLabel()
        self.heading.setWordWrap(True)
        theme.mark(self.heading, "dim")
        self.tabs = QtWidgets.QTabWidget()
        self.point_table = self._table(self.points, tr("Points of the spectrum"))
        self.window_table = self._table(self.windows, tr("Integration windows"))
        self.tabs.addTab(self.point_table, tr("Points"))
        self.tabs.addTab(self.window_table, tr("Integration windows"))
        self.copy_button = QtWidgets.QPushButton(tr("Copy as CSV"))
        self.copy_button.clicked.connect(self.copy)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.copy_button, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        self.set_fit("", None, ())

    def _table(self, model: RowsModel, name: str) -> VoxelTable:
        table = VoxelTable()
        table.setModel(model)
        table.verticalHeader().setDefaultSectionSize(theme.TARGET_PX)
        table.setAccessibleName(name)
        table.copy_requested.connect(self.copy)
        return table

    def set_fit(self, title: str, fit: Fit | None, areas: Sequence[WindowArea]) -> None:
        """Show the numbers of a fit, and the areas of its windows."""
        self._fit = fit
        self.points.set_rows(point_rows(fit) if fit is not None else ())
        self.windows.set_rows(window_rows(areas))
        for table in (self.point_table, self.window_table):
            table.resizeColumnsToContents()
        self.copy_button.setEnabled(fit is not None)
        if fit is None:
            self.heading.setText(tr("No fit is shown."))
            return
        self.heading.setText(
            tr(
                "{title} · amplitudes in the signal's arbitrary unit (a.u.). Areas of windows are "
                "a cross-check: data and model must agree within noise; no number of the reading "
                "follows from them.",
                title=title,
            )
        )

    def csv(self) -> str:
        """Return the table in front as CSV."""
        if self._fit is not None and self.tabs.currentWidget() is self.point_table:
            return points_csv(self._fit)
        return as_text(self.windows, ";")

    def copy(self) -> None:
        """Put the table in front on the clipboard as CSV."""
        QtGui.QGuiApplication.clipboard().setText(self.csv())
