"""Sending the signed report: its objects are built and put into the queue for the node that the reader chooses."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6 import QtCore

from analysis.types import Progress, Stop
from app.jobs import JobRunner
from app.network_desk import NetworkDesk
from app.report_preview import SignedFile
from app.session import ReadingSession
from widgets.main_window import MainWindow
from widgets.texts import plural, tr

BUILD = "objects to send"
_LABEL = "signed report"


class SendReportDesk(QtCore.QObject):
    """Offers every node of the network settings in a menu, once the reading is signed.

    Parameters
    ----------
    signed : gives the signed report of the open reading, None where there is none
    """

    def __init__(
        self,
        window: MainWindow,
        session: ReadingSession,
        jobs: JobRunner,
        network: NetworkDesk,
        signed: Callable[[], SignedFile | None],
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs, self._network, self._signed = window, session, jobs, network, signed
        self.menu = window.report_menu.addMenu(tr("S&end to"))
        self.menu.aboutToShow.connect(self.fill)
        window.report_menu.aboutToShow.connect(self._offer)

    def _offer(self) -> None:
        self.menu.setEnabled(self._session.study is not None and self._signed() is not None)

    def fill(self) -> None:
        """List the nodes as they are configured now."""
        self.menu.clear()
        self._network.begin()
        for node in self._network.settings.nodes:
            self.menu.addAction(node.name, functools.partial(self.send_to, node.name))
        if not self._network.settings.nodes:
            self.menu.addAction(tr("Add a node…"), self._network.show)

    def send_to(self, node: str) -> None:
        """Build the objects of the signed report and queue them for a node."""
        study, signed, network = self._session.study, self._signed(), self._network
        if study is None or signed is None:
            return
        outbox = network.begin()
        notices = self._window.notices
        if outbox is None:
            return

        def work(progress: Progress, stop: Stop) -> int:
            from app.dicom.export import write_export

            with tempfile.TemporaryDirectory(prefix="discern-send-") as place:
                made = write_export(Path(place), study, signed.load(), progress=progress, stop=stop)
                return len(outbox.add([Path(place) / one.name for one in made], node, _LABEL))

        def done(count: int) -> None:
            text = plural("1 object is queued for {node}.", "{n} objects are queued for {node}.", count, node=node)
            notices.add("info", f"{text} {tr('The network window shows what becomes of them.')}")
            network.sending.turn()

        self._jobs.start(
            BUILD,
            tr("Building the objects of the report"),
            work,
            done=done,
            failed=lambda text: notices.add("error", text),
            cancelled=lambda: notices.add("info", tr("Nothing was queued.")),
        )
