"""The network window: nodes, query and fetch; what is received and sent has desks of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6 import QtCore

from analysis.network import (
    FoundStudy,
    IncomingStudy,
    NetworkSettings,
    Node,
    ReceiverSettings,
    ScheduledStep,
    StudyQuery,
    TlsFiles,
)
from analysis.types import Progress, Stop
from app.advance_analysis import AdvanceAnalysis
from app.dicom.network.outbox import Outbox, default_folder
from app.jobs import JobRunner
from app.network_receiving import Receiving
from app.network_sending import Sending
from app.network_work import Looked, ask, fetch, keep_settings, kept_settings, test_node
from app.services import Services
from app.session import ReadingSession
from widgets.main_window import MainWindow
from widgets.network_window import NetworkWindow
from widgets.texts import tr

TEST, QUERY, FETCH, SWITCH, LIST = "test", "query", "fetch", "switch", "list"
_SIZE = (1080, 680)
_LOOK_MS = 1000
_THREADS = 4


class NetworkDesk(QtCore.QObject):
    """Opens the window and gives its wishes to jobs; nothing listens or is sent before the window is first opened."""

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        services: Services,
        open_paths: Callable[[Sequence[Path]], None],
        advance: AdvanceAnalysis,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._services = window, session, services
        # Of its own: a peer that is slow to answer must not keep a fit waiting.
        self._jobs = jobs = JobRunner(self, threads=_THREADS)
        self._open_paths = open_paths
        self.settings = NetworkSettings()
        self._begun = False
        self.view: NetworkWindow | None = None
        self.advance, self.receiving = advance, Receiving(services.store, advance)
        self.sending = Sending(jobs, services.store)
        self._look = QtCore.QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._refresh)
        self.sending.changed.connect(self._show_queue)
        self.sending.trouble.connect(lambda text: window.notices.add("error", text))
        jobs.progressed.connect(self._on_progress)
        window.closing.connect(self.close)

    # --- the window ----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Open the window, or bring it to the front."""
        self.begin()
        if self.view is None:
            self.view = self._build()
            self._take(self.settings)
        self._refresh()
        self._look.start()
        self.view.show()
        self.view.raise_()

    def begin(self) -> Outbox | None:
        """Read the settings and begin to send what is queued, once; returns the queue, None where it cannot be used."""
        if not self._begun:
            self._begun = True
            self._take(kept_settings(self._say))
            self.sending.start(self.settings)
        return self.sending.outbox

    def resume(self) -> None:
        """Begin at the start of the program, where something was left in the queue."""
        if Outbox.is_used(default_folder()):
            self.begin()

    def close(self) -> None:
        """Stop listening and sending, and close the window; what is queued is sent at the next start."""
        self._look.stop()
        self.sending.stop()
        self._jobs.shut_down()
        self.receiving.stop()
        if self.view is not None:
            self.view.close()

    def _build(self) -> NetworkWindow:
        view = NetworkWindow(self._window)
        view.setWindowFlag(QtCore.Qt.WindowType.Window)
        view.setWindowTitle(tr("Discern network"))
        view.resize(*_SIZE)
        view.nodes.nodes_chosen.connect(self._on_nodes)
        view.limits.limits_chosen.connect(lambda limits: self._keep(replace(self.settings, limits=limits)))
        view.nodes.test_requested.connect(self._test)
        view.query.search_requested.connect(self._search)
        view.query.fetch_requested.connect(self._fetch)
        view.query.cancel_requested.connect(self._cancel)
        view.receiver.settings_chosen.connect(self._on_receiver_settings)
        view.receiver.switch_requested.connect(self._on_switch)
        view.receiver.stop_requested.connect(self.advance.stop)
        view.receiver.open_requested.connect(lambda key: self._open_paths([self.receiving.folder_of(key)]))
        view.queue.send_requested.connect(self.sending.add)
        view.queue.retry_requested.connect(self.sending.retry)
        view.queue.give_up_requested.connect(self.sending.give_up)
        view.queue.remove_requested.connect(self.sending.remove)
        return view

    def _say(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)

    def _refresh(self) -> None:
        view, receiving = self.view, self.receiving
        if view is not None:
            view.receiver.set_analysing(self.advance.is_running)
        if view is None or not view.isVisible() or self._jobs.is_running(LIST):
            return

        def work(_: Progress, __: Stop) -> list[IncomingStudy]:
            receiving.record()
            return receiving.studies()

        title = tr("Looking what came in")
        self._jobs.start(LIST, title, work, done=view.receiver.set_studies, failed=self._say, quiet=True)

    def _show_queue(self) -> None:
        if self.view is not None:
            self.view.queue.set_items(self.sending.items)

    # --- settings ------------------------------------------------------------------------------------------------

    def _take(self, settings: NetworkSettings) -> None:
        """Let everything follow the settings."""
        self.settings = settings
        self.sending.settings = settings
        view = self.view
        if view is None:
            return
        names = [node.name for node in settings.nodes]
        view.nodes.set_nodes(settings.nodes)
        view.query.set_nodes(names)
        view.queue.set_nodes(names)
        view.limits.set_limits(settings.limits)
        view.receiver.set_settings(settings.ae_title, settings.receiver, settings.tls)

    def _keep(self, settings: NetworkSettings) -> bool:
        problem = keep_settings(settings)
        if problem:
            self._say(problem)
            return False
        self._take(settings)
        return True

    def _on_nodes(self, nodes: tuple[Node, ...]) -> None:
        if self._keep(replace(self.settings, nodes=nodes)) and self.receiving.port and self.view is not None:
            self.view.nodes.answer.say(tr("Kept. The receiver takes who may send when it is next switched on."))

    def _on_receiver_settings(self, ae_title: str, receiver: ReceiverSettings, tls: TlsFiles) -> None:
        self._keep(replace(self.settings, ae_title=ae_title, receiver=receiver, tls=tls))

    def _on_switch(self, on: bool) -> None:
        view, settings, receiving, confirmed = self.view, self.settings, self.receiving, self.sending.confirmed
        if view is None:
            return
        view.receiver.set_busy()

        def work(_: Progress, __: Stop) -> int:
            if on:
                receiving.start(settings, confirmed)
            else:
                receiving.stop()
            return receiving.port

        self._jobs.start(
            SWITCH,
            tr("Switching the receiver"),
            work,
            done=self._show_switched,
            failed=lambda text: view.receiver.set_state(0, text, False),
            quiet=True,
        )

    def _show_switched(self, port: int) -> None:
        if self.view is None:
            return
        wanted = self.settings.receiver
        text = tr(
            "{title} listens at {address}, port {port}, {tls}.",
            title=self.settings.ae_title,
            address=wanted.bind,
            port=port,
            tls=tr("with TLS") if wanted.tls else tr("without TLS"),
        )
        self.view.receiver.set_state(port, text if port else tr("Nothing listens."), True if port else None)

    # --- test, query, fetch --------------------------------------------------------------------------------------

    def _node(self, name: str) -> Node | None:
        return next((node for node in self.settings.nodes if node.name == name), None)

    def _test(self, node: Node) -> None:
        view, settings = self.view, self.settings
        if view is None:
            return
        answer = view.nodes.answer
        answer.say(tr("Asking {name}…", name=node.name))

        def work(_: Progress, stop: Stop) -> str:
            return test_node(node, settings, stop)

        self._jobs.start(
            TEST,
            tr("Testing a node"),
            work,
            done=lambda text: answer.say(text, True),
            failed=lambda text: answer.say(text, False),
            quiet=True,
        )

    def _search(self, name: str, kind: str, query: StudyQuery) -> None:
        view, node, settings, store = self.view, self._node(name), self.settings, self._services.store
        if view is None or node is None:
            return
        page, study = view.query, self._session.study
        if kind == "priors" and (study is None or not study.info.patient_id):
            page.answer.say(tr("No study of a patient with an ID is open, so there are no priors to look for."), False)
            return
        info = study.info if study is not None else None
        page.set_busy(True, tr("Asking {name}…", name=name))

        def work(_: Progress, stop: Stop) -> Looked:
            return ask(node, kind, query, info, settings, store, stop)

        def done(found: Looked) -> None:
            page.set_busy(False)
            self._show_found(kind, found)

        self._jobs.start(
            QUERY, tr("Asking an archive"), work, done=done, failed=self._query_failed, cancelled=self._query_cancelled,
            quiet=True,
        )  # fmt: skip

    def _show_found(self, kind: str, found: Looked) -> None:
        if self.view is None:
            return
        if kind == "worklist":
            self.view.query.set_steps([one for one in found if isinstance(one, ScheduledStep)])
        else:
            self.view.query.set_studies([one for one in found if isinstance(one, FoundStudy)])

    def _query_failed(self, sentence: str) -> None:
        if self.view is not None:
            self.view.query.set_busy(False)
            self.view.query.answer.say(sentence, False)

    def _query_cancelled(self) -> None:
        if self.view is not None:
            self.view.query.set_busy(False, tr("Cancelled."))

    def _cancel(self) -> None:
        for key in (QUERY, FETCH):
            self._jobs.cancel(key)

    def _fetch(self, name: str, study_uid: str) -> None:
        view, node, settings, store = self.view, self._node(name), self.settings, self._services.store
        if view is None or node is None:
            return
        receiving = self.receiving
        view.query.set_busy(True, tr("Fetching from {name}…", name=name))

        def work(progress: Progress, stop: Stop) -> Path:
            return fetch(node, study_uid, receiving.inbox(settings), settings, store, progress=progress, stop=stop)

        self._jobs.start(
            FETCH, tr("Fetching a study"), work, done=self._on_fetched, failed=self._query_failed,
            cancelled=self._query_cancelled, quiet=True,
        )  # fmt: skip

    def _on_fetched(self, folder: Path) -> None:
        if self.view is not None:
            self.view.query.set_busy(False)
            self.view.query.answer.say(tr("The study was fetched, and is being opened."), True)
        self._open_paths([folder])

    def _on_progress(self, key: str, fraction: float, text: str) -> None:
        if key == FETCH and self.view is not None:
            self.view.query.set_progress(fraction, text)
