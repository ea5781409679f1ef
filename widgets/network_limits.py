"""The limits: what a peer may take of this workstation, each with its unit and what it means."""

from __future__ import annotations

from dataclasses import fields

from PySide6 import QtCore, QtWidgets

from analysis.network import Limits
from widgets import theme
from widgets.network_answer import AnswerLine
from widgets.texts import noop, tr

_MIB = 1 << 20
_ROWS: tuple[tuple[str, str, str, int, float], ...] = (
    ("associations_per_host", noop("Associations of one host at a time"), "", 1, 100),
    ("waiting_per_host", noop("Connections of one host that have not associated yet"), "", 1, 100),
    ("connections_per_minute", noop("Connections of one host in a minute"), "", 1, 100_000),
    ("pdu_bytes", noop("Longest PDU that is read"), "MiB", _MIB, 64),
    ("object_bytes", noop("Largest object that is stored"), "MiB", _MIB, 1 << 20),
    ("free_bytes", noop("Room that always stays free on the disk"), "MiB", _MIB, 1 << 20),
    ("handshake_s", noop("Time for a TLS handshake"), "s", 1, 300),
    ("request_s", noop("Time for the association request"), "s", 1, 300),
    ("pdu_s", noop("Time for one PDU to arrive"), "s", 1, 3600),
    ("object_s", noop("Time for one object to arrive"), "s", 1, 36_000),
    ("idle_s", noop("Time without anything from the peer"), "s", 1, 36_000),
    ("connect_s", noop("Time that a node has to take our connection"), "s", 1, 300),
    ("answer_s", noop("Time that a node has to answer our request"), "s", 1, 3600),
)
"""Name of the field, what it is, the unit it is shown in, how many of the field's own units that is, and the most."""


class LimitsPage(QtWidgets.QWidget):
    """Edits a copy of the limits, which is taken over at once."""

    limits_chosen = QtCore.Signal(object)

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = Limits()
        self.boxes: dict[str, QtWidgets.QSpinBox] = {}
        self.answer = AnswerLine(tr("About the limits"))
        self.keep, self.undo = QtWidgets.QPushButton(tr("Keep changes")), QtWidgets.QPushButton(tr("Discard changes"))
        self.reset = QtWidgets.QPushButton(tr("Reset all"))
        theme.mark(self.keep, "primary")
        self._build()
        self.set_limits(Limits())

    def _build(self) -> None:
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        form = QtWidgets.QFormLayout()
        for name, text, unit, _, most in _ROWS:
            box = QtWidgets.QSpinBox()
            box.setRange(1, int(most))
            box.setSuffix(f" {unit}" if unit else "")
            box.setAccessibleName(tr(text))
            box.valueChanged.connect(lambda _: self._offer())
            box.setMinimumWidth(130)
            label = QtWidgets.QLabel(tr(text))
            label.setBuddy(box)
            theme.mark(label, "dim")
            form.addRow(label, box)
            self.boxes[name] = box
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        layout.addLayout(form)
        layout.addWidget(self.answer)
        layout.addStretch(1)
        row = QtWidgets.QHBoxLayout()
        for button in (self.keep, self.undo, self.reset):
            row.addWidget(button)
        row.addStretch(1)
        layout.addLayout(row)
        self.keep.clicked.connect(lambda: self.limits_chosen.emit(self.limits()))
        self.undo.clicked.connect(lambda: self.set_limits(self._kept))
        self.reset.clicked.connect(lambda: self._show(Limits()))

    def limits(self) -> Limits:
        """Return the limits as they stand in the form."""
        kinds = {field.name: type(field.default) for field in fields(Limits)}
        return Limits(**{name: kinds[name](self.boxes[name].value() * scale) for name, _, _, scale, _ in _ROWS})

    def set_limits(self, limits: Limits) -> None:
        """Show the limits as they are kept."""
        self._kept = limits
        self._show(limits)

    def _show(self, limits: Limits) -> None:
        for name, _, _, scale, _ in _ROWS:
            self.boxes[name].setValue(max(1, round(getattr(limits, name) / scale)))
        self._offer()

    def _offer(self) -> None:
        changed = self.limits() != self._kept
        self.keep.setEnabled(changed)
        self.undo.setEnabled(changed)
        self.answer.say(tr("The receiver takes them when it is next switched on; all of them are design choices."))
