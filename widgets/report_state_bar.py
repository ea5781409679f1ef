"""What state the report is in, and what can be done next: always in view above editor and pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6 import QtCore, QtWidgets

from widgets import theme
from widgets.flow_layout import FlowLayout
from widgets.texts import tr


@dataclass(frozen=True)
class ReportState:
    """What the bar shows.

    Attributes
    ----------
    title : one or two words, as in the banner
    text : what that means, as a sentence
    can_sign, can_amend : whether the reading waits for a signature, or is signed and can be amended
    is_preliminary : whether it was called preliminary
    is_amendment : whether it amends a signed report, and so can no longer be called preliminary
    refusal : why nothing can be signed or amended here, as a sentence; empty where it can
    """

    title: str = ""
    text: str = ""
    can_sign: bool = False
    can_amend: bool = False
    is_preliminary: bool = False
    is_amendment: bool = False
    refusal: str = ""


class ReportStateBar(QtWidgets.QFrame):
    """Shows a `ReportState` and offers what it allows."""

    sign_requested = QtCore.Signal()
    amend_requested = QtCore.Signal()
    preliminary_toggled = QtCore.Signal(bool)
    save_requested = QtCore.Signal()
    verify_requested = QtCore.Signal()
    settings_requested = QtCore.Signal()
    window_toggled = QtCore.Signal()
    close_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "banner")
        self.setAccessibleName(tr("State of the report"))
        self.title, self.text = QtWidgets.QLabel(), QtWidgets.QLabel()
        theme.mark(self.title, "tag")
        theme.mark(self.text, "dim")
        self.text.setWordWrap(True)
        self.text.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self._build_buttons()
        top = QtWidgets.QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.title)
        top.addWidget(self.text, 1)
        top.addWidget(self.window_button, 0, QtCore.Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.close_button, 0, QtCore.Qt.AlignmentFlag.AlignTop)
        actions = FlowLayout(gap_px=6, line_gap_px=4)
        for button in (self.sign, self.amend, self.preliminary, self.save, self.verify, self.settings):
            actions.addWidget(button)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(actions)
        self.set_state(ReportState())

    def _build_buttons(self) -> None:
        self.sign = self._button(tr("Si&gn…"), tr("Sign the report with your certificate"), self.sign_requested.emit)
        self.amend = self._button(
            tr("A&mend…"), tr("Change a signed report; the change is signed too"), self.amend_requested.emit
        )
        theme.mark(self.sign, "primary")
        self.preliminary = self._button(tr("Preliminar&y"), tr("Call the reading preliminary; unsigned"), lambda: None)
        self.preliminary.setCheckable(True)
        self.preliminary.clicked.connect(self.preliminary_toggled)
        self.save = self._button(tr("Save &PDF…"), tr("Write the report to a file"), self.save_requested.emit)
        self.verify = self._button(tr("&Verify…"), tr("Check the signatures of a report"), self.verify_requested.emit)
        self.settings = self._button(
            tr("Settings…"), tr("Paper, time stamps, token, trust"), self.settings_requested.emit
        )
        self.window_button = self._button(
            tr("Own window"), tr("Move the report to a window of its own"), self.window_toggled.emit
        )
        self.close_button = self._button(tr("Close"), tr("Back to the spectrum"), self.close_requested.emit)

    def _button(self, text: str, tip: str, slot: Callable[[], None]) -> QtWidgets.QPushButton:
        button = QtWidgets.QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.clicked.connect(lambda _=False: slot())
        return button

    def set_state(self, state: ReportState) -> None:
        """Show a state and what can be done from it."""
        self.title.setText(state.title)
        self.text.setText(f"{state.text} {state.refusal}".strip())
        self.sign.setVisible(not state.can_amend)
        self.sign.setEnabled(state.can_sign and not state.refusal)
        self.amend.setVisible(state.can_amend)
        self.amend.setEnabled(state.can_amend and not state.refusal)
        self.preliminary.setVisible(not (state.can_amend or state.is_amendment))
        self.preliminary.setEnabled(state.can_sign and not state.refusal)
        self.preliminary.setChecked(state.is_preliminary)

    def set_own_window(self, own: bool) -> None:
        """Say whether the report is in a window of its own."""
        self.window_button.setText(tr("Beside the images") if own else tr("Own window"))
        self.close_button.setVisible(not own)
