"""Asks where the report goes and who signs it; does not block the reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6 import QtCore, QtWidgets

from widgets import theme


@dataclass(frozen=True)
class ReportRequest:
    """Where a report is to be written, and the certificate that signs it; None writes an unsigned draft."""

    path: Path
    certificate: Path | None = None
    passphrase: str = field(default="", repr=False)


class ReportDialog(QtWidgets.QDialog):
    """Collects a `ReportRequest`; the passphrase is asked for every signature and kept nowhere."""

    requested = QtCore.Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Write report")
        self.setMinimumWidth(620)
        self.path_edit = QtWidgets.QLineEdit()
        self.sign_box = QtWidgets.QCheckBox("&Sign the report")
        self.certificate_edit = QtWidgets.QLineEdit()
        self.passphrase_edit = QtWidgets.QLineEdit()
        self.note = QtWidgets.QLabel()
        self.write_button = QtWidgets.QPushButton("Write")
        self._build()
        for edit in (self.path_edit, self.certificate_edit):
            edit.textChanged.connect(self._refresh)
        self.sign_box.toggled.connect(self._refresh)

    def _build(self) -> None:
        self.passphrase_edit.setEchoMode(QtWidgets.QLineEdit.EchoMode.Password)
        self.note.setWordWrap(True)
        theme.mark(self.note, "dim")
        form = QtWidgets.QFormLayout()
        form.addRow("&File", self._with_button(self.path_edit, "Choose…", self._choose_path))
        form.addRow("", self.sign_box)
        chooser = self._with_button(self.certificate_edit, "Choose…", self._choose_certificate)
        form.addRow("&Certificate (.p12)", chooser)
        form.addRow("&Passphrase", self.passphrase_edit)
        form.addRow("", self.note)
        cancel = QtWidgets.QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        self.write_button.setDefault(True)
        self.write_button.clicked.connect(self._send)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.write_button)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(buttons)

    def _with_button(self, edit: QtWidgets.QLineEdit, text: str, chosen: Callable[[], None]) -> QtWidgets.QWidget:
        holder = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        button = QtWidgets.QPushButton(text)
        button.clicked.connect(chosen)
        row.addWidget(edit, 1)
        row.addWidget(button)
        holder.setFocusProxy(edit)
        return holder

    def ask(self, path: Path, certificate: Path | None, passphrase: str, note: str) -> None:
        """Open with a proposal; the note says what the proposed certificate is."""
        self.path_edit.setText(str(path))
        self.certificate_edit.setText("" if certificate is None else str(certificate))
        self.passphrase_edit.setText(passphrase)
        self.note.setText(note)
        self.sign_box.setChecked(True)
        self._refresh()
        self.open()

    def _refresh(self) -> None:
        signs = self.sign_box.isChecked()
        self.certificate_edit.setEnabled(signs)
        self.passphrase_edit.setEnabled(signs)
        ready = bool(self.path_edit.text().strip()) and (not signs or bool(self.certificate_edit.text().strip()))
        self.write_button.setEnabled(ready)
        self.write_button.setText("Sign and write" if signs else "Write unsigned draft")

    def _choose_path(self) -> None:
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(
            self, "Write the report", self.path_edit.text(), "PDF (*.pdf)"
        )
        if chosen:
            self.path_edit.setText(chosen)

    def _choose_certificate(self) -> None:
        chosen, _ = QtWidgets.QFileDialog.getOpenFileName(
            self, "Certificate for signing", self.certificate_edit.text(), "Certificates (*.p12 *.pfx)"
        )
        if chosen:
            self.certificate_edit.setText(chosen)

    def _send(self) -> None:
        certificate = Path(self.certificate_edit.text().strip()) if self.sign_box.isChecked() else None
        path = Path(self.path_edit.text().strip())
        request = ReportRequest(path, certificate, self.passphrase_edit.text() if certificate else "")
        self.passphrase_edit.clear()
        self.accept()
        self.requested.emit(request)
