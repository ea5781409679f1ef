"""What a site sets for its reports: paper, time stamps, token and trust; nothing of a patient and nothing secret."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6 import QtCore, QtWidgets

from analysis.paper import PAPERS, Paper
from analysis.time_stamp_address import timestamp_problem
from widgets import theme
from widgets.path_row import path_row
from widgets.texts import tr


@dataclass(frozen=True)
class ReportSettings:
    """The settings of reports and signatures.

    Attributes
    ----------
    timestamp_url : address of the time-stamp authority; empty signs without a time stamp
    pkcs11_module : the library of the signature card or token; empty where none is used
    trust_folder : folder of the trusted root certificates; empty is the usual one
    """

    paper: Paper = "A4"
    timestamp_url: str = ""
    pkcs11_module: str = ""
    trust_folder: str = ""


class ReportSettingsDialog(QtWidgets.QDialog):
    """Shows the settings and says them when the reader agrees."""

    chosen = QtCore.Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Report settings"))
        self.setMinimumWidth(600)
        self.paper = QtWidgets.QComboBox()
        self.paper.addItems(list(PAPERS))
        self.paper.setAccessibleName(tr("Paper size"))
        self.timestamp = self._line(tr("Time-stamp authority"), tr("https://… ; empty signs without a time stamp"))
        self.module = self._line(
            tr("Library of the token"), tr("PKCS#11 library of a signature card; empty where none is used")
        )
        self.trust = self._line(
            tr("Trust folder"), tr("holds roots (.pem) and revocation lists (.crl); empty is the usual one")
        )
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        self._build()
        self.timestamp.textChanged.connect(lambda _: self._check())
        self._check()

    def _line(self, name: str, hint: str) -> QtWidgets.QLineEdit:
        edit = QtWidgets.QLineEdit()
        edit.setMaxLength(1000)
        edit.setAccessibleName(name)
        edit.setPlaceholderText(hint)
        return edit

    def _build(self) -> None:
        form = QtWidgets.QFormLayout()
        rows = (
            (tr("&Paper"), self.paper),
            (tr("&Time stamps"), self.timestamp),
            (tr("T&oken library"), path_row(self.module, self._choose_module)),
            (tr("T&rust folder"), path_row(self.trust, self._choose_trust)),
        )
        for text, widget in rows:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            form.addRow(label, widget)
        note = QtWidgets.QLabel(tr("Passphrases and PINs are asked for every signature and kept nowhere."))
        theme.mark(note, "dim")
        form.addRow("", note)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        self.buttons = QtWidgets.QDialogButtonBox(kinds.Ok | kinds.Cancel)
        self.buttons.accepted.connect(self._take_over)
        self.buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)

    def ask(self, settings: ReportSettings) -> None:
        """Open with the settings as they are."""
        self.paper.setCurrentText(settings.paper)
        self.timestamp.setText(settings.timestamp_url)
        self.module.setText(settings.pkcs11_module)
        self.trust.setText(settings.trust_folder)
        self.open()

    def _check(self) -> None:
        wrong = timestamp_problem(self.timestamp.text().strip())
        self.problem.setText(f"✕ {wrong}" if wrong else "")
        self.problem.setStyleSheet(f"color: {theme.current().bad};")
        self.problem.setVisible(bool(wrong))
        self.buttons.button(QtWidgets.QDialogButtonBox.StandardButton.Ok).setEnabled(not wrong)

    def _choose_module(self) -> None:
        name, _ = QtWidgets.QFileDialog.getOpenFileName(self, tr("PKCS#11 library"), self.module.text())
        if name:
            self.module.setText(name)

    def _choose_trust(self) -> None:
        name = QtWidgets.QFileDialog.getExistingDirectory(self, tr("Trusted root certificates"), self.trust.text())
        if name:
            self.trust.setText(name)

    def _take_over(self) -> None:
        texts = (edit.text().strip() for edit in (self.timestamp, self.module, self.trust))
        self.accept()
        self.chosen.emit(ReportSettings(self.paper.currentText(), *texts))
