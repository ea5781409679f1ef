"""The report's side of the window: opens its room, shows its state, and hands what is asked for to the right desk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from analysis.types import Progress, Stop
from app.amendment_desk import AmendmentDesk
from app.atomic_file import reason_of, write_whole
from app.audit.headless import report_written
from app.disc_desk import DiscDesk
from app.jobs import JobRunner
from app.keeping import Keeping
from app.print_desk import PrintDesk
from app.prior_desk import PriorDesk
from app.report.errors import ReportError
from app.report.source import Received
from app.report_edit_desk import ReportEditDesk
from app.report_preview import MakeReport, PreviewDesk, ReportInput, SignedFile
from app.report_settings import keep_report_settings, load_report_settings
from app.report_state import as_signed, banner_word, report_state
from app.services import Services
from app.session import ReadingSession
from app.sign_desk import SignDesk, SignedOff
from app.verify_desk import VerifyDesk
from widgets.main_window import MainWindow
from widgets.report_dock import ReportDock
from widgets.report_settings import ReportSettings, ReportSettingsDialog
from widgets.report_workspace import ReportWorkspace
from widgets.texts import noop, tr

SAVE = "save report"


class ReportDesk(QtCore.QObject):
    """Wires the report's room to session, store and the desks of preview and signing."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        keeping: Keeping,
        services: Services,
        prior: PriorDesk,
        discs: DiscDesk,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._keeping = window, session, jobs, keeping
        self._prior, self._discs = prior, discs
        self._make, self._kept_settings = services.make_report, services.settings
        self.settings = load_report_settings(services.settings)
        self.checking = VerifyDesk(window, session, jobs, lambda: self.settings, services.read_studies)
        self.printing = PrintDesk(window, jobs, window.notices.add)
        self._folder = Path.home()
        self._last_signed: SignedOff | None = None
        self.workspace: ReportWorkspace | None = None
        window.report_requested.connect(self.toggle)
        window.closing.connect(self.hide)
        self._add_commands()
        session.exam_changed.connect(self._show_state)
        session.reading_changed.connect(self._show_state)
        session.read_only_changed.connect(self._show_state)
        session.gesture_ended.connect(lambda _: self._show_state())
        session.study_changed.connect(self._on_study)
        self._show_state()

    # --- building ------------------------------------------------------------------------------------------------

    def _add_commands(self) -> None:
        menu, add = self._window.report_menu, self._window.add_command
        self.commands = (
            add(menu, noop("&Sign the report…"), "Ctrl+Shift+S", self.sign),
            add(menu, noop("&Print the report…"), "Ctrl+P", self.print),
            add(menu, noop("Save the report as P&DF…"), "Ctrl+S", self.save),
        )
        menu.addSeparator()
        add(menu, noop("&Verify a report…"), "", self.checking.show)
        add(menu, noop("Report se&ttings…"), "", self.ask_settings)

    def _build(self, make: MakeReport) -> ReportWorkspace:
        """Make the room when it is first asked for, so that the window opens as fast as without."""
        workspace = ReportWorkspace()
        self.dock = ReportDock(workspace, self._window.side, self._window.columns)
        self.amending = AmendmentDesk(
            workspace, self._session, self._keeping, self.signed_file, self._window.notices.add
        )
        self.editing = ReportEditDesk(workspace, self._session, self._received)
        self.preview = PreviewDesk(workspace.preview, self._session, self._jobs, make, self.source)
        self.signing = SignDesk(self._window, self._jobs, self._keeping, self.preview, make, lambda: self.settings)
        self.dock.shown_changed.connect(self.preview.set_on)
        self.dock.shown_changed.connect(lambda _: QtCore.QTimer.singleShot(0, self._window, self._window.refit_table))
        self._prior.changed.connect(self.preview.refresh)
        self.preview.prepared_changed.connect(self._show_changes)
        self.signing.signed.connect(self._on_signed)
        bar = workspace.bar
        bar.sign_requested.connect(self.sign)
        bar.amend_requested.connect(lambda: workspace.show_amendment(True, bring=True))
        bar.preliminary_toggled.connect(self._set_preliminary)
        bar.save_requested.connect(self.save)
        bar.settings_requested.connect(self.ask_settings)
        bar.verify_requested.connect(self.checking.show)
        workspace.preview.print_requested.connect(self.print)
        return workspace

    # --- what there is -------------------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether there are results that belong to the reading."""
        session = self._session
        return session.study is not None and session.exam is not None and session.exam_belongs_to(session.reading)

    @property
    def is_signed(self) -> bool:
        """Whether the reading is signed as it is."""
        session = self._session
        return bool(session.read_only) and session.reading.state in ("final", "amended") and not self._keeping.refusal

    def report(self, *, to_sign: bool) -> ReportInput | None:
        """Return what the report of the reading is made from, None while there are no results for it."""
        session = self._session
        if not self.ready or session.study is None or session.exam is None or session.protocol is None:
            return None
        return ReportInput(
            session.study,
            session.exam,
            session.protocol,
            as_signed(session.reading) if to_sign else session.reading,
            datetime.now().astimezone(),
            to_sign=to_sign,
            paper=self.settings.paper,
            earlier=self._earlier(),
            priors=self._prior.priors,
            received=self._received(),
            measures=self._discs.measures,
        )

    def _received(self) -> Received | None:
        at = self._keeping.first_seen_at
        return None if at is None else Received(at.astimezone(), "first opened in Discern")

    def _earlier(self) -> Callable[[], bytes] | None:
        """Return what gives the signed report that the reading amends."""
        signed = self.signed_file() if self._session.reading.amends else None
        return signed.load if signed is not None else None

    def source(self) -> ReportInput | SignedFile | None:
        """Return what the preview shows: the signed file where there is one, else the report as it would be signed."""
        if self.is_signed:
            return self.signed_file()
        return self.report(to_sign=True)

    def signed_file(self) -> SignedFile | None:
        """Return the signed report of the reading, from the store or as it was just signed."""
        store, kept, last = self._keeping.store, self._keeping.signed, self._last_signed
        if store is not None and kept is not None:
            return SignedFile(kept.sha256, lambda: store.signed_pdf(kept))
        return SignedFile(hashlib.sha256(last.pdf).hexdigest(), lambda: last.pdf) if last is not None else None

    # --- showing -------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Open the report's room, or close it."""
        if self.workspace is not None and self.dock.shown and not self.dock.in_window:
            self.hide()
        else:
            self.show()

    def show(self) -> None:
        """Bring the report's room into view."""
        if self._make is None or self._session.study is None:
            return
        if self.workspace is None:
            self.workspace = self._build(self._make)
            self._show_state()
        self.dock.show()

    def hide(self) -> None:
        """Close the report's room."""
        if self.workspace is not None:
            self.dock.hide()

    def finish_gestures(self) -> None:
        """End what the reader has begun in the report's room."""
        if self.workspace is not None:
            self.workspace.finish_gestures()

    def shut_down(self) -> None:
        """Let go of the pages."""
        if self.workspace is not None:
            self.preview.shut_down()

    def apply_theme(self) -> None:
        """Let the room take the colours of the theme in use."""
        if self.workspace is not None:
            self.workspace.apply_theme()

    def _on_study(self) -> None:
        self._last_signed = None
        self._show_state()

    def _show_state(self) -> None:
        session = self._session
        if session.in_gesture:
            return
        self._offer()
        if session.study is not None:
            self._window.banner.set_state(banner_word(session.reading, is_signed=self.is_signed))
        if self.workspace is None:
            return
        refusal, signed = self._keeping.refusal, self._keeping.signed
        state = report_state(session.reading, signed, read_only=session.read_only, refusal=refusal, ready=self.ready)
        self.workspace.bar.set_state(state)
        self.amending.show(is_signed=self.is_signed)

    def _show_changes(self) -> None:
        prepared = self.preview.prepared
        if self.workspace is not None and prepared is not None:
            self.workspace.amendment.set_changes(prepared.changes)

    def _offer(self) -> None:
        """Put the report in reach, or say why it is not."""
        ready = self._session.exam is not None
        why = tr("Open the report: its text, its pages, and its signature.")
        if self._make is None:
            why = tr("This build cannot write reports.")
        elif not ready:
            why = tr("There is nothing to report before the spectra are fitted.")
        offered = ready and self._make is not None
        self._window.set_report_enabled(offered, why)
        sign, *others = self.commands
        sign.setEnabled(offered and not self.is_signed)
        for command in others:
            command.setEnabled(offered)

    # --- what the reader asks for --------------------------------------------------------------------------------

    def sign(self) -> None:
        """Let the reader sign the report as it is."""
        self.finish_gestures()
        report = self.report(to_sign=True)
        if report is None or self.is_signed or self._keeping.refusal:
            return
        self.show()
        self.signing.ask(report)

    def _on_signed(self, done: SignedOff) -> None:
        self._last_signed = done
        self._keeping.settle(done.made_from.reading, done.kept)
        self._window.notices.add("info", tr("The report is signed and the reading is final."))

    def _set_preliminary(self, on: bool) -> None:
        self.finish_gestures()
        reading = self._session.reading
        if not self._session.read_only and reading.state in ("draft", "preliminary"):
            text = tr("called preliminary") if on else tr("called a draft again")
            self._session.edit(text, replace(reading, state="preliminary" if on else "draft"))

    def print(self) -> None:
        """Print the report: the signed one where there is one, else one that says unsigned."""
        self.finish_gestures()
        load = self._loader()
        if load is not None:
            self.printing.ask(load)

    def save(self) -> None:
        """Let the reader write the report to a file: the signed one where there is one, else one that says unsigned."""
        self.finish_gestures()
        load = self._loader()
        if load is None:
            return
        title = tr("Write the signed report") if self.is_signed else tr("Write the report, unsigned")
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(
            self._window, title, str(self._folder / "report.pdf"), tr("PDF (*.pdf)")
        )
        if chosen:
            self.save_to(Path(chosen), load)

    def _loader(self) -> Callable[[], bytes] | None:
        """Return what gives the report's bytes as they may leave: signed, or saying that they are not."""
        if self.is_signed:
            signed = self.signed_file()
            return signed.load if signed is not None else None
        report, make = self.report(to_sign=False), self._make
        return None if report is None or make is None else lambda: make(report).pdf

    def save_to(self, path: Path, load: Callable[[], bytes]) -> None:
        """Write the report's bytes to a file in the background."""
        self._folder = path.parent
        is_signed = self.is_signed
        study, store = self._session.study, self._keeping.store

        def work(_: Progress, __: Stop) -> None:
            pdf = load()
            try:
                write_whole(path, pdf)
            except OSError as error:
                raise ReportError(
                    tr("The report cannot be written to {path}: {reason}.", path=path, reason=reason_of(error))
                ) from error
            if store is not None and study is not None:
                event = report_written(study.info, pdf, "The signed report" if is_signed else "An unsigned report")
                store.audit.record(event)

        notices = self._window.notices
        told = tr("The signed report was written to {path}.", path=path)
        if not is_signed:
            told = tr("An unsigned report was written to {path}.", path=path)
        self._jobs.start(
            SAVE,
            tr("Writing the report"),
            work,
            done=lambda _: notices.add("info", told),
            failed=lambda sentence: notices.add("error", sentence),
        )

    def ask_settings(self) -> None:
        """Let the reader change the settings of reports."""
        dialog = ReportSettingsDialog(self._window)
        dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._take_settings)
        dialog.ask(self.settings)

    def _take_settings(self, chosen: ReportSettings) -> None:
        self.settings = chosen
        keep_report_settings(self._kept_settings, chosen)
        if self.workspace is not None:
            self.preview.refresh()
