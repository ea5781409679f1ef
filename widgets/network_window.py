"""The network window: its pages side by side, none of which knows another."""

from __future__ import annotations

from PySide6 import QtWidgets

from widgets import theme
from widgets.network_limits import LimitsPage
from widgets.network_nodes import NodesPage
from widgets.network_query import QueryPage
from widgets.network_queue import QueuePage
from widgets.network_receiver import ReceiverPage
from widgets.texts import tr


class NetworkWindow(QtWidgets.QFrame):
    """Holds the pages."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Network"))
        self.query, self.receiver, self.queue, self.nodes = QueryPage(), ReceiverPage(), QueuePage(), NodesPage()
        self.limits = LimitsPage()
        self.tabs = QtWidgets.QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Pages of the network window"))
        for page, title in (
            (self.query, tr("Query and fetch")),
            (self.receiver, tr("Receive")),
            (self.queue, tr("Send")),
            (self.nodes, tr("Nodes")),
            (self.limits, tr("Limits")),
        ):
            self.tabs.addTab(page, title)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        for page in (self.query, self.receiver, self.queue, self.nodes, self.limits):
            page.answer.apply_theme()
