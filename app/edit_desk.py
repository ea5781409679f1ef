"""Joins the panels in which a reader changes something to the session: every gesture becomes a step of undo."""

from __future__ import annotations

from dataclasses import replace

from PySide6 import QtCore

from analysis.reading import VoxelReading
from analysis.types import FitSettings
from analysis.voxel_settings import VoxelSettings
from app.live_refit import LiveRefit
from app.session import NO_VOXEL, ReadingSession
from widgets.fit_panel import FitPanel
from widgets.main_window import MainWindow
from widgets.texts import tr


class EditDesk(QtCore.QObject):
    """Takes what the panels ask for to the selected voxel, and shows what came of it."""

    def __init__(self, window: MainWindow, session: ReadingSession, live: LiveRefit) -> None:
        super().__init__(window)
        self._window, self._session, self._live = window, session, live
        self._connect_panel(window.fit_panel)
        self._connect_plot()
        session.selection_changed.connect(lambda _: self.show_voxel())
        session.reading_changed.connect(self._on_reading)
        session.preview_changed.connect(lambda _: self.show_voxel())
        session.history_changed.connect(self._show_history)
        live.automatic_known.connect(lambda _: self._show_comparison())
        self._show_history()
        self.show_voxel()

    def _connect_panel(self, panel: FitPanel) -> None:
        session = self._session
        panel.gesture_began.connect(session.begin_gesture)
        panel.settings_changed.connect(self._change_fit)
        panel.gesture_ended.connect(session.end_gesture)
        panel.undo_requested.connect(session.undo)
        panel.redo_requested.connect(session.redo)
        panel.reset_requested.connect(self.reset)
        panel.compare_toggled.connect(lambda _: self._show_comparison())
        panel.reason.gesture.began.connect(session.begin_gesture)
        panel.reason.edit.textEdited.connect(self._change_reason)
        panel.reason.gesture.ended.connect(session.end_gesture)

    def _connect_plot(self) -> None:
        plot, session = self._window.spectrum.plot, self._session
        plot.gesture_began.connect(session.begin_gesture)
        plot.phase_changed.connect(lambda rad: self._change_fit(replace(self.settings.fit, phase0_rad=rad)))
        plot.gesture_ended.connect(session.end_gesture)
        plot.phase_step_requested.connect(self._window.fit_panel.step_phase)

    # --- what the reader asks for --------------------------------------------------------------------------------

    @property
    def settings(self) -> VoxelSettings:
        """The reader's settings of the selected voxel."""
        return self._session.voxel_reading(self._session.selected).settings

    def _with_settings(self, settings: VoxelSettings) -> VoxelReading:
        return replace(self._session.voxel_reading(self._session.selected), settings=settings)

    def apply(self, text: str, settings: VoxelSettings) -> None:
        """Change the selected voxel's settings in one gesture."""
        self._session.edit_voxel(text, self._session.selected, self._with_settings(settings))

    def change(self, settings: VoxelSettings) -> None:
        """Change the selected voxel's settings within a gesture."""
        self._session.change_voxel(self._session.selected, self._with_settings(settings))

    def _change_fit(self, fit: FitSettings) -> None:
        if self._session.selected != NO_VOXEL:
            self.change(replace(self.settings, fit=fit))

    def _change_reason(self, reason: str) -> None:
        session = self._session
        if session.selected != NO_VOXEL:
            voxel = session.voxel_reading(session.selected)
            session.change_voxel(session.selected, replace(voxel, adjustment_reason=reason))

    def reset(self) -> None:
        """Take every adjustment of the selected voxel back, in one gesture; its name and grades stay."""
        session = self._session
        if session.selected != NO_VOXEL:
            automatic = replace(self._with_settings(VoxelSettings(label=self.settings.label)), adjustment_reason="")
            session.edit_voxel(tr("reset to automatic"), session.selected, automatic)

    # --- what is shown -------------------------------------------------------------------------------------------

    def show_voxel(self) -> None:
        """Bring the panels to the selected voxel."""
        session, panel = self._session, self._window.fit_panel
        result = session.selected_result
        if session.selected == NO_VOXEL or result is None or result.spectrum is None:
            panel.clear()
            return
        settings = self.settings
        names = tuple(rule.name for rule in session.protocol.rules.signals) if session.protocol is not None else ()
        panel.set_voxel(
            settings.fit,
            settings.process,
            result.fit,
            settings.adjusted,
            f0_mhz=result.spectrum.f0_mhz,
            voxel=result.label,
            signals=names,
        )
        panel.reason.set_reason(session.voxel_reading(session.selected).adjustment_reason, adjusted=settings.adjusted)
        panel.setEnabled(not session.read_only)
        self._show_comparison()

    def _on_reading(self) -> None:
        if not self._session.in_gesture:
            self.show_voxel()

    def _show_history(self) -> None:
        history = self._session.history
        self._window.fit_panel.set_history(history.undo_text, history.redo_text)

    def _show_comparison(self) -> None:
        wanted = self._window.fit_panel.compare.isChecked() and self._session.selected != NO_VOXEL
        fit = self._live.automatic_fit(self._session.selected) if wanted else None
        self._window.spectrum.set_automatic(fit)
