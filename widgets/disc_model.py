"""The rows and columns that compare voxels: discs with their evidence, or other voxels with their ratios."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6 import QtCore, QtGui

from analysis.types import Acquisition, Evidence, ExamResult, VoxelResult
from widgets import theme, wording

ModelIndex = QtCore.QModelIndex | QtCore.QPersistentModelIndex
EVIDENCE_ROLE = int(QtCore.Qt.ItemDataRole.UserRole) + 1
RAW_ROLE = int(QtCore.Qt.ItemDataRole.UserRole)
Role = QtCore.Qt.ItemDataRole


@dataclass(frozen=True)
class Column:
    """A column: its title, what it means and where it comes from, and how a cell is made."""

    key: str
    title: str
    tooltip: str
    text: Callable[[VoxelResult], str]
    raw: Callable[[VoxelResult], object] = lambda voxel: None
    numeric: bool = False


def _evidence_text(make: Callable[[Evidence], str]) -> Callable[[VoxelResult], str]:
    return lambda voxel: make(voxel.evidence) if voxel.evidence is not None else wording.NONE


def _lr_text(voxel: VoxelResult) -> str:
    lr = voxel.evidence.lr if voxel.evidence is not None else None
    return wording.interval(lr) if lr is not None else "withheld"


def _driver_text(evidence: Evidence) -> str:
    return evidence.driver or wording.NONE


def _ratio_column(name: str) -> Column:
    return Column(
        f"ratio:{name}",
        name,
        f"{name}: molar ratio of fitted amplitudes ± its standard deviation, which includes the fit's covariance. "
        "Source: the linear-combination fit of this voxel.",
        lambda voxel: wording.ratio_text(voxel.ratios.get(name)),
        lambda voxel: voxel.ratios[name].value if name in voxel.ratios else None,
        numeric=True,
    )


LEVEL = Column(
    "level",
    "Level",
    "The voxel's name. The tooltip of a cell says where the name comes from.",
    lambda voxel: voxel.label,
    lambda voxel: voxel.label,
)
VOXEL = replace(LEVEL, title="Voxel")
LIKELIHOOD = Column(
    "lr",
    "Likelihood ratio",
    "How many times more likely these ratios are in a painful than in a pain-free disc, relative to the other discs of "
    "this exam: median [5th–95th percentile]. The scale is logarithmic from 0.25 to 4; the line marks 1, which is no "
    "evidence. Source: the protocol's evidence model, a research design that has not been trained on patients.",
    _lr_text,
    lambda voxel: voxel.evidence.lr.median if voxel.evidence and voxel.evidence.lr else None,
    numeric=True,
)
CLASS = Column(
    "class",
    "Class",
    "Higher or lower: the likelihood ratio lies beyond the protocol's limit with the certainty that the protocol asks "
    "for. Indeterminate: it does not. Not evaluable: a gate failed or the comparison is withheld.",
    _evidence_text(wording.class_text),
    lambda voxel: voxel.evidence.evidence_class if voxel.evidence else None,
)
DRIVER = Column(
    "driver",
    "Driver",
    "What moves the ratio: more acid, less structure (degeneration), or both.",
    _evidence_text(_driver_text),
    lambda voxel: voxel.evidence.driver if voxel.evidence else None,
)
GATES = Column(
    "gates",
    "Gates",
    "The quality gates of the voxel, the worst first. The tooltip of a cell names all of them.",
    lambda voxel: wording.gates_summary(voxel.quality),
    lambda voxel: voxel.quality.evaluable,
)
SNR = Column(
    "snr",
    "SNR",
    "Signal-to-noise ratio of the signal that the protocol names.",
    lambda voxel: f"{voxel.quality.snr:.1f}" if voxel.quality.snr is not None else wording.NONE,
    lambda voxel: voxel.quality.snr,
    numeric=True,
)
FWHM = Column(
    "fwhm_hz",
    "FWHM",
    "Full width at half maximum of the fitted lines, in Hz.",
    lambda voxel: f"{voxel.quality.fwhm_hz:.1f} Hz" if voxel.quality.fwhm_hz is not None else wording.NONE,
    lambda voxel: voxel.quality.fwhm_hz,
    numeric=True,
)
_MOST_RATIOS = {True: 3, False: 8}
_PENDING = "…"


def columns_for(compares: bool, ratios: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of a protocol: with evidence where it compares, else quality and ratios."""
    shown = tuple(_ratio_column(name) for name in ratios[: _MOST_RATIOS[compares]])
    if compares:
        return (LEVEL, LIKELIHOOD, CLASS, *shown, DRIVER, GATES)
    return (VOXEL, *shown, SNR, FWHM, GATES)


