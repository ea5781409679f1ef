"""What the window shows before a study is open: what can be opened, and how."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.texts import tr


class EmptyState(QtWidgets.QWidget):
    """Offers to open a study, by button, key or drop."""

    folder_requested = QtCore.Signal()
    files_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(2)
        self.title = self._line(tr("Open a study"), "title", 6)
        self.text = self._line(
            tr(
                "Drop a folder, a DICOMDIR, a zip or single files here:\n"
                "MR images as DICOM or NIfTI, spectroscopy of every maker, mixed as they come."
            ),
            "dim",
        )
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addLayout(self._build_buttons())
        layout.addStretch(3)

    def _line(self, text: str, role: str, points: float = 0) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel(text)
        label.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        if points:
            theme.points(label, points, bold=True)
        theme.mark(label, role)
        return label

    def _build_buttons(self) -> QtWidgets.QHBoxLayout:
        row = QtWidgets.QHBoxLayout()
        self.folder = QtWidgets.QPushButton(tr("Open folder…  Ctrl+O"))
        theme.mark(self.folder, "primary")
        self.files = QtWidgets.QPushButton(tr("Open files…  Ctrl+Shift+O"))
        self.folder.clicked.connect(self.folder_requested)
        self.files.clicked.connect(self.files_requested)
        row.addStretch(1)
        row.addWidget(self.folder)
        row.addWidget(self.files)
        row.addStretch(1)
        return row

    def set_waiting(self, title: str | None) -> None:
        """Say that a study is being opened, or offer to open one."""
        self.title.setText(title or tr("Open a study"))
        for widget in (self.text, self.folder, self.files):
            widget.setVisible(title is None)
