"""Printing from the window: the pages of the report's bytes, drawn in the background and sent on in turn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6 import QtCore, QtGui, QtPrintSupport, QtWidgets

from app.jobs import JobRunner
from app.report_pages import ReportPages
from widgets.notice_bar import Severity
from widgets.texts import tr

LOAD, DRAW = "print load", "print"
_MOST_DPI = 300
_LETTER_PT = (612.0, 792.0)
_NEAR_PT = 3.0
Tell = Callable[[Severity, str], None]
"""Takes a severity and a sentence."""


class PrintDesk(QtCore.QObject):
    """Asks for printer and pages, and prints without holding the window up."""

    ended = QtCore.Signal(bool)
    """Whether every page went to the printer."""

    def __init__(self, parent: QtWidgets.QWidget, jobs: JobRunner, tell: Tell) -> None:
        super().__init__(parent)
        self._parent, self._jobs, self._tell = parent, jobs, tell
        self.dialog: QtPrintSupport.QPrintDialog | None = None

    def ask(self, load: Callable[[], bytes]) -> None:
        """Let the reader choose printer, paper and pages for a report."""
        self._jobs.start(
            LOAD,
            tr("Preparing the pages"),
            lambda *_: ReportPages(load()),
            done=self._ask_printer,
            failed=lambda sentence: self._tell("error", sentence),
        )

    def _ask_printer(self, pages: ReportPages) -> None:
        printer = printer_for(pages)
        dialog = QtPrintSupport.QPrintDialog(printer, self._parent)
        dialog.setWindowTitle(tr("Print the report"))
        dialog.setOption(QtPrintSupport.QAbstractPrintDialog.PrintDialogOption.PrintPageRange, True)
        dialog.setMinMax(1, len(pages.sizes_pt))
        dialog.setFromTo(1, len(pages.sizes_pt))
        dialog.accepted.connect(lambda: self.print_on(printer, pages))
        dialog.rejected.connect(pages.close)
        dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog = dialog
        dialog.show()

    def print_on(self, printer: QtPrintSupport.QPrinter, pages: ReportPages) -> None:
        """Print the pages that the printer's settings name; the document is closed afterwards."""
        first, last = printer.fromPage() or 1, printer.toPage() or len(pages.sizes_pt)
        wanted = list(range(first - 1, min(last, len(pages.sizes_pt))))
        painter = QtGui.QPainter()
        if not wanted or not painter.begin(printer):
            pages.close()
            self._tell("error", tr("The printer did not take the report; check that it is switched on and has paper."))
            self.ended.emit(False)
            return
        self._next(printer, painter, pages, wanted, is_first=True)

    def _next(
        self,
        printer: QtPrintSupport.QPrinter,
        painter: QtGui.QPainter,
        pages: ReportPages,
        wanted: list[int],
        *,
        is_first: bool,
    ) -> None:
        if not wanted:
            painter.end()
            pages.close()
            self._tell("info", tr("The report was sent to the printer."))
            self.ended.emit(True)
            return
        page, rest = wanted[0], wanted[1:]
        dpi = min(printer.resolution(), _MOST_DPI)

        def done(image: QtGui.QImage | None) -> None:
            if image is None or (not is_first and not printer.newPage()):
                stop(tr("The printer stopped taking pages; look which ones came out and print the rest again."))
                return
            painter.drawImage(_place(printer, image), image)
            self._next(printer, painter, pages, rest, is_first=False)

        def stop(sentence: str) -> None:
            painter.end()
            pages.close()
            self._tell("error", sentence)
            self.ended.emit(False)

        self._jobs.start(
            DRAW,
            tr("Printing"),
            lambda *_: pages.draw(page, dpi / 72),
            done=done,
            failed=stop,
            cancelled=lambda: stop(tr("Printing was cancelled; pages that were sent already may still come out.")),
        )


def printer_for(pages: ReportPages) -> QtPrintSupport.QPrinter:
    """Return a printer set to the paper of the report; its job's name holds nothing about the patient."""
    printer = QtPrintSupport.QPrinter(QtPrintSupport.QPrinter.PrinterMode.HighResolution)
    printer.setDocName("Discern report")
    printer.setFullPage(True)
    width, height = pages.sizes_pt[0]
    letter = abs(width - _LETTER_PT[0]) < _NEAR_PT and abs(height - _LETTER_PT[1]) < _NEAR_PT
    kind = QtGui.QPageSize.PageSizeId.Letter if letter else QtGui.QPageSize.PageSizeId.A4
    printer.setPageSize(QtGui.QPageSize(kind))
    return printer


def _place(printer: QtPrintSupport.QPrinter, image: QtGui.QImage) -> QtCore.QRectF:
    """Return where a page lies on the paper: as large as it fits, in the middle."""
    paper = printer.paperRect(QtPrintSupport.QPrinter.Unit.DevicePixel)
    size = QtCore.QSizeF(image.size()).scaled(paper.size(), QtCore.Qt.AspectRatioMode.KeepAspectRatio)
    left, top = (paper.width() - size.width()) / 2, (paper.height() - size.height()) / 2
    return QtCore.QRectF(QtCore.QPointF(left, top), size)
