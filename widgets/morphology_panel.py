"""The selected disc's morphology: what the reader says of it, and what was measured on the images."""

from __future__ import annotations

from dataclasses import replace

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.disc_measure import DiscMeasures
from analysis.morphology import HERNIATIONS, MODIC_TYPES, PFIRRMANN_GRADES, UNKNOWN, Morphology, cautions, roman
from widgets import theme, wording
from widgets.choice_row import ChoiceRow
from widgets.gesture import Gesture
from widgets.morphology_wording import (
    HERNIATION_WORDS,
    PFIRRMANN_WORDS,
    height_text,
    modic_text,
    pfirrmann_step,
    ratio_text,
    yes_no_step,
)
from widgets.nucleus_row import NucleusRow
from widgets.texts import noop, tr

_NOTE = noop("note on the disc")
_LONGEST_NOTE = 500
_HERNIATION_PX = 260


class MorphologyPanel(QtWidgets.QFrame):
    """Every change is a gesture: it begins, changes the record live, and ends. Typing a note is one gesture."""

    gesture_began = QtCore.Signal(str)
    morphology_changed = QtCore.Signal(object)
    gesture_ended = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Morphology of the disc"))
        self._said, self._voxel = UNKNOWN, ""
        self._gesture = Gesture(self)
        self._gesture.began.connect(self.gesture_began)
        self._gesture.ended.connect(self.gesture_ended)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(4)
        self.heading = QtWidgets.QLabel()
        theme.mark(self.heading, "heading")
        layout.addWidget(self.heading)
        layout.addLayout(self._build_form())
        self.caution = QtWidgets.QLabel()
        self.caution.setWordWrap(True)
        self.caution.setAccessibleName(tr("Cautions for this disc"))
        layout.addWidget(self.caution)
        layout.addStretch(1)
        self.clear()

    # --- building ------------------------------------------------------------------------------------------------

    def _build_form(self) -> QtWidgets.QLayout:
        form = QtWidgets.QFormLayout()
        form.setLabelAlignment(QtCore.Qt.AlignmentFlag.AlignLeft | QtCore.Qt.AlignmentFlag.AlignVCenter)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(4)
        self._build_choices()
        self._rows = (
            (tr("&Pfirrmann"), self.pfirrmann),
            (tr("&Modic"), self.modic),
            (tr("&HIZ"), self.hiz),
            (tr("Her&niation"), self.herniation),
            (tr("Prior &surgery"), self.surgery),
            (tr("N&ote"), self._build_note()),
        )
        for text, widget in self._rows:
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            form.addRow(label, widget)
        self.height_value, self.ratio_value = QtWidgets.QLabel(), QtWidgets.QLabel()
        for text, value in ((tr("Disc height"), self.height_value), (tr("Nucleus / CSF"), self.ratio_value)):
            value.setAccessibleName(text)
            value.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setWordWrap(True)
            form.addRow(text, value)
        self.nucleus = NucleusRow()
        form.addRow(tr("Voxel in nucleus"), self.nucleus)
        return form

    def _build_choices(self) -> None:
        grades = [(grade, roman(grade), tr(PFIRRMANN_WORDS[grade])) for grade in PFIRRMANN_GRADES]
        types = [
            (kind, modic_text(kind).removesuffix(tr(" mixed")), tr("Modic {kind}", kind=modic_text(kind)))
            for kind in MODIC_TYPES
        ]
        answers = [(True, tr("yes"), tr("Seen on the images.")), (False, tr("no"), tr("Looked for and not seen."))]
        operated = [
            (True, tr("yes"), tr("This disc was operated on.")),
            (False, tr("no"), tr("This disc was not operated on.")),
        ]
        self.pfirrmann = ChoiceRow(tr("Pfirrmann grade"), grades)
        self.modic = ChoiceRow(tr("Modic type"), types)
        self.hiz = ChoiceRow(tr("High-intensity zone"), answers)
        self.surgery = ChoiceRow(tr("Prior surgery"), operated)
        self.herniation = QtWidgets.QComboBox()
        self.herniation.setAccessibleName(tr("Herniation"))
        self.herniation.setMaximumWidth(_HERNIATION_PX)
        self.herniation.addItem(tr("not said"), None)
        for kind in HERNIATIONS:
            self.herniation.addItem(tr(HERNIATION_WORDS[kind]), kind)
        self.pfirrmann.chosen.connect(lambda v: self._step(pfirrmann_step(v), pfirrmann=v))
        self.modic.chosen.connect(
            lambda v: self._step(tr("no Modic type") if v is None else tr("Modic {kind}", kind=v), modic=v)
        )
        self.hiz.chosen.connect(lambda v: self._step(yes_no_step(tr("high-intensity zone"), v), hiz=v))
        self.surgery.chosen.connect(lambda v: self._step(yes_no_step(tr("prior surgery"), v), prior_surgery=v))
        self.herniation.activated.connect(self._on_herniation)

    def _build_note(self) -> QtWidgets.QWidget:
        self.note = QtWidgets.QLineEdit()
        self.note.setMaxLength(_LONGEST_NOTE)
        self.note.setAccessibleName(tr("Note on the disc"))
        self.note.setPlaceholderText(tr("in your own words"))
        self.note.textEdited.connect(self._on_note)
        self.note.editingFinished.connect(self._gesture.end)
        return self.note

    # --- showing -------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Show that no disc is selected."""
        self._gesture.end()
        self._voxel = ""
        self.heading.setText(tr("MORPHOLOGY  no disc is selected"))
        self._show(UNKNOWN)
        self.set_measures(None)
        self._enable(False)

    def set_voxel(self, voxel: str, morphology: Morphology, name: str = "") -> None:
        """Show what the reader says of a disc; a word that is being typed is left alone.

        Parameters
        ----------
        voxel : a key that tells one voxel from another; a change of it ends an open gesture
        name : the disc's level as it is shown; `voxel` where there is none
        """
        if voxel != self._voxel:
            self._gesture.end()
            self._voxel = voxel
        self.heading.setText(tr("MORPHOLOGY  {name}", name=name or voxel))
        self._enable(True)
        self._show(morphology)

    def set_measures(self, measures: DiscMeasures | None) -> None:
        """Show what was measured of this disc; None is not known yet."""
        waiting = tr("It has not been measured yet.")
        for value, text, why in (
            (self.height_value, height_text(measures), measures.height_why if measures else waiting),
            (self.ratio_value, ratio_text(measures), measures.ratio_why if measures else waiting),
        ):
            known = text != wording.NONE
            value.setText(text if known else f"{text}  {why}")
            value.setToolTip(
                tr("{why} Series: {series}.", why=why, series=measures.series) if measures and measures.series else why
            )
            theme.mark(value, "" if known else "dim")

    def _show(self, said: Morphology) -> None:
        self._said = said
        self.pfirrmann.show_value(said.pfirrmann)
        self.modic.show_value(said.modic)
        self.hiz.show_value(said.hiz)
        self.surgery.show_value(said.prior_surgery)
        self.herniation.setCurrentIndex(max(self.herniation.findData(said.herniation), 0))
        if self.note.text() != said.note:
            self.note.setText(said.note)
        found = cautions(said)
        self.caution.setText("\n".join(f"! {text}" for text in found))
        self.caution.setVisible(bool(found))
        self.caution.setStyleSheet(f"color: {theme.current().warn};")

    def _enable(self, enabled: bool) -> None:
        for widget in (*(widget for _, widget in self._rows), self.nucleus):
            widget.setEnabled(enabled)

    # --- the reader ----------------------------------------------------------------------------------------------

    def finish_gesture(self) -> None:
        """End what the reader has begun: before an undo, another voxel, or a save."""
        self._gesture.end()

    def _step(self, name: str, **change: object) -> None:
        """Make one change that is a whole gesture."""
        self._gesture.begin(name)
        self._change(**change)
        self._gesture.end()

    def _change(self, **change: object) -> None:
        self._show(replace(self._said, **change))  # type: ignore[arg-type]
        self.morphology_changed.emit(self._said)

    def _on_herniation(self, position: int) -> None:
        kind = self.herniation.itemData(position)
        if kind != self._said.herniation:
            self._step(
                tr("herniation {kind}", kind=tr(HERNIATION_WORDS[kind]) if kind else tr("unknown")), herniation=kind
            )

    def _on_note(self, text: str) -> None:
        self._gesture.begin(tr(_NOTE))
        self._change(note=text)

    # --- Qt ------------------------------------------------------------------------------------------------------

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self._show(self._said)

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        self._gesture.end()
        super().hideEvent(event)
