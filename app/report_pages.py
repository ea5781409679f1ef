"""The pages of a PDF as pictures: opened from the report's bytes, drawn by PDFium one call at a time."""

from __future__ import annotations

import io
import threading
from typing import Any, Final

from PySide6 import QtGui

from analysis.errors import DiscernError
from widgets.texts import tr

_PDFIUM: Final = threading.Lock()
"""PDFium is not made for threads: every call of this process into it holds this lock."""

_LARGEST_SIDE_PX = 12_000


class PagesProblem(DiscernError):
    """A document whose pages cannot be shown; its text is a sentence for the user."""


class ReportPages:
    """One PDF, ready to be drawn from any thread, until it is closed.

    Attributes
    ----------
    pdf : the bytes that are drawn
    sizes_pt : width and height of each page, points of 1/72 inch
    """

    def __init__(self, pdf: bytes) -> None:
        """Open a document.

        Raises
        ------
        PagesProblem
            If it is not a PDF that can be shown.
        """
        import pypdfium2

        self.pdf = pdf
        with _PDFIUM:
            try:
                self._document: Any = pypdfium2.PdfDocument(io.BytesIO(pdf))
                self._document.init_forms()
                self.sizes_pt = tuple(tuple(page.get_size()) for page in self._document)
            except pypdfium2.PdfiumError as error:
                raise PagesProblem(tr("The file is not a PDF that can be shown; it may be damaged.")) from error

    def draw(self, page: int, scale: float) -> QtGui.QImage | None:
        """Return one page at `scale` pixels a point; None once the document is closed."""
        width, height = self.sizes_pt[page]
        scale = min(scale, _LARGEST_SIDE_PX / max(width, height))
        with _PDFIUM:
            if self._document is None:
                return None
            found = self._document[page]
            bitmap = found.render(scale=scale, prefer_bgrx=True, may_draw_forms=True)
            shared = QtGui.QImage(
                bitmap.buffer, bitmap.width, bitmap.height, bitmap.stride, QtGui.QImage.Format.Format_RGB32
            )
            image = shared.copy()
            bitmap.close()
            found.close()
        return image

    def close(self) -> None:
        """Let go of the document; a page that is being drawn is finished first."""
        with _PDFIUM:
            if self._document is not None:
                self._document.close()
                self._document = None
