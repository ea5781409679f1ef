"""The nucleus of the selected disc: how much of the voxel lies in it, and what the reader can do about its outline."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from analysis.nucleus import NucleusShare
from widgets import theme
from widgets.morphology_wording import share_text
from widgets.texts import tr

_GAP_PX = 6


class NucleusRow(QtWidgets.QWidget):
    """Draw an outline, or ask the images for one; an offer is looked at before it is taken."""

    draw_requested = QtCore.Signal()
    propose_requested = QtCore.Signal()
    accept_requested = QtCore.Signal()
    discard_requested = QtCore.Signal()
    remove_requested = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = QtWidgets.QLabel()
        self.value.setWordWrap(True)
        self.value.setAccessibleName(tr("Share of the voxel inside the nucleus"))
        self.value.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.draw = self._button(
            tr("Draw"), tr("Outline the nucleus on a slice: click its corners, double-click closes.")
        )
        self.propose = self._button(tr("Propose"), tr("Let the T2-weighted images propose an outline to look at."))
        self.accept = self._button(tr("Accept"), tr("Take the proposed outline into the reading."))
        self.discard = self._button(tr("Discard"), tr("Forget the proposed outline."))
        self.remove = self._button(tr("Remove"), tr("Take the outlines of this nucleus out of the reading."))
        self.draw.setCheckable(True)
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(_GAP_PX)
        for button, signal in (
            (self.draw, self.draw_requested),
            (self.propose, self.propose_requested),
            (self.accept, self.accept_requested),
            (self.discard, self.discard_requested),
            (self.remove, self.remove_requested),
        ):
            button.clicked.connect(lambda _=False, ask=signal: ask.emit())
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.value)
        layout.addLayout(buttons)
        self.setFocusProxy(self.draw)
        self.set_share(None, known=False)

    def _button(self, text: str, tip: str) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton()
        theme.mark(button, "choice")
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tr("{text} nucleus outline", text=text))
        button.setMinimumHeight(theme.TARGET_PX)
        button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        return button

    def set_share(self, share: NucleusShare | None, *, known: bool, offered: bool = False) -> None:
        """Show a share, and offer what fits the state.

        Parameters
        ----------
        known : whether the reading holds an outline
        offered : whether the share is that of an outline which the images propose
        """
        words = share_text(share)
        self.value.setText(tr("proposed: {words}", words=words) if offered else words)
        self.value.setToolTip(share.why if share is not None else "")
        theme.mark(self.value, "" if share is not None and share.high is not None else "dim")
        self.propose.setVisible(not offered)
        self.accept.setVisible(offered)
        self.discard.setVisible(offered)
        self.remove.setEnabled(known)

    def set_drawing(self, on: bool) -> None:
        """Show whether the pen is up."""
        self.draw.setChecked(on)
