"""The receiver: whether it listens and where, its certificates, and the studies that came in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.network import IncomingStudy, ReceiverSettings, TlsFiles
from widgets import theme
from widgets.network_answer import AnswerLine
from widgets.network_table import NetworkTable
from widgets.path_row import path_row
from widgets.texts import noop, tr

_TITLES = (noop("Last object"), noop("Objects"), noop("State"))
_LAST_PORT = 65535
_LONGEST_QUIET_S = 3600


class ReceiverPage(QtWidgets.QWidget):
    """Says when the reader switches the receiver, and lists what it received."""

    switch_requested = QtCore.Signal(bool)
    settings_chosen = QtCore.Signal(str, object, object)
    """Our AE title, `ReceiverSettings` and `TlsFiles`, as they stand when the receiver is to start."""
    open_requested = QtCore.Signal(str)
    stop_requested = QtCore.Signal()
    """Stop analysing the study that is being analysed in the background."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.ae_title, self.bind = QtWidgets.QLineEdit(), QtWidgets.QLineEdit()
        self.ae_title.setAccessibleName(tr("AE title of this workstation"))
        self.bind.setAccessibleName(tr("Address to listen at"))
        self.bind.setToolTip(tr("127.0.0.1 is this computer only; 0.0.0.0 is every network that it is on."))
        self.port, self.quiet = QtWidgets.QSpinBox(), QtWidgets.QSpinBox()
        self.port.setRange(0, _LAST_PORT)
        self.port.setAccessibleName(tr("Port to listen at"))
        self.quiet.setRange(1, _LONGEST_QUIET_S)
        self.quiet.setSuffix(" s")
        self.quiet.setAccessibleName(tr("A study is complete after so long without an object"))
        self.tls = QtWidgets.QCheckBox(tr("Only TLS with a certificate of the authority"))
        self.files = {name: QtWidgets.QLineEdit() for name in ("certificate", "key", "authority")}
        self.switch = QtWidgets.QPushButton(tr("Switch on"))
        self.switch.setCheckable(True)
        theme.mark(self.switch, "primary")
        self.answer = AnswerLine(tr("State of the receiver"))
        self.table = NetworkTable(_TITLES, tr("Studies that came in"))
        self.open = QtWidgets.QPushButton(tr("Open"))
        self.stop = QtWidgets.QPushButton(tr("Stop analysing"))
        self.stop.setToolTip(tr("The study is analysed when it is opened."))
        self._build()
        self.set_state(0, "")
        self.set_analysing(False)

    def _build(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        layout.addLayout(self._form())
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.switch)
        row.addWidget(self.answer, 1)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self.open)
        buttons.addWidget(self.stop)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        self.switch.clicked.connect(self._on_switch)
        self.open.clicked.connect(self._open)
        self.stop.clicked.connect(self.stop_requested)
        self.table.entered.connect(self._open)
        self.table.selection_changed.connect(self._offer)

    def _form(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        grid.setHorizontalSpacing(10)
        names = {"certificate": tr("Certificate"), "key": tr("Key"), "authority": tr("Authority")}
        hints = {
            "certificate": tr("PEM, of this workstation"),
            "key": tr("PEM, not encrypted, readable by you only"),
            "authority": tr("PEM, the roots that peers answer to"),
        }
        for name, edit in self.files.items():
            edit.setAccessibleName(tr("TLS: {name}", name=names[name]))
            edit.setPlaceholderText(hints[name])
        rows: list[tuple[int, int, str, QtWidgets.QWidget]] = [
            (0, 0, tr("Our &AE title"), self.ae_title),
            (1, 0, tr("&Listen at"), self.bind),
            (2, 0, tr("&Port"), self.port),
            (3, 0, tr("&Complete after"), self.quiet),
            (0, 2, "", self.tls),
        ]
        rows += [
            (row + 1, 2, names[name], path_row(edit, lambda edit=edit: self._choose(edit)))
            for row, (name, edit) in enumerate(self.files.items())
        ]
        for row, column, text, widget in rows:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            theme.mark(label, "dim")
            grid.addWidget(label, row, column)
            grid.addWidget(widget, row, column + 1)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(3, 3)
        return grid

    def _choose(self, edit: QtWidgets.QLineEdit) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(self, edit.accessibleName(), edit.text())
        if path:
            edit.setText(path)

    def _on_switch(self) -> None:
        on = self.switch.isChecked()
        if on:
            self.settings_chosen.emit(*self.settings())
        self.switch_requested.emit(on)

    def settings(self) -> tuple[str, ReceiverSettings, TlsFiles]:
        """Return what stands in the form."""
        receiver = ReceiverSettings(
            self.bind.text().strip() or "127.0.0.1", self.port.value(), self.tls.isChecked(), float(self.quiet.value())
        )
        files = TlsFiles(*(edit.text().strip() for edit in self.files.values()))
        return self.ae_title.text().strip(), receiver, files

    def set_settings(self, ae_title: str, receiver: ReceiverSettings, files: TlsFiles) -> None:
        """Show what is kept."""
        self.ae_title.setText(ae_title)
        self.bind.setText(receiver.bind)
        self.port.setValue(receiver.port)
        self.tls.setChecked(receiver.tls)
        self.quiet.setValue(round(receiver.quiet_s))
        for name, edit in self.files.items():
            edit.setText(getattr(files, name))

    def set_busy(self) -> None:
        """Wait until it is known whether the receiver listens."""
        self.switch.setEnabled(False)
        self.answer.say(tr("Switching…"))

    def set_state(self, port: int, text: str, good: bool | None = None) -> None:
        """Say whether it listens: `port` is 0 where it does not."""
        on = port > 0
        self.switch.setEnabled(True)
        self.switch.setChecked(on)
        self.switch.setText(tr("Switch off") if on else tr("Switch on"))
        self.answer.say(text or tr("Nothing listens."), good)
        for widget in (self.ae_title, self.bind, self.port, self.quiet, self.tls, *self.files.values()):
            widget.setEnabled(not on)

    def set_analysing(self, running: bool) -> None:
        """Offer to stop the analysis that runs in the background."""
        self.stop.setEnabled(running)

    def set_studies(self, studies: Sequence[IncomingStudy]) -> None:
        """List what came in, the latest first."""
        rows = [
            (f"{study.last_at.astimezone():%Y-%m-%d %H:%M:%S}", str(study.objects), study.state) for study in studies
        ]
        self.table.set_rows([study.key for study in studies], rows)
        self._offer()

    def _offer(self) -> None:
        self.open.setEnabled(bool(self.table.chosen()))

    def _open(self) -> None:
        chosen = self.table.chosen()
        if chosen:
            self.open_requested.emit(chosen[0])
