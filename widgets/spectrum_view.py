"""The selected voxel's spectrum: a header that names it, its quality gates, the plots and the cursor's numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6 import QtCore, QtWidgets

from analysis.displayed import Overlay
from analysis.integration import IntegrationWindow, WindowArea, window_areas
from analysis.line_labels import LineLabel
from analysis.types import Acquisition, Fit, VoxelResult
from widgets import theme, wording
from widgets.cursor_strip import CursorStrip
from widgets.display_menu import DisplayMenu
from widgets.elided_label import ElidedLabel
from widgets.quality_bar import QualityBar
from widgets.spectrum_plot import SpectrumPlot
from widgets.texts import tr


class SpectrumView(QtWidgets.QFrame):
    """Shows one voxel; before its fit is known it says what is missing."""

    details_requested = QtCore.Signal()
    overlay_requested = QtCore.Signal(str)
    """Which voxels to lay over this one: ``none``, ``voxels`` or ``prior``; `set_overlays` answers."""
    table_requested = QtCore.Signal()
    transients_requested = QtCore.Signal()
    halves_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self._acquisition: Acquisition | None = None
        self._fit: Fit | None = None
        self._windows: tuple[IntegrationWindow, ...] = ()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.plot = SpectrumPlot()
        self.cursor_text = CursorStrip(self.plot)
        layout.addWidget(self._build_header())
        self.pages = QtWidgets.QStackedWidget()
        self.message = self._build_message()
        self.pages.addWidget(self.plot)
        self.pages.addWidget(self.message)
        layout.addWidget(self.pages, 1)
        self._connect()
        self.show_voxel(None, None, "")

    def _build_header(self) -> QtWidgets.QWidget:
        header = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(header)
        layout.setContentsMargins(14, 6, 14, 4)
        layout.setSpacing(4)
        self.title = ElidedLabel()
        theme.mark(self.title, "title")
        self.title.setAccessibleName(tr("Selected voxel"))
        self.quality = QualityBar()
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self.title, 1)
        for button in self._build_buttons():
            top.addWidget(button)
        layout.addLayout(top)
        layout.addWidget(self.quality)
        return header

    def _build_buttons(self) -> tuple[QtWidgets.QPushButton, ...]:
        self.phase_button = QtWidgets.QPushButton(tr("Drag phase"))
        self.phase_button.setCheckable(True)
        self.phase_button.setToolTip(tr("Turn the phase by dragging in the spectrum (D); [ and ] turn it by 1°."))
        self.menu = DisplayMenu(self)
        self.display_button = QtWidgets.QPushButton(tr("Display"))
        self.display_button.setMenu(self.menu)
        self.display_button.setToolTip(tr("Overlays, windows, smoothing and tables; none of them changes a number."))
        return self.phase_button, self.display_button

    def _build_message(self) -> QtWidgets.QLabel:
        message = QtWidgets.QLabel()
        message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        message.setWordWrap(True)
        message.setMargin(40)
        theme.mark(message, "dim")
        return message

    def _connect(self) -> None:
        self.plot.cursor_moved.connect(self._show_cursor)
        self.plot.solo_changed.connect(lambda _: self._show_cursor(""))
        self.plot.phase_mode_changed.connect(self.phase_button.setChecked)
        self.plot.baseline_subtracted.connect(self.menu.baseline.setChecked)
        self.phase_button.clicked.connect(self.plot.set_phase_mode)
        self.menu.baseline.triggered.connect(self.plot.set_baseline_subtracted)
        self.menu.windows.triggered.connect(lambda _: self._shade_windows())
        self.menu.connect_choices(self.overlay_requested.emit, self.plot.set_apodisation_hz)
        self.menu.table.triggered.connect(lambda _: self.table_requested.emit())
        self.menu.transients.triggered.connect(lambda _: self.transients_requested.emit())
        self.menu.halves.triggered.connect(lambda _: self.halves_requested.emit())

    # --- showing -------------------------------------------------------------------------------------------------

    def show_voxel(
        self,
        acquisition: Acquisition | None,
        result: VoxelResult | None,
        waiting: str,
        lines: Sequence[LineLabel] = (),
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        """Show a voxel's spectrum; what lay over another voxel's is taken away.

        Parameters
        ----------
        result : None while it is computed; then `waiting` says what is going on
        lines : which lines the protocol wants named
        overrides : the reader's reason for each gate that was overridden
        """
        if not _same_signal(acquisition, self._acquisition):
            self.plot.set_automatic(None)
            self.plot.set_overlays(())
        self._acquisition, self._fit = acquisition, result.fit if result is not None else None
        self._name(acquisition, result)
        warnings = (*result.warnings, *(result.fit.warnings if result.fit else ())) if result is not None else ()
        self.quality.set_quality(result.quality if result is not None else None, warnings, overrides)
        self.quality.setVisible(acquisition is not None)
        self.plot.overlays.set_windows(self.areas if self.menu.windows.isChecked() else ())
        self.plot.set_fit(self._fit, lines, result.spectrum if result is not None else None)
        if self._fit is None:
            failed = result is not None
            self.message.setText(
                tr("No fit. {reasons}", reasons=wording.reasons_text(result.quality)) if failed and result else waiting
            )
        for widget in (self.phase_button, self.display_button):
            widget.setEnabled(self._fit is not None)
        self.pages.setCurrentWidget(self.plot if self._fit is not None else self.message)
        self._show_cursor("")

    def _name(self, acquisition: Acquisition | None, result: VoxelResult | None) -> None:
        if acquisition is None:
            self.title.setText(tr("No spectrum"))
            return
        line = wording.acquisition_line(acquisition)
        adjusted = result is not None and result.adjusted_by_reader
        self.title.setText(tr("✎ adjusted · {line}", line=line) if adjusted else line)
        told = tr(" The reader has adjusted this fit.") if adjusted else ""
        self.title.setToolTip(
            tr(
                "{line}.{told} The name comes from: {label_source}.",
                line=line,
                told=told,
                label_source=acquisition.label_source,
            )
        )

    def set_windows(self, windows: Sequence[IntegrationWindow]) -> None:
        """Say which windows the protocol integrates as a cross-check; the reader shows and hides them."""
        self._windows = tuple(windows)
        self.menu.windows.setEnabled(bool(windows))
        self._shade_windows()

    @property
    def areas(self) -> tuple[WindowArea, ...]:
        """The areas of all windows for the fit that is shown."""
        return window_areas(self._fit, self._windows) if self._fit is not None else ()

    def _shade_windows(self) -> None:
        shown = self.menu.windows.isChecked()
        self.plot.set_windows(self.areas if shown else ())

    def set_automatic(self, fit: Fit | None) -> None:
        """Lay the automatic fit over this one to compare, or take it away."""
        self.plot.set_automatic(fit)

    def set_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Lay other voxels, or a prior, over this one."""
        self.plot.set_overlays(overlays)

    def set_prior_known(self, known: bool) -> None:
        """Offer the overlay of a prior, or say that there is none."""
        action = self.menu.overlays["prior"]
        action.setEnabled(known)
        action.setText(tr("The prior") if known else tr("The prior (none is open)"))

    def _show_cursor(self, text: str) -> None:
        if not text and self.plot.solo is not None:
            text = tr("{solo} alone · click it again or press Esc for all", solo=self.plot.solo)
        self.cursor_text.say(text)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.quality.apply_theme()
        self.plot.apply_theme()
        self.cursor_text.apply_theme()


def _same_signal(one: Acquisition | None, other: Acquisition | None) -> bool:
    """Whether two records are of the same measurement, whatever the reader calls it."""
    if one is None or other is None:
        return one is other
    return one.fids is other.fids or one.sources == other.sources != ()
