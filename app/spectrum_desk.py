"""Joins what lies over and beside the spectrum to the session: overlays, transients, halves, numbers, gates."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from PySide6 import QtCore, QtWidgets

from analysis.biomarkers import weights
from analysis.displayed import Overlay, overlay_on
from analysis.halves import halves_of
from analysis.integration import IntegrationWindow, parse_windows
from analysis.protocol import Protocol
from analysis.transients import Transients, display_phase_rad, transients_of
from analysis.types import Progress, Stop
from analysis.voxel_settings import GateOverride
from app.edit_desk import EditDesk
from app.jobs import JobRunner
from app.prior_desk import PriorDesk
from app.resource_files import resource_path
from app.session import NO_VOXEL, ReadingSession
from widgets.halves_view import HalvesView
from widgets.main_window import MainWindow
from widgets.spectrum_table import SpectrumTable
from widgets.texts import tr
from widgets.transients_view import TransientsView

TRANSIENTS = "transients"
_SIZE = (1240, 680)
_View = TypeVar("_View", bound=QtWidgets.QWidget)


class SpectrumDesk(QtCore.QObject):
    """Opens the windows beside the spectrum when they are asked for, and keeps them at the selected voxel."""

    def __init__(
        self, window: MainWindow, session: ReadingSession, jobs: JobRunner, edits: EditDesk, prior: PriorDesk
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._edits = window, session, jobs, edits
        self._prior = prior
        prior.changed.connect(self._lay_over)
        self._overlaid = "none"
        self.transients: TransientsView | None = None
        self.halves: HalvesView | None = None
        self.table: SpectrumTable | None = None
        view = window.spectrum
        view.overlay_requested.connect(self._on_overlay)
        view.table_requested.connect(self.show_table)
        view.transients_requested.connect(self.show_transients)
        view.halves_requested.connect(self.show_halves)
        view.quality.gate_override_requested.connect(self._accept_gate)
        session.exam_changed.connect(self._on_exam)
        session.selection_changed.connect(lambda _: self._refresh())
        session.preview_changed.connect(lambda _: self._lay_over())

    # --- what the reader asks for --------------------------------------------------------------------------------

    def _accept_gate(self, gate: str, reason: str) -> None:
        """Accept a gate for the reason the reader typed; an empty reason takes that back."""
        if self._session.selected == NO_VOXEL:
            return
        settings = self._edits.settings
        others = tuple(override for override in settings.accepted_gates if override.gate != gate)
        accepted = (*others, GateOverride(gate, reason)) if reason else others
        text = tr("gate {gate} accepted", gate=gate) if reason else tr("gate {gate} no longer accepted", gate=gate)
        self._edits.apply(text, replace(settings, accepted_gates=accepted))

    def _on_overlay(self, which: str) -> None:
        self._overlaid = which
        self._lay_over()

    def show_table(self) -> None:
        """Show the numbers of the spectrum."""
        if self.table is None:
            self.table = self._window_of(SpectrumTable(), tr("Numbers of the spectrum"))
        self._open(self.table)

    def show_halves(self) -> None:
        """Show the odd and the even transients over each other."""
        if self.halves is None:
            self.halves = self._window_of(HalvesView(), tr("Half against half"))
        self._open(self.halves)

    def show_transients(self) -> None:
        """Show the transients, aligned, with those that were left out."""
        if self.transients is None:
            self.transients = self._window_of(TransientsView(), tr("Transients"))
            self.transients.gesture_began.connect(self._session.begin_gesture)
            self.transients.keep_transients_changed.connect(self._keep_transients)
            self.transients.gesture_ended.connect(self._session.end_gesture)
        self._open(self.transients)

    def _window_of(self, view: _View, title: str) -> _View:
        view.setParent(self._window, QtCore.Qt.WindowType.Window)
        view.setWindowTitle(title)
        view.resize(*_SIZE)
        self._window.closing.connect(view.close)
        return view

    def _open(self, view: QtWidgets.QWidget) -> None:
        view.show()
        view.raise_()
        self._refresh()

    def _keep_transients(self, keep: tuple[bool, ...] | None) -> None:
        settings = self._edits.settings
        self._edits.change(replace(settings, process=replace(settings.process, keep_transients=keep)))

    # --- what is shown -------------------------------------------------------------------------------------------

    def _on_exam(self) -> None:
        self._window.spectrum.set_windows(_windows_of(self._session.protocol))
        if not self._session.in_gesture:
            self._refresh()

    def _refresh(self) -> None:
        """Bring overlays and open windows to the selected voxel."""
        self._lay_over()
        result = self._session.selected_result
        fit = result.fit if result is not None else None
        if self.table is not None and self.table.isVisible():
            title = result.label if result is not None else tr("No voxel")
            self.table.set_fit(title, fit, self._window.spectrum.areas)
        if self.halves is not None and self.halves.isVisible():
            known = result is not None and result.spectrum is not None and fit is not None
            found = halves_of(result.spectrum, fit) if known and result and result.spectrum and fit else None
            self.halves.set_halves(found, tr("There are too few transients to halve them."))
        if self.transients is not None and self.transients.isVisible():
            self._find_transients()

    def _lay_over(self) -> None:
        """Lay the other voxels over the selected one, where the reader asked for that."""
        session, result = self._session, self._session.selected_result
        overlays: list[Overlay] = []
        if self._overlaid == "voxels" and result is not None and result.fit is not None and session.exam is not None:
            name = session.protocol.rules.reference_biomarker if session.protocol is not None else ""
            reference = self._reference(name)
            overlays = [
                overlay_on(result.fit, other.fit, other.label, reference, name)
                for other in session.exam.voxels
                if other is not result and other.fit is not None
            ]
        if self._overlaid == "prior" and result is not None and result.fit is not None:
            found = self._prior.fit_at(result.label)
            name = session.protocol.rules.reference_biomarker if session.protocol is not None else ""
            overlays = [overlay_on(result.fit, found[1], found[0], self._reference(name), name)] if found else []
        self._window.spectrum.set_overlays(overlays)

    def _reference(self, name: str) -> dict[str, float]:
        protocol, result = self._session.protocol, self._session.selected_result
        if protocol is None or result is None or result.fit is None:
            return {}
        rule = next((rule for rule in protocol.rules.biomarkers if rule.name == name), None)
        row = weights(result.fit, rule.of) if rule is not None else ()
        return {signal: float(w) for signal, w in zip(result.fit.names, row, strict=False) if w}

    def _find_transients(self) -> None:
        session, view = self._session, self.transients
        acquisition, result = session.selected_acquisition, session.selected_result
        if view is None:
            return
        if acquisition is None or result is None or result.spectrum is None:
            view.set_transients(None, tr("There is no spectrum whose transients could be shown."))
            return
        settings, phase = self._edits.settings.process, display_phase_rad(result.spectrum, result.fit)

        def work(_: Progress, __: Stop) -> Transients:
            return transients_of(acquisition, settings)

        def done(found: Transients) -> None:
            if self.transients is not None:
                self.transients.set_transients(found, keep=settings.keep_transients, phase0_rad=phase)

        def failed(sentence: str) -> None:
            if self.transients is not None:
                self.transients.set_transients(None, sentence)

        self._jobs.start(TRANSIENTS, tr("Aligning the transients"), work, done=done, failed=failed, quiet=True)

    def apply_theme(self) -> None:
        """Let the open windows take the colours of the theme in use."""
        for view in (self.transients, self.halves):
            if view is not None:
                view.apply_theme()


def _windows_of(protocol: Protocol | None) -> tuple[IntegrationWindow, ...]:
    """Return the integration windows of a protocol; only the disc protocol has any."""
    if protocol is None or protocol.rules.id != "disc":
        return ()
    return parse_windows(resource_path("integration", "disc.toml").read_text(encoding="utf-8"))
