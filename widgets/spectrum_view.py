"""The selected voxel's spectrum: a header that names it, its quality gates, the plots and the cursor's numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.line_labels import LineLabel
from analysis.types import Acquisition, VoxelResult
from widgets import theme, wording
from widgets.quality_bar import QualityBar
from widgets.spectrum_plot import SpectrumPlot


class SpectrumView(QtWidgets.QFrame):
    """Shows one voxel; before its fit is known it says what is missing."""

    details_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._build_header())
        self.pages = QtWidgets.QStackedWidget()
        self.plot = SpectrumPlot()
        self.message = self._build_message()
        self.pages.addWidget(self.plot)
        self.pages.addWidget(self.message)
        layout.addWidget(self.pages, 1)
        self.plot.cursor_moved.connect(self._show_cursor)
        self.plot.solo_changed.connect(lambda _: self._show_cursor(""))
        self.show_voxel(None, None, "")

    def _build_header(self) -> QtWidgets.QWidget:
        header = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(header)
        layout.setContentsMargins(14, 8, 14, 6)
        layout.setSpacing(4)
        self.title = QtWidgets.QLabel()
        theme.mark(self.title, "title")
        self.title.setAccessibleName("Selected voxel")
        self.title.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        self.cursor_text = QtWidgets.QLabel()
        theme.mark(self.cursor_text, "dim")
        self.cursor_text.setAlignment(QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.cursor_text)
        layout.addLayout(top)
        self.quality = QualityBar()
        layout.addWidget(self.quality)
        return header

    def _build_message(self) -> QtWidgets.QLabel:
        message = QtWidgets.QLabel()
        message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        message.setWordWrap(True)
        message.setMargin(40)
        theme.mark(message, "dim")
        return message

    def show_voxel(
        self,
        acquisition: Acquisition | None,
        result: VoxelResult | None,
        waiting: str,
        lines: Sequence[LineLabel] = (),
    ) -> None:
        """Show a voxel's spectrum.

        Parameters
        ----------
        result : None while it is computed; then `waiting` says what is going on
        lines : which lines the protocol wants named
        """
        if acquisition is None:
            self.title.setText("No spectrum")
        else:
            line = wording.acquisition_line(acquisition)
            adjusted = " · adjusted by the reader" if result is not None and result.adjusted_by_reader else ""
            self.title.setText(line + adjusted)
            self.title.setToolTip(f"{line}. The name comes from: {acquisition.label_source}.")
        warnings = (*result.warnings, *(result.fit.warnings if result.fit else ())) if result is not None else ()
        self.quality.set_quality(result.quality if result is not None else None, warnings)
        self.quality.setVisible(acquisition is not None)
        fit = result.fit if result is not None else None
        self.plot.set_fit(fit, lines)
        if fit is None:
            failed = result is not None
            self.message.setText(f"No fit. {wording.reasons_text(result.quality)}" if failed and result else waiting)
        self.pages.setCurrentWidget(self.plot if fit is not None else self.message)
        self._show_cursor("")

    def _show_cursor(self, text: str) -> None:
        if not text and self.plot.solo is not None:
            text = f"{self.plot.solo} alone · click it again or press Esc for all"
        self.cursor_text.setText(text)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.quality.apply_theme()
        self.plot.apply_theme()
