"""The report's room: what is written on the left, the pages as they will be on the right, the state above both."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets.coverage_view import CoverageView
from widgets.exam_record_form import ExamRecordForm
from widgets.report_amendment import ReportAmendment
from widgets.report_impression import ReportImpression
from widgets.report_preview import ReportPreview
from widgets.report_state_bar import ReportStateBar
from widgets.texts import tr

_LEAST_PX = 300
_SHARES = (45, 55)


class ReportWorkspace(QtWidgets.QWidget):
    """Holds the panels; it may sit in the window or in one of its own."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Report"))
        self.bar = ReportStateBar()
        self.impression, self.record = ReportImpression(), ExamRecordForm()
        self.amendment, self.preview = ReportAmendment(), ReportPreview()
        self.coverage = CoverageView()
        self.tabs = QtWidgets.QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("What the report says"))
        self.tabs.addTab(self.impression, tr("Impression"))
        self.tabs.addTab(_scrolled(self.record), tr("Exam record"))
        self.tabs.addTab(_scrolled(self.coverage), tr("Coverage"))
        self.tabs.addTab(self.amendment, tr("Amendment"))
        self.tabs.setTabVisible(self.tabs.indexOf(self.amendment), False)
        self.tabs.setMinimumWidth(_LEAST_PX)
        self.preview.setMinimumWidth(_LEAST_PX)
        self.halves = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
        self.halves.setHandleWidth(3)
        self.halves.setChildrenCollapsible(False)
        for position, widget in enumerate((self.tabs, self.preview)):
            self.halves.addWidget(widget)
            self.halves.setStretchFactor(position, _SHARES[position])
        self.halves.setSizes([20 * share for share in _SHARES])
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.halves, 1)

    def show_amendment(self, shown: bool, *, bring: bool = False) -> None:
        """Offer the amendment's panel, and bring it in front where that was asked for."""
        at = self.tabs.indexOf(self.amendment)
        self.tabs.setTabVisible(at, shown)
        if shown and bring:
            self.tabs.setCurrentIndex(at)
            self.amendment.reason.setFocus()

    def finish_gestures(self) -> None:
        """End what the reader has begun in any panel."""
        for panel in (self.impression, self.record, self.amendment):
            panel.finish_gesture()

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        for panel in (self.impression, self.record, self.preview):
            panel.apply_theme()


def _scrolled(widget: QtWidgets.QWidget) -> QtWidgets.QScrollArea:
    area = QtWidgets.QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
    area.setWidget(widget)
    return area