class DiscModel(QtCore.QAbstractTableModel):
    """One row per voxel; before the results are there, only its name."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._acquisitions: tuple[Acquisition, ...] = ()
        self._exam: ExamResult | None = None
        self.columns: tuple[Column, ...] = (VOXEL,)

    def set_contents(
        self, acquisitions: Sequence[Acquisition], exam: ExamResult | None, ratios: Sequence[str] = ()
    ) -> None:
        """Replace all rows.

        Parameters
        ----------
        ratios : the protocol's ratios in its order; the most important first
        """
        self.beginResetModel()
        self._acquisitions, self._exam = tuple(acquisitions), exam
        self.columns = columns_for(exam.compares, ratios) if exam is not None else (VOXEL, GATES)
        self.endResetModel()

    def result(self, row: int) -> VoxelResult | None:
        """Return what was found for a row."""
        return self._exam.voxels[row] if self._exam is not None else None

    def rowCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._acquisitions)

    def columnCount(self, parent: ModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: ModelIndex, role: int = int(Role.DisplayRole)) -> object:
        if not index.isValid():
            return None
        column, result = self.columns[index.column()], self.result(index.row())
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self._text(index.row(), column, result)
        if role == Role.ToolTipRole:
            return self._tooltip(index.row(), column, result)
        if role == Role.ForegroundRole:
            return _colour(column, result)
        if role == Role.FontRole and column.key == "level":
            return theme.font_of(0, bold=True)
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        if role == RAW_ROLE and result is not None:
            return column.raw(result)
        if role == EVIDENCE_ROLE and column is LIKELIHOOD and result is not None and result.evidence is not None:
            return result.evidence.lr
        return None

    def _text(self, row: int, column: Column, result: VoxelResult | None) -> str:
        if result is not None:
            return column.text(result)
        return self._acquisitions[row].label if column.key == "level" else _PENDING

    def _tooltip(self, row: int, column: Column, result: VoxelResult | None) -> str:
        acquisition = self._acquisitions[row]
        if column.key == "level":
            lines = [f"The name comes from: {acquisition.label_source}.", *acquisition.warnings]
            return "\n".join(lines + list(result.warnings if result is not None else ()))
        if result is None:
            return "This is computed after the fit."
        if column is GATES:
            return "\n".join([*result.quality.reasons, *map(wording.gate_tooltip, result.quality.gates)])
        if column is LIKELIHOOD and result.evidence is not None and result.evidence.lr is None:
            return wording.reasons_text(result.quality) if result.quality.reasons else "The comparison is withheld."
        return column.tooltip

    def headerData(self, section: int, orientation: QtCore.Qt.Orientation, role: int = int(Role.DisplayRole)) -> object:
        if orientation != QtCore.Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role in (Role.DisplayRole, Role.AccessibleTextRole):
            return self.columns[section].title
        if role == Role.ToolTipRole:
            return self.columns[section].tooltip
        if role == Role.TextAlignmentRole:
            return int(QtCore.Qt.AlignmentFlag.AlignVCenter | QtCore.Qt.AlignmentFlag.AlignLeft)
        return None

    def as_text(self) -> str:
        """Return the table as tab-separated text, as it is shown."""
        lines = ["\t".join(column.title for column in self.columns)]
        lines += [
            "\t".join(self._text(row, column, self.result(row)) for column in self.columns)
            for row in range(self.rowCount())
        ]
        return "\n".join(lines) + "\n"

    def as_csv(self) -> str:
        """Return every number of the table, unrounded, as CSV with points for decimals."""
        return exam_csv(self._exam) if self._exam is not None else ""


def exam_csv(exam: ExamResult) -> str:
    """Return an exam's numbers as CSV in the C locale; a number that is not known is an empty field."""
    ratios = sorted({name for voxel in exam.voxels for name in voxel.ratios})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = ["level", "evaluable", "reasons", "class", "lr_median", "lr_low90", "lr_high90", "driver"]
    for name in ratios:
        header += [f"{name} value", f"{name} sd", f"{name} low90", f"{name} high90"]
    writer.writerow([*header, "gates"])
    for voxel in exam.voxels:
        writer.writerow(_csv_row(voxel, ratios))
    return out.getvalue()


def _csv_row(voxel: VoxelResult, ratios: Sequence[str]) -> list[str]:
    evidence = voxel.evidence
    lr = evidence.lr if evidence is not None else None
    row = [voxel.label, "yes" if voxel.quality.evaluable else "no", " ".join(voxel.quality.reasons)]
    row.append(evidence.evidence_class if evidence is not None else "")
    row += [_field(value) for value in ((lr.median, lr.low90, lr.high90) if lr is not None else (None,) * 3)]
    row.append((evidence.driver if evidence is not None else None) or "")
    for name in ratios:
        ratio = voxel.ratios.get(name)
        values = (ratio.value, ratio.sd, ratio.low90, ratio.high90) if ratio is not None else (None,) * 4
        row += [_field(value) for value in values]
    row.append("; ".join(f"{gate.name}: {gate.verdict}" for gate in voxel.quality.gates))
    return row


def _field(value: float | None) -> str:
    return "" if value is None else repr(float(value))


def _colour(column: Column, result: VoxelResult | None) -> QtGui.QBrush | None:
    tokens = theme.current()
    if result is None:
        return QtGui.QBrush(QtGui.QColor(tokens.dim)) if column.key != "level" else None
    if column is GATES:
        verdicts = [gate.verdict for gate in result.quality.gates]
        if "fail" in verdicts or not result.quality.evaluable:
            return QtGui.QBrush(QtGui.QColor(tokens.bad))
        return QtGui.QBrush(QtGui.QColor(tokens.warn if "warn" in verdicts else tokens.good))
    if not result.quality.evaluable and column.key != "level":
        return QtGui.QBrush(QtGui.QColor(tokens.dim))
    if column is CLASS and result.evidence is not None and result.evidence.evidence_class == "higher":
        return QtGui.QBrush(QtGui.QColor(tokens.fit))
    return None
