"""Whose study this is and what state the reading is in: always visible, on top."""

from __future__ import annotations

from PySide6 import QtCore, QtWidgets

from analysis.types import StudyInfo
from widgets import theme, wording
from widgets.elided_label import ElidedLabel
from widgets.texts import noop, tr

RESEARCH_USE = noop("Research use only")


class PatientBanner(QtWidgets.QFrame):
    """One line: patient, study, protocol, state, and what the software may be used for."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "banner")
        self.setAccessibleName(tr("Patient and study"))
        self.setFixedHeight(44)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(14, 0, 14, 0)
        layout.setSpacing(18)
        self.name = self._label("title", 2)
        self.patient, self.study = self._label("dim"), ElidedLabel()
        theme.mark(self.study, "dim")
        self.protocol, self.state = self._label("tag"), self._label("tag")
        self.simulated = self._label("warn-tag")
        self.simulated.setText(tr("! Simulated"))
        self.simulated.setToolTip(tr("This study was made by a computer. It belongs to no patient."))
        self.research = self._label("dim")
        self.research.setText(tr(RESEARCH_USE))
        self.research.setToolTip(tr("Discern is not a medical device. Its numbers must not decide a treatment."))
        for label in (self.name, self.patient, self.study, self.protocol, self.state, self.simulated):
            layout.addWidget(label)
        layout.addStretch(1)
        layout.addWidget(self.research)
        self.study.setSizePolicy(QtWidgets.QSizePolicy.Policy.Maximum, QtWidgets.QSizePolicy.Policy.Fixed)
        self.study.setMinimumWidth(60)
        self.set_study(None)

    def _label(self, role: str, points: float = 0) -> QtWidgets.QLabel:
        label = QtWidgets.QLabel()
        label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        if points:
            theme.points(label, points, bold=role == "title")
        theme.mark(label, role)
        label.setSizePolicy(QtWidgets.QSizePolicy.Policy.Preferred, QtWidgets.QSizePolicy.Policy.Fixed)
        return label

    def set_study(self, info: StudyInfo | None) -> None:
        """Show another patient, or that no study is open."""
        shown = info is not None
        for label in (self.patient, self.study, self.state):
            label.setVisible(shown)
        self.simulated.setVisible(info is not None and info.simulated)
        self.protocol.setVisible(False)
        if info is None:
            self.name.setText(tr("No study open"))
            self.setAccessibleDescription(tr("No study is open."))
            return
        self.name.setText(wording.person_name(info.patient_name))
        self.patient.setText(wording.patient_line(info))
        self.study.setText(wording.study_line(info))
        self.study.setToolTip(wording.study_line(info))
        self.set_state(tr("Draft"))

    def set_protocol(self, title: str, why: str) -> None:
        """Show which protocol reads the study, and why it was chosen."""
        self.protocol.setText(title)
        self.protocol.setToolTip(why)
        self.protocol.setVisible(bool(title))
        self._describe()

    def set_state(self, state: str) -> None:
        """Show the state of the reading, for example ``Draft``."""
        self.state.setText(state)
        self.state.setToolTip(tr("Nothing of this reading is signed.") if state == tr("Draft") else "")
        self._describe()

    def _describe(self) -> None:
        labels = (self.name, self.patient, self.study, self.protocol, self.state, self.simulated, self.research)
        said = [label.text() for label in labels if not label.isHidden() and label.text()]
        self.setAccessibleDescription(". ".join(said) + ".")
