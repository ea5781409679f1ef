"""The exam's paperwork as a form: every change is a gesture, and what is not documented is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.exam_record import ExamRecord
from analysis.icd10 import typed_codes
from widgets import theme
from widgets.choice_row import ChoiceRow
from widgets.exam_record_left_out import LeftOutRows
from widgets.gesture import Gesture
from widgets.texts import noop, plural, tr

LONGEST = {"indication": 1000, "prior_care": 1000, "authorisation_number": 64, "screen_detail": 500}
_PAUSE_MS = 1500
_SCREEN = (
    ("clear", noop("clear"), noop("Screened; nothing speaks against the exam.")),
    ("conditional", noop("conditional"), noop("An implant or condition that allows the exam under conditions.")),
    ("contraindicated", noop("contraindicated"), noop("Something speaks against the exam.")),
)
_CONSENT = (
    ("given", noop("given"), noop("The patient consented.")),
    ("declined", noop("declined"), noop("The patient declined.")),
)
_HINTS = {
    "indication": noop("why the exam was asked for, in the referrer's words"),
    "icd10": noop("for example M51.36, M54.50"),
    "prior_care": noop("conservative treatment that came before"),
    "authorisation_number": noop("of the payer's prior authorisation"),
    "screen_detail": noop("what was found"),
}


class ExamRecordForm(QtWidgets.QFrame):
    """Shows an `ExamRecord` and says how the reader changed it; nothing is filled in by itself."""

    gesture_began = QtCore.Signal(str)
    record_changed = QtCore.Signal(object)
    gesture_ended = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Exam record"))
        self._record = ExamRecord()
        self._gesture = Gesture(self, pause_ms=_PAUSE_MS)
        self._gesture.began.connect(self.gesture_began)
        self._gesture.ended.connect(self._on_gesture_ended)
        self._build_edits()
        self.missing = QtWidgets.QLabel()
        self.missing.setWordWrap(True)
        self.missing.setAccessibleName(tr("What is not documented"))
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(self._build_form())
        layout.addWidget(self.missing)
        layout.addStretch(1)
        self.set_record(ExamRecord(), ())

    # --- building ------------------------------------------------------------------------------------------------

    def _build_edits(self) -> None:
        self.indication = self._line("indication", tr("Indication"), tr("indication"))
        self.prior_care = self._line("prior_care", tr("Prior care"), tr("prior care"))
        self.authorisation = self._line("authorisation_number", tr("Authorisation number"), tr("authorisation number"))
        self.screen_detail = self._line(
            "screen_detail",
            tr("Detail of the contraindication screen"),
            tr("detail of the contraindication screen"),
        )
        self.icd10 = QtWidgets.QLineEdit()
        self.icd10.setMaxLength(400)
        self.icd10.setAccessibleName(tr("ICD-10 codes"))
        self.icd10.setPlaceholderText(tr(_HINTS["icd10"]))
        self.icd10.textEdited.connect(self._on_codes)
        self.icd10.editingFinished.connect(self._gesture.end)
        self.icd10.editingFinished.connect(lambda: self._show_codes())
        self.icd10_problem = QtWidgets.QLabel()
        self.icd10_problem.setWordWrap(True)
        self.icd10_problem.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.icd10_problem.hide()
        self.screen_choice = ChoiceRow(tr("Contraindication screen"), _translated(_SCREEN))
        self.screen_choice.chosen.connect(
            lambda v: self._step(tr("contraindication screen"), screen=v or "not recorded")
        )
        self.consent = ChoiceRow(tr("Consent"), _translated(_CONSENT))
        self.consent.chosen.connect(lambda v: self._step(tr("consent"), consent=v or "not recorded"))
        self.left_out = LeftOutRows()
        self.left_out.reasons_changed.connect(self._on_left_out)
        self.left_out.left.connect(self._gesture.end)

    def _line(self, field: str, name: str, gesture: str) -> QtWidgets.QLineEdit:
        edit = QtWidgets.QLineEdit()
        edit.setMaxLength(LONGEST[field])
        edit.setAccessibleName(name)
        edit.setPlaceholderText(tr(_HINTS[field]))
        edit.textEdited.connect(lambda text: self._type(gesture, **{field: text}))
        edit.editingFinished.connect(self._gesture.end)
        return edit

    def _build_form(self) -> QtWidgets.QLayout:
        form = QtWidgets.QFormLayout()
        form.setRowWrapPolicy(QtWidgets.QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setFieldGrowthPolicy(QtWidgets.QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(3)
        rows = (
            (tr("I&ndication"), self.indication),
            (tr("ICD-&10"), self.icd10),
            ("", self.icd10_problem),
            (tr("&Prior care"), self.prior_care),
            (tr("A&uthorisation"), self.authorisation),
            (tr("S&creen"), self.screen_choice),
            ("", self.screen_detail),
            (tr("C&onsent"), self.consent),
        )
        for text, widget in rows:
            if not text:
                form.addRow(widget)
                continue
            label = QtWidgets.QLabel(text)
            label.setBuddy(widget)
            form.addRow(label, widget)
        self.left_out_title = QtWidgets.QLabel(tr("Left out"))
        self.left_out_title.setToolTip(tr("Discs that were not measured, and why."))
        form.addRow(self.left_out_title, self.left_out)
        self._form = form
        return form

    # --- state ---------------------------------------------------------------------------------------------------

    def set_record(self, record: ExamRecord, unmeasured: Sequence[str]) -> None:
        """Show a record; a word that is being typed is left alone.

        Parameters
        ----------
        unmeasured : labels of the discs that the exam could have measured and did not; empty hides the rows
        """
        self._record = record
        for edit, text in (
            (self.indication, record.indication),
            (self.prior_care, record.prior_care),
            (self.authorisation, record.authorisation_number),
            (self.screen_detail, record.screen_detail),
        ):
            if edit.text() != text:
                edit.setText(text)
        if typed_codes(self.icd10.text()).codes != record.icd10:
            self.icd10.setText(", ".join(record.icd10))
        self.screen_choice.show_value(record.screen)
        self.consent.show_value(record.consent)
        self.screen_detail.setVisible(record.screen != "not recorded" or bool(record.screen_detail))
        self.left_out.set_rows(unmeasured, record.left_out)
        self._form.setRowVisible(self.left_out, bool(unmeasured) or bool(record.left_out))
        self._show_missing(undocumented(record, unmeasured))
        self._show_codes()

    def _show_missing(self, texts: Sequence[str]) -> None:
        words = tr("✓ Every field is documented.")
        if texts:
            words = tr("! Not documented: {fields}.", fields=", ".join(texts))
        self.missing.setText(words)
        self.missing.setStyleSheet(f"color: {theme.current().warn if texts else theme.current().good};")

    def set_read_only(self, read_only: bool) -> None:
        """Let the record be read, not changed; its texts can still be copied."""
        for edit in (self.indication, self.icd10, self.prior_care, self.authorisation, self.screen_detail):
            edit.setReadOnly(read_only)
        for widget in (self.screen_choice, self.consent):
            widget.setEnabled(not read_only)
        self.left_out.set_read_only(read_only)

    def _show_codes(self) -> None:
        wrong = self._finished_words()
        self.icd10_problem.setText(
            plural(
                "✕ {words} is not shaped like an ICD-10 code and not kept; write a letter, two digits, and what "
                "follows behind a point.",
                "✕ {words} are not shaped like an ICD-10 code and not kept; write a letter, two digits, and what "
                "follows behind a point.",
                len(wrong),
                words=", ".join(f"“{word}”" for word in wrong[:3]),
            )
        )
        self.icd10_problem.setStyleSheet(f"color: {theme.current().bad};")
        self._form.setRowVisible(self.icd10_problem, bool(wrong))

    def _finished_words(self) -> tuple[str, ...]:
        """Return what cannot be a code, apart from the word that is still being typed."""
        text = self.icd10.text()
        if self.icd10.hasFocus() and text == text.rstrip(" ,;"):
            text = " ".join(text.replace(",", " ").replace(";", " ").split()[:-1])
        return typed_codes(text).not_codes

    # --- the reader ----------------------------------------------------------------------------------------------

    def finish_gesture(self) -> None:
        """End what the reader has begun: before an undo, a save or a signature."""
        self._gesture.end()

    def _type(self, name: str, **change: object) -> None:
        self._gesture.step(name)
        self._change(**change)

    def _step(self, name: str, **change: object) -> None:
        self._gesture.begin(name)
        self._change(**change)
        self._gesture.end()

    def _change(self, **change: object) -> None:
        self._record = replace(self._record, **change)  # type: ignore[arg-type]
        self.record_changed.emit(self._record)

    def _on_codes(self, text: str) -> None:
        self._type(tr("ICD-10 codes"), icd10=typed_codes(text).codes)
        self._show_codes()

    def _on_left_out(self, label: str, reasons: Mapping[str, str]) -> None:
        self._type(tr("why {label} was left out", label=label), left_out=dict(reasons))

    def _on_gesture_ended(self) -> None:
        if not typed_codes(self.icd10.text()).not_codes and not self.icd10.hasFocus():
            self.icd10.setText(", ".join(self._record.icd10))
        self._show_codes()
        self.gesture_ended.emit()

    # --- Qt ------------------------------------------------------------------------------------------------------

    def apply_theme(self) -> None:
        """Take the colours of the theme in use."""
        self._show_codes()

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        self._gesture.end()
        super().hideEvent(event)


def _translated(choices: Sequence[tuple[str, str, str]]) -> Sequence[tuple[str, str, str]]:
    return tuple((value, tr(text), tr(tip)) for value, text, tip in choices)


def undocumented(record: ExamRecord, unmeasured: Sequence[str]) -> tuple[str, ...]:
    """Return what an exam's paperwork does not say, in words."""
    said = (
        (tr("indication"), record.indication.strip()),
        (tr("ICD-10"), record.icd10),
        (tr("prior care"), record.prior_care.strip()),
        (tr("authorisation"), record.authorisation_number.strip()),
        (tr("contraindication screen"), record.screen != "not recorded"),
        (tr("consent"), record.consent != "not recorded"),
        *(
            (tr("why {label} was left out", label=label), record.left_out.get(label, "").strip())
            for label in unmeasured
        ),
    )
    return tuple(name for name, given in said if not given)
