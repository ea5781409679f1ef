"""The report as it will be: its pages, a bar to turn and zoom them, and in words what stands in their way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.report_page_view import ReportPageView
from widgets.texts import tr


class ReportPreview(QtWidgets.QFrame):
    """Shows the pages that were made; what is being made, or could not be, is said in the bar or in their place."""

    print_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Preview of the report"))
        self.pages = ReportPageView()
        self.message = QtWidgets.QLabel()
        self.message.setWordWrap(True)
        self.message.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.message.setContentsMargins(24, 24, 24, 24)
        self.message.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        theme.mark(self.message, "dim")
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.problem.setContentsMargins(12, 4, 12, 4)
        self.problem.hide()
        self.stack = QtWidgets.QStackedWidget()
        self.stack.addWidget(self.message)
        self.stack.addWidget(self.pages)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._build_bar())
        layout.addWidget(self.problem)
        layout.addWidget(self.stack, 1)
        self.pages.page_changed.connect(lambda _: self._show_state())
        self.pages.zoom_changed.connect(lambda _: self._show_state())
        self.set_empty(tr("There is nothing to report before the spectra are fitted."))

    def _build_bar(self) -> QtWidgets.QWidget:
        bar = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(bar)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        pages = self.pages
        self.previous = self._button("‹", tr("Previous page"), lambda: pages.go_to(pages.page - 1))
        self.next = self._button("›", tr("Next page"), lambda: pages.go_to(pages.page + 1))
        self.smaller = self._button("−", tr("Smaller"), lambda: pages.step_zoom(-1))
        self.larger = self._button("+", tr("Larger"), lambda: pages.step_zoom(1))
        self.fit = self._button(tr("Fit"), tr("Fit the width"), pages.fit_width)
        self.print = self._button(tr("Print…"), tr("Print the report"), self.print_requested.emit)
        self.place, self.size, self.status = QtWidgets.QLabel(), QtWidgets.QLabel(), QtWidgets.QLabel()
        for label, name in (
            (self.place, tr("Page")),
            (self.size, tr("Zoom")),
            (self.status, tr("Preview")),
        ):
            label.setAccessibleName(name)
        theme.mark(self.status, "dim")
        self.status.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred)
        for widget in (self.previous, self.place, self.next, self.smaller, self.size, self.larger, self.fit):
            row.addWidget(widget)
        row.addSpacing(6)
        row.addWidget(self.status, 1)
        row.addWidget(self.print)
        return bar

    def _button(self, text: str, name: str, slot: Callable[[], None]) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton()
        theme.mark(button, "choice")
        button.setText(text)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.setMinimumSize(theme.TARGET_PX, theme.TARGET_PX)
        button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda _=False: slot())
        return button

    # --- state ---------------------------------------------------------------------------------------------------

    def set_empty(self, why: str) -> None:
        """Say why there are no pages."""
        self.pages.set_document(())
        self.message.setText(why)
        self.stack.setCurrentWidget(self.message)
        self.status.clear()
        self.problem.hide()
        self._show_state()

    def set_waiting(self) -> None:
        """Say that newer pages are being made; those that are shown stay."""
        self.status.setText(tr("updating…"))
        if not self.pages.page_count:
            self.message.setText(tr("Making the preview…"))

    def set_document(self, sizes_pt: Sequence[tuple[float, float]]) -> None:
        """Show the pages of a document; page and zoom stay."""
        self.problem.hide()
        self.status.clear()
        self.stack.setCurrentWidget(self.pages)
        self.pages.set_document(sizes_pt)
        self._show_state()

    def set_problem(self, sentence: str) -> None:
        """Say why no newer pages can be made; those that are shown stay, and are said to be old."""
        self.status.clear()
        if not self.pages.page_count:
            self.message.setText(sentence)
            return
        self.problem.setText(tr("✕  {problem} The pages below are older.", problem=sentence))
        self.problem.setStyleSheet(f"color: {theme.current().bad};")
        self.problem.show()

    def set_page_image(self, page: int, scale: float, image: QtGui.QImage) -> None:
        """Take the picture of a page."""
        self.pages.set_page_image(page, scale, image)

    def _show_state(self) -> None:
        pages = self.pages
        there = pages.page_count > 0
        self.place.setText(f"{pages.page + 1} / {pages.page_count}" if there else "–")
        self.size.setText(f"{100 * pages.zoom:.0f} %" if there else "–")
        self.previous.setEnabled(there and pages.page > 0)
        self.next.setEnabled(there and pages.page + 1 < pages.page_count)
        for button in (self.smaller, self.larger, self.fit, self.print):
            button.setEnabled(there)

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self.pages.viewport().update()
        self.problem.setStyleSheet(f"color: {theme.current().bad};")
