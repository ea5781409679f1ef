"""The window: where each view sits, its menu and its keys. It wires nothing to data; `app.workstation` does."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

from PySide6 import QtCore, QtGui, QtWidgets

from widgets import theme
from widgets.commands import Commands
from widgets.disc_table import DiscTable
from widgets.empty_state import EmptyState
from widgets.fit_panel import FitPanel
from widgets.image_menus import ImageMenus
from widgets.image_window import ImageWindow
from widgets.kept_settings import bytes_of, mapping_of, restore_dividers, save_dividers
from widgets.metabolite_table import MetaboliteTable
from widgets.morphology_panel import MorphologyPanel
from widgets.notice_bar import NoticeBar
from widgets.patient_banner import PatientBanner
from widgets.progress_bar import ProgressBar
from widgets.screens import clamp_to_screens
from widgets.slice_grid import SliceGrid
from widgets.spectrum_view import SpectrumView
from widgets.texts import noop, tr

LAYOUT_VERSION = 3
_DEFAULT_SIZE = (1600, 950)
_PROTOCOL_TITLES = {"disc": noop("Disc"), "brain": noop("Brain"), "cord": noop("Cord")}
_LEAST_SIZE = (1000, 640)
_SHARES = {"columns": (55, 45), "left": (62, 38), "right": (76, 24)}


class MainWindow(QtWidgets.QMainWindow):
    """Holds the views; what the reader asks of the program as a whole leaves as a signal."""

    paths_dropped = QtCore.Signal(list)
    folder_requested = QtCore.Signal()
    files_requested = QtCore.Signal()
    step_requested = QtCore.Signal(int)
    escape_pressed = QtCore.Signal()
    undo_requested = QtCore.Signal()
    volume_requested = QtCore.Signal()
    key_editor_requested = QtCore.Signal()
    worklist_requested = QtCore.Signal()
    network_requested = QtCore.Signal()
    redo_requested = QtCore.Signal()
    report_requested = QtCore.Signal()
    export_requested = QtCore.Signal()
    details_requested = QtCore.Signal()
    keys_requested = QtCore.Signal()
    support_requested = QtCore.Signal()
    about_requested = QtCore.Signal()
    analyse_requested = QtCore.Signal()
    protocol_requested = QtCore.Signal(str)
    study_requested = QtCore.Signal(int)
    theme_requested = QtCore.Signal(str)
    closing = QtCore.Signal()

    def __init__(self, protocols: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.setWindowTitle("Discern")
        self.setMinimumSize(*_LEAST_SIZE)
        self.resize(*_DEFAULT_SIZE)
        self.setAcceptDrops(True)
        self.commands = Commands()
        self._build_views()
        self._build_status()
        self._build_menus(protocols)
        self.commands.add_view(self.grid.keys)
        self.commands.add_view(self.spectrum.plot.keys)
        self.set_reading(False)

    # --- building ------------------------------------------------------------------------------------------------

    def _build_views(self) -> None:
        self.banner, self.notices = PatientBanner(), NoticeBar()
        self.grid, self.discs = SliceGrid(), DiscTable()
        self.spectrum, self.metabolites, self.fit_panel = SpectrumView(), MetaboliteTable(), FitPanel()
        self.morphology = MorphologyPanel()
        self.panels = self._build_panels()
        self.images = ImageWindow(self)
        self.images.closed.connect(self._take_images_back)
        self.empty = EmptyState()
        self.left = self._splitter("left", QtCore.Qt.Orientation.Vertical, self.grid, self.discs)
        self.right = self._splitter("right", QtCore.Qt.Orientation.Vertical, self.spectrum, self.panels)
        self.side = QtWidgets.QStackedWidget()
        self.side.addWidget(self.right)
        self.columns = self._splitter("columns", QtCore.Qt.Orientation.Horizontal, self.left, self.side)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.columns)
        central = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addWidget(self.notices)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(central)
        self._left_is_readers = self._images_own = False
        self._fitted_shape: object = None
        self.left.splitterMoved.connect(lambda *_: self._on_left_moved())
        self.empty.folder_requested.connect(self.folder_requested)
        self.empty.files_requested.connect(self.files_requested)
        self.discs.report_requested.connect(self.report_requested)
        self.discs.export_requested.connect(self.export_requested)
        self.discs.details_requested.connect(self.details_requested)

    def _build_panels(self) -> QtWidgets.QTabWidget:
        """Return the panels beneath the spectrum, one at a time."""
        panels = QtWidgets.QTabWidget()
        panels.setDocumentMode(True)
        panels.setAccessibleName(tr("Panels of the selected voxel"))
        panels.addTab(self.metabolites, tr("Signals and ratios"))
        panels.addTab(self.fit_panel, tr("Adjust"))
        panels.addTab(self.morphology, tr("Morphology"))
        return panels

    def _splitter(
        self, name: str, orientation: QtCore.Qt.Orientation, first: QtWidgets.QWidget, second: QtWidgets.QWidget
    ) -> QtWidgets.QSplitter:
        splitter = QtWidgets.QSplitter(orientation)
        splitter.setObjectName(name)
        splitter.setHandleWidth(3)
        splitter.setChildrenCollapsible(False)
        for position, widget in enumerate((first, second)):
            splitter.addWidget(widget)
            splitter.setStretchFactor(position, _SHARES[name][position])
        splitter.setSizes([share * 20 for share in _SHARES[name]])
        return splitter

    def _build_status(self) -> None:
        self.progress = ProgressBar()
        self.status_text = QtWidgets.QLabel()
        self.status_text.setContentsMargins(10, 3, 10, 3)
        keys = QtWidgets.QLabel(tr("F1 keys and help"))
        theme.mark(keys, "dim")
        keys.setContentsMargins(10, 3, 10, 3)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(self.status_text)
        self.saved_text = QtWidgets.QLabel()
        self.saved_text.setContentsMargins(10, 3, 10, 3)
        theme.mark(self.saved_text, "dim")
        self.statusBar().addWidget(self.saved_text)
        self.statusBar().addWidget(self.progress)
        self.statusBar().addPermanentWidget(keys)

    def _build_menus(self, protocols: tuple[str, ...]) -> None:
        bar = self.menuBar()
        study = bar.addMenu(tr("&Study"))
        self._action(study, noop("Open &folder…"), "Ctrl+O", self.folder_requested.emit)
        self._action(study, noop("Open f&iles…"), "Ctrl+Shift+O", self.files_requested.emit)
        self.watch_action = self._action(study, noop("Watch a f&older…"), "", lambda: None)
        self.watch_action.setCheckable(True)
        self.worklist_action = self._action(study, noop("&Worklist…"), "Ctrl+L", self.worklist_requested.emit)
        self._action(study, noop("&Network…"), "Ctrl+Shift+L", self.network_requested.emit)
        self.study_menu = study.addMenu(tr("&Studies that were read"))
        study.addSeparator()
        self.report_action = self._action(study, noop("&Report"), "Ctrl+R", self.report_requested.emit)
        self.export_action = self._action(study, noop("&Export table as CSV…"), "", self.export_requested.emit)
        self._action(study, noop("&Details…"), "Ctrl+I", self.details_requested.emit)
        study.addSeparator()
        self._action(study, noop("&Quit"), "Ctrl+Q", self.close)
        reading = bar.addMenu(tr("&Reading"))
        self.undo_action = self._action(reading, noop("&Undo"), "Ctrl+Z", self.undo_requested.emit)
        self.redo_action = self._action(reading, noop("&Redo"), "Ctrl+Shift+Z", self.redo_requested.emit)
        self.set_history("", "")
        reading.addSeparator()
        self._action(reading, noop("&Next voxel"), "N", lambda: self.step_requested.emit(1))
        self._action(reading, noop("&Previous voxel"), "P", lambda: self.step_requested.emit(-1))
        reading.addSeparator()
        self._action(reading, noop("&Analyse again"), "F5", self.analyse_requested.emit)
        self._build_protocol_menu(reading, protocols)
        view = bar.addMenu(tr("&View"))
        self.image_menus = ImageMenus(view, self.grid, self._action)
        self._action(view, noop("Images in a window of their &own"), "Ctrl+M", self._detach_images)
        self._action(view, noop("&Three dimensions…"), "Ctrl+3", self.volume_requested.emit)
        view.addSeparator()
        self._action(view, noop("&Dark theme"), "", lambda: self.theme_requested.emit("dark"))
        self._action(view, noop("&Light theme"), "", lambda: self.theme_requested.emit("light"))
        self.report_menu = bar.addMenu(tr("Re&port"))
        about = bar.addMenu(tr("&Help"))
        self._action(about, noop("&Keys"), "F1", self.keys_requested.emit)
        self._action(about, noop("&Change keys…"), "", self.key_editor_requested.emit)
        self._action(about, noop("&Support bundle…"), "", self.support_requested.emit)
        self._action(about, noop("&About Discern"), "", self.about_requested.emit)
        self._action(self, noop("Cancel"), "Esc", self.escape_pressed.emit)

    def _detach_images(self) -> None:
        """Put the images into a window of their own, for a second monitor, or take them back."""
        if self.images.held is None:
            self.images.take(self.grid)
        else:
            self.images.close()

    def _take_images_back(self) -> None:
        grid = self.images.give_back()
        if grid is not None:
            self.left.insertWidget(0, grid)

    def _build_protocol_menu(self, parent: QtWidgets.QMenu, protocols: tuple[str, ...]) -> None:
        menu = parent.addMenu(tr("P&rotocol"))
        self._action(menu, noop("Automatic"), "", lambda: self.protocol_requested.emit(""))
        for name in protocols:
            self._action(
                menu,
                _PROTOCOL_TITLES.get(name, name.capitalize()),
                "",
                functools.partial(self.protocol_requested.emit, name),
            )

    def _action(self, where: QtWidgets.QWidget, text: str, keys: str, slot: Callable[[], object]) -> QtGui.QAction:
        action = QtGui.QAction(tr(text), self)
        self.commands.add(text.replace("&", "").rstrip("…"), action, keys)
        action.triggered.connect(lambda _=False: slot())
        where.addAction(action)
        return action

    def add_command(self, menu: QtWidgets.QMenu, text: str, keys: str, slot: Callable[[], object]) -> QtGui.QAction:
        """Add a command of a desk to a menu; the key editor knows it like the others."""
        return self._action(menu, text, keys, slot)

    # --- state ---------------------------------------------------------------------------------------------------

    def set_reading(self, shown: bool) -> None:
        """Show the reading, or the page that offers to open a study."""
        self.pages.setCurrentWidget(self.columns if shown else self.empty)
        if shown:
            self.grid.large.setFocus()

    def refit_table(self) -> None:
        """Give the table its height anew, as after a change of its width."""
        self._fitted_shape = None
        self.fit_table()

    def fit_table(self) -> None:
        """Give the table the height of its rows and the images the rest, until the reader moves the divider.

        Nothing moves while the table keeps its rows, so that an edit leaves the images where they are.
        """
        shape = self.discs.shape
        if not self._left_is_readers and shape != self._fitted_shape:
            self._fitted_shape = shape
            narrow = self.discs.heightForWidth(self.discs.width())  # where the answer needs more lines
            height = max(self.discs.sizeHint().height(), narrow)
            self.left.setSizes([max(self.left.height() - height, 200), height])

    def _on_left_moved(self) -> None:
        self._left_is_readers = True

    def set_status(self, text: str) -> None:
        """Say at the bottom whether what is shown is current."""
        self.status_text.setText(text)

    def set_saved(self, text: str) -> None:
        """Say at the bottom whether the reading is saved."""
        self.saved_text.setText(text)

    def set_history(self, undo_text: str, redo_text: str) -> None:
        """Offer to undo and redo, by the name of what that would change."""
        for action, word, text in (
            (self.undo_action, tr("&Undo"), undo_text),
            (self.redo_action, tr("&Redo"), redo_text),
        ):
            action.setText(f"{word} {text}" if text else word)
            action.setEnabled(bool(text))

    def set_report_enabled(self, enabled: bool, why: str = "") -> None:
        """Offer the report and the table's export, or say why not."""
        self.report_action.setEnabled(enabled)
        self.discs.set_report_enabled(enabled, why)

    def set_studies(self, titles: list[str]) -> None:
        """Offer the studies that were read together."""
        self.study_menu.clear()
        self.study_menu.setEnabled(len(titles) > 1)
        for position, title in enumerate(titles):
            self.study_menu.addAction(title, functools.partial(self.study_requested.emit, position))

    def apply_theme(self) -> None:
        """Let the views that paint by themselves take the colours of the theme in use."""
        self.spectrum.apply_theme()
        self.discs.apply_theme()
        self.fit_panel.apply_theme()
        self.morphology.apply_theme()

    # --- layout --------------------------------------------------------------------------------------------------

    def save_layout(self, settings: QtCore.QSettings) -> None:
        """Remember where the window and its dividers stand; nothing of any patient."""
        settings.setValue("window/version", LAYOUT_VERSION)
        settings.setValue("window/left_is_readers", self._left_is_readers)
        settings.setValue("window/geometry", self.saveGeometry())
        settings.setValue("window/images", json.dumps(self.grid.save_state()))
        settings.setValue("window/images_own", self._images_own)
        settings.setValue("window/images_geometry", self.images.saveGeometry())
        save_dividers(settings, (self.columns, self.left, self.right))

    def restore_layout(self, settings: QtCore.QSettings) -> None:
        """Put window and dividers where they were, on a screen that still exists."""
        if settings.value("window/version", 0, type=int) != LAYOUT_VERSION:
            return
        self.restoreGeometry(bytes_of(settings, "window/geometry"))
        restore_dividers(settings, (self.columns, self.left, self.right))
        self.grid.restore_state(mapping_of(settings, "window/images"))
        self._left_is_readers = bool(settings.value("window/left_is_readers", False, type=bool))
        self.clamp_to_screens()
        if settings.value("window/images_own", False, type=bool):
            self.images.take(self.grid, bytes_of(settings, "window/images_geometry"))

    def clamp_to_screens(self) -> None:
        """Move and shrink the window so that it lies on a screen."""
        clamp_to_screens(self)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if _dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        event.acceptProposedAction()
        self.paths_dropped.emit(_dropped(event.mimeData()))

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        self._images_own = self.images.held is not None
        self._take_images_back()
        self.closing.emit()
        super().closeEvent(event)


def _dropped(mime: QtCore.QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
