"""The pages of a document under each other: scrolls, zooms, turns pages by key, and asks for the pictures it needs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.texts import tr

GAP_PX = 12
ZOOM_STEPS = (0.25, 0.33, 0.5, 0.67, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0)
_PX_PER_PT = 96 / 72
_CACHE_BYTES = 96 << 20
_SETTLE_MS = 60
_Key = tuple[int, float]


class ReportPageView(QtWidgets.QAbstractScrollArea):
    """Shows what it was given; a picture that is missing or too coarse is asked for; the old one stays till then."""

    pages_wanted = QtCore.Signal(list)
    """(page, pixels a point) of each visible page that has no sharp picture."""
    page_changed = QtCore.Signal(int)
    zoom_changed = QtCore.Signal(float)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Pages of the report"))
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        # A bar that came and went would change the width, and with it the height that brought it.
        self.setVerticalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._sizes: tuple[tuple[float, float], ...] = ()
        self._images: OrderedDict[int, tuple[float, QtGui.QImage]] = OrderedDict()
        self._fresh: set[int] = set()
        self._zoom, self._fits = 1.0, True
        self._page = 0
        self._ask = QtCore.QTimer(self)
        self._ask.setSingleShot(True)
        self._ask.setInterval(_SETTLE_MS)
        self._ask.timeout.connect(self._ask_for_pages)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    # --- state ---------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """The page in view, counted from 0."""
        return self._page

    @property
    def page_count(self) -> int:
        """How many pages there are."""
        return len(self._sizes)

    @property
    def zoom(self) -> float:
        """1 is the size on paper at 96 pixels an inch."""
        return self._zoom

    @property
    def fits_width(self) -> bool:
        """Whether the zoom follows the width of the view."""
        return self._fits

    @property
    def sharp_pages(self) -> frozenset[int]:
        """The pages whose picture is of this document and of this size."""
        return frozenset(p for p in self._fresh if p in self._images and self._images[p][0] == self._scale)

    @property
    def _scale(self) -> float:
        """Device pixels a point."""
        return round(self._zoom * _PX_PER_PT * self.devicePixelRatioF(), 4)

    def set_document(self, sizes_pt: Sequence[tuple[float, float]]) -> None:
        """Show another document, or a newer text of it: page and zoom stay, old pictures until the new ones come."""
        at = self._place()
        self._sizes = tuple(sizes_pt)
        self._fresh.clear()
        for page in [p for p in self._images if p >= len(self._sizes)]:
            del self._images[page]
        self._lay_out(at)

    def set_page_image(self, page: int, scale: float, image: QtGui.QImage) -> None:
        """Take a picture; one that was made for another zoom still stands in for what is to come."""
        if page >= len(self._sizes):
            return
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self._images[page] = (scale, image)
        self._images.move_to_end(page)
        self._fresh.add(page)
        self._shrink_cache()
        self.viewport().update()

    def _shrink_cache(self) -> None:
        """Forget the pictures that were longest out of use, but none that is in view."""
        kept = set(self._visible())
        size = sum(image.sizeInBytes() for _, image in self._images.values())
        for page in list(self._images):
            if size <= _CACHE_BYTES:
                break
            if page not in kept:
                size -= self._images.pop(page)[1].sizeInBytes()
                self._fresh.discard(page)

    # --- geometry ------------------------------------------------------------------------------------------------

    def page_rect(self, page: int) -> QtCore.QRect:
        """Return where a page lies in the viewport, in pixels of the window."""
        top = GAP_PX - self.verticalScrollBar().value()
        for number, (width, height) in enumerate(self._sizes):
            size = QtCore.QSize(round(width * self._zoom * _PX_PER_PT), round(height * self._zoom * _PX_PER_PT))
            if number == page:
                spare = (self.viewport().width() - size.width()) // 2
                left = spare if spare > GAP_PX else GAP_PX - self.horizontalScrollBar().value()
                return QtCore.QRect(QtCore.QPoint(left, top), size)
            top += size.height() + GAP_PX
        return QtCore.QRect()

    def _place(self) -> tuple[int, float]:
        """Return the page at the top of the view, and which share of it lies above."""
        for page in range(len(self._sizes)):
            rect = self.page_rect(page)
            if rect.bottom() + GAP_PX > 0:
                return page, -rect.top() / max(rect.height(), 1)
        return 0, -GAP_PX / 1000

    def _lay_out(self, at: tuple[int, float]) -> None:
        if self._fits and self._sizes:
            widest = max(width for width, _ in self._sizes)
            room = max(self.viewport().width() - 2 * GAP_PX, 40)
            self._set_zoom(room / (widest * _PX_PER_PT))
        heights = sum(round(height * self._zoom * _PX_PER_PT) + GAP_PX for _, height in self._sizes) + GAP_PX
        widths = max((round(width * self._zoom * _PX_PER_PT) for width, _ in self._sizes), default=0) + 2 * GAP_PX
        port = self.viewport()
        bars = (
            (self.verticalScrollBar(), heights, port.height()),
            (self.horizontalScrollBar(), widths, port.width()),
        )
        for bar, whole, shown in bars:
            bar.setPageStep(shown)
            bar.setSingleStep(40)
            bar.setRange(0, max(whole - shown, 0))
        self._show_place(at)
        self._on_scrolled()

    def _show_place(self, at: tuple[int, float]) -> None:
        page, share = at
        if page < len(self._sizes):
            rect = self.page_rect(page)
            self.verticalScrollBar().setValue(
                self.verticalScrollBar().value() + rect.top() + round(share * rect.height())
            )

    def _set_zoom(self, zoom: float) -> None:
        zoom = min(max(zoom, 0.1), ZOOM_STEPS[-1])
        if zoom != self._zoom:
            self._zoom = zoom
            self.zoom_changed.emit(zoom)

    def _visible(self) -> list[int]:
        area = self.viewport().rect()
        return [page for page in range(len(self._sizes)) if self.page_rect(page).intersects(area)]

    def _on_scrolled(self) -> None:
        middle = self.viewport().height() // 2
        before = self._page
        rects = [self.page_rect(page) for page in range(len(self._sizes))]
        above = [page for page, rect in enumerate(rects) if rect.top() <= middle]
        self._page = above[-1] if above else 0
        if self._page != before:
            self.page_changed.emit(self._page)
        self._ask.start()
        self.viewport().update()

    def _ask_for_pages(self) -> None:
        visible = self._visible()
        near = [page for page in (visible[-1] + 1, visible[0] - 1) if 0 <= page < len(self._sizes)] if visible else []
        sharp = self.sharp_pages
        wanted = [(page, self._scale) for page in (*visible, *near) if page not in sharp]
        if wanted:
            self.pages_wanted.emit(wanted)

    # --- what the reader asks for --------------------------------------------------------------------------------

    def go_to(self, page: int) -> None:
        """Bring the top of a page into view."""
        if self._sizes:
            page = min(max(page, 0), len(self._sizes) - 1)
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.page_rect(page).top() - GAP_PX)

    def step_zoom(self, by: int) -> None:
        """Zoom to the next step in or out."""
        steps = ZOOM_STEPS if by > 0 else ZOOM_STEPS[::-1]
        beyond = [step for step in steps if (step - self._zoom) * by > 0.01 * self._zoom]
        self.set_zoom(beyond[0] if beyond else steps[-1])

    def set_zoom(self, zoom: float) -> None:
        """Zoom to a size and keep what is in view."""
        at = self._place()
        self._fits = False
        self._set_zoom(zoom)
        self._lay_out(at)

    def fit_width(self) -> None:
        """Let the page fill the width, now and when the view changes its size."""
        at = self._place()
        self._fits = True
        self._lay_out(at)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out(self._place())

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if event.modifiers() & QtCore.Qt.KeyboardModifier.ControlModifier:
            self.step_zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        keys = QtCore.Qt.Key
        does = {
            keys.Key_PageDown: lambda: self.go_to(self._page + 1),
            keys.Key_PageUp: lambda: self.go_to(self._page - 1),
            keys.Key_Home: lambda: self.go_to(0),
            keys.Key_End: lambda: self.go_to(len(self._sizes) - 1),
            keys.Key_Plus: lambda: self.step_zoom(1),
            keys.Key_Equal: lambda: self.step_zoom(1),
            keys.Key_Minus: lambda: self.step_zoom(-1),
            keys.Key_0: self.fit_width,
        }.get(keys(event.key()))
        if does is None:
            super().keyPressEvent(event)
        else:
            does()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        t = theme.current()
        painter = QtGui.QPainter(self.viewport())
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), QtGui.QColor(t.window))
        for page in self._visible():
            rect = self.page_rect(page)
            painter.fillRect(rect, QtGui.QColor("#ffffff"))
            if page in self._images:
                scale, image = self._images[page]
                if scale == self._scale:
                    painter.drawImage(rect.topLeft(), image)
                else:
                    painter.drawImage(rect, image)
        if self.hasFocus():
            painter.setPen(QtGui.QColor(t.info))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()
