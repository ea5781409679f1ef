"""Which published criteria the documentation meets: a block for each document with its dates, a row a criterion."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.coverage import Advice, CheckedCriterion, State
from widgets import theme
from widgets.choice_row import ChoiceRow
from widgets.texts import noop, tr

_MARKS: dict[State, str] = {
    "met": noop("✓ met"),
    "not met": noop("✕ not met"),
    "not documented": noop("? not documented"),
}


class _CriterionRow(QtWidgets.QWidget):
    """One criterion: its state, its text, who decided, and where it is the reader's word, yes and no."""

    answered = QtCore.Signal(str, object)

    def __init__(self, criterion: CheckedCriterion) -> None:
        super().__init__()
        self._id = criterion.id
        self.state, self.text = QtWidgets.QLabel(), QtWidgets.QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.state.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 3, 0, 3)
        layout.setSpacing(2)
        layout.addWidget(self.text)
        row = QtWidgets.QHBoxLayout()
        row.setSpacing(8)
        self.answer: ChoiceRow | None = None
        if criterion.by_reader:
            self.answer = ChoiceRow(criterion.text, _answers())
            self.answer.chosen.connect(lambda value: self.answered.emit(self._id, value))
            row.addWidget(self.answer)
        row.addWidget(self.state, 1)
        layout.addLayout(row)

    def show_criterion(self, criterion: CheckedCriterion, answer: bool | None) -> None:
        """Show the state as it is now."""
        self.text.setText(_wording(criterion))
        mark = tr(_MARKS[criterion.state])
        self.state.setText(f"{mark} · {criterion.why}")
        tokens = theme.current()
        colours = {"met": tokens.good, "not met": tokens.bad, "not documented": tokens.dim}
        self.state.setStyleSheet(f"color: {colours[criterion.state]};")
        self.setAccessibleName(f"{criterion.text} {mark}")
        if self.answer is not None:
            self.answer.show_value(answer)


def _answers() -> Sequence[tuple[bool, str, str]]:
    return (
        (True, tr("yes"), tr("The reader says that this holds.")),
        (False, tr("no"), tr("The reader says that it does not.")),
    )


class CoverageView(QtWidgets.QFrame):
    """Shows an advisory; the reader's word on a criterion leaves as a signal, and taking it back too."""

    answered = QtCore.Signal(str, object)
    """Id of the criterion and True, False, or None for unknown."""

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        theme.mark(self, "panel")
        self.setAccessibleName(tr("Coverage advisory"))
        told = QtWidgets.QLabel(
            tr(
                "What published documents ask for, held against this exam and its record. "
                "It does not say that anybody will pay."
            )
        )
        told.setWordWrap(True)
        theme.mark(told, "dim")
        self.problems = QtWidgets.QLabel()
        self.problems.setWordWrap(True)
        self.problems.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self._blocks = QtWidgets.QVBoxLayout()
        self._blocks.setSpacing(10)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(told)
        layout.addWidget(self.problems)
        layout.addLayout(self._blocks)
        layout.addStretch(1)
        self._shape: tuple[object, ...] = ()
        self.rows: dict[str, _CriterionRow] = {}
        self._headings: list[tuple[QtWidgets.QLabel, QtWidgets.QLabel]] = []

    def set_advice(self, advice: Sequence[Advice], answers: dict[str, bool], problems: Sequence[str] = ()) -> None:
        """Show what each document asks for; rows stay where they are while only their states change."""
        shape = tuple((a.policy.id, a.codes, tuple((c.id, c.by_reader) for c in a.criteria)) for a in advice)
        if shape != self._shape:
            self._shape = shape
            self._build(advice)
        for (title, text), one in zip(self._headings, advice, strict=True):
            title.setText(_title(one))
            text.setText(_text(one))
        for one in advice:
            for criterion in one.criteria:
                row = self.rows[f"{one.policy.id}/{criterion.id}"]
                row.show_criterion(criterion, answers.get(criterion.id))
                # The conditions of a criterion are asked for once the reader says that it holds itself.
                row.setVisible(criterion.under is None or answers.get(criterion.under, False))
        self.problems.setText("\n".join(f"✕ {problem}" for problem in problems))
        self.problems.setStyleSheet(f"color: {theme.current().bad};")
        self.problems.setVisible(bool(problems))

    def set_read_only(self, read_only: bool) -> None:
        """Let the answers be read, not changed."""
        for row in self.rows.values():
            if row.answer is not None:
                row.answer.setEnabled(not read_only)

    def _build(self, advice: Sequence[Advice]) -> None:
        while (item := self._blocks.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows, self._headings = {}, []
        for one in advice:
            self._blocks.addWidget(self._block(one))

    def _block(self, advice: Advice) -> QtWidgets.QWidget:
        block = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(block)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        title, text = QtWidgets.QLabel(), QtWidgets.QLabel()
        theme.mark(title, "title")
        theme.mark(text, "dim")
        for label in (title, text):
            label.setWordWrap(True)
            label.setTextFormat(QtCore.Qt.TextFormat.PlainText)
            layout.addWidget(label)
        self._headings.append((title, text))
        for criterion in advice.criteria:
            row = _CriterionRow(criterion)
            row.answered.connect(self.answered)
            self.rows[f"{advice.policy.id}/{criterion.id}"] = row
            layout.addWidget(row)
        return block


def _wording(criterion: CheckedCriterion) -> str:
    if criterion.under is not None:
        return f"– {criterion.text}"
    return tr("One of: {criterion}", criterion=criterion.text) if criterion.group else criterion.text


def _title(advice: Advice) -> str:
    return f"{', '.join(advice.codes)}: {advice.policy.title}"


def _text(advice: Advice) -> str:
    policy = advice.policy
    dates = [tr("effective {day}", day=policy.effective)] if policy.effective else []
    dates += [tr("reviewed {day}", day=policy.reviewed)] if policy.reviewed else []
    dates += [tr("next review {day}", day=policy.next_review)] if policy.next_review else []
    dates += [tr("! out of date: its review has passed")] if advice.outdated else []
    source = f"{policy.source} ({'; '.join(dates) if dates else tr('undated')})."
    return " ".join(filter(None, (advice.summary, advice.statement, source)))
