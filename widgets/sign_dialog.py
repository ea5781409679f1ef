"""Who signs, with what and what for; the secret is asked for every signature, used once and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.paper import PAPERS
from widgets import theme
from widgets.path_row import path_row
from widgets.sign_outcome import SignOutcome
from widgets.texts import tr

SignWith = Literal["file", "token"]
_WIDTH = 640
_CHECK_MS = 700


@dataclass(frozen=True)
class SignIdentity:
    """What is signed with.

    Attributes
    ----------
    certificate : PKCS#12 file where `kind` is ``file``
    token : name of the certificate on the token where `kind` is ``token``
    secret : passphrase or PIN
    """

    kind: SignWith = "file"
    certificate: Path | None = None
    token: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class SignRequest:
    """A signature that the reader asks for; `target` is where the signed file goes too."""

    identity: SignIdentity
    meaning: str
    target: Path | None = None


@dataclass(frozen=True)
class ShownCertificate:
    """What is shown of a certificate; `problem` says why it may not sign, and is empty where it may."""

    holder: str = ""
    issuer: str = ""
    valid: str = ""
    note: str = ""
    problem: str = ""


class SignDialog(QtWidgets.QDialog):
    """Collects a `SignRequest`, shows how the signing goes, and what the verification straight after it found."""

    requested = QtCore.Signal(object)
    identity_chosen = QtCore.Signal(object)
    """The reader may want to know what this certificate is: it is asked for with the secret where it needs one."""
    paper_chosen = QtCore.Signal(str)
    cancelled = QtCore.Signal()

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Sign the report"))
        self.setMinimumWidth(_WIDTH)
        self._busy = False
        self._problem = ""
        self._build_edits()
        self.outcome = SignOutcome()
        self.outcome.close_requested.connect(self.accept)
        self.pages = QtWidgets.QStackedWidget()
        self.pages.addWidget(self._build_form())
        self.pages.addWidget(self.outcome)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.pages)
        self._check = QtCore.QTimer(self)
        self._check.setSingleShot(True)
        self._check.setInterval(_CHECK_MS)
        self._check.timeout.connect(self._ask_about_certificate)

    # --- building ------------------------------------------------------------------------------------------------

    def _build_edits(self) -> None:
        self.summary = QtWidgets.QLabel()
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.with_file, self.with_token = self._kind(tr("Certificate &file")), self._kind(tr("&Token or card"))
        self._kinds = QtWidgets.QButtonGroup(self)
        for button in (self.with_file, self.with_token):
            self._kinds.addButton(button)
        self.certificate = self._line(tr("Certificate file"))
        self.token = QtWidgets.QComboBox()
        self.token.setAccessibleName(tr("Certificate on the token"))
        self.secret = self._line(tr("Passphrase"))
        self.secret.setEchoMode(QtWidgets.QLineEdit.EchoMode.Password)
        self.meaning, self.paper = QtWidgets.QComboBox(), QtWidgets.QComboBox()
        self.meaning.setAccessibleName(tr("Meaning of the signature"))
        self.paper.setAccessibleName(tr("Paper size"))
        self.paper.addItems(list(PAPERS))
        self.also = QtWidgets.QCheckBox(tr("&Also write it to a file"))
        self.target = self._line(tr("File"))
        self.holder = QtWidgets.QLabel()
        self.holder.setWordWrap(True)
        self.holder.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.holder.setAccessibleName(tr("Certificate"))
        self.holder.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
        # A form gives a wrapped label the height of its narrowest wrapping or none at all: room for four lines.
        self.holder.setFixedHeight(4 * self.fontMetrics().lineSpacing())
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.problem.setAccessibleName(tr("Problem"))
        self.progress = QtWidgets.QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(6)
        for edit in (self.certificate, self.secret):
            edit.textEdited.connect(lambda _: self._on_identity())
        self.certificate.textChanged.connect(lambda _: self._refresh())
        self.secret.textChanged.connect(lambda _: self._refresh())
        self.target.textChanged.connect(lambda _: self._refresh())
        self.also.toggled.connect(lambda _: self._refresh())
        self.with_file.toggled.connect(lambda _: self._on_kind())
        self.token.currentIndexChanged.connect(lambda _: self._on_identity())
        self.paper.textActivated.connect(self.paper_chosen)

    def _kind(self, text: str) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton()
        theme.mark(button, "choice")
        button.setText(text)
        button.setCheckable(True)
        button.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(tr("Sign with {what}", what=text.replace("&", "").lower()))
        return button

    def _line(self, name: str) -> QtWidgets.QLineEdit:
        edit = QtWidgets.QLineEdit()
        edit.setMaxLength(2000)
        edit.setAccessibleName(name)
        return edit

    def _build_form(self) -> QtWidgets.QWidget:
        page = QtWidgets.QWidget()
        self._form = QtWidgets.QFormLayout()
        self._form.setVerticalSpacing(6)
        kinds = QtWidgets.QHBoxLayout()
        for button in (self.with_file, self.with_token):
            kinds.addWidget(button)
        kinds.addStretch(1)
        self._form.addRow(tr("Sign with"), kinds)
        self._certificate_row = path_row(self.certificate, self._choose_certificate)
        self._target_row = path_row(self.target, self._choose_target)
        self._secret_label = QtWidgets.QLabel(tr("&Passphrase"))
        rows = (
            (QtWidgets.QLabel(tr("&Certificate")), self._certificate_row),
            (QtWidgets.QLabel(tr("&Certificate")), self.token),
            (self._secret_label, self.secret),
            (QtWidgets.QLabel(), self.holder),
            (QtWidgets.QLabel(tr("&Meaning")), self.meaning),
            (QtWidgets.QLabel(tr("Pape&r")), self.paper),
            (QtWidgets.QLabel(), self.also),
            (QtWidgets.QLabel(tr("F&ile")), self._target_row),
        )
        for label, widget in rows:
            label.setBuddy(widget)
            self._form.addRow(label, widget)
        layout = QtWidgets.QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for part in (self.summary, self.problem, self.progress):
            layout.addWidget(part)
        layout.insertLayout(1, self._form)
        layout.addStretch(1)
        layout.addLayout(self._build_buttons())
        return page

    def _build_buttons(self) -> QtWidgets.QLayout:
        self.cancel, self.sign = QtWidgets.QPushButton(tr("Cancel")), QtWidgets.QPushButton(tr("Sign"))
        theme.mark(self.sign, "primary")
        self.cancel.setAutoDefault(False)
        self.sign.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.sign.clicked.connect(self._send)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.sign)
        return row

    # --- state ---------------------------------------------------------------------------------------------------

    def ask(self, summary: str, meanings: Sequence[str], paper: str, target: Path) -> None:
        """Open: say what is signed, and offer what the signature may mean; the target is a proposal."""
        self.summary.setText(summary)
        self.meaning.clear()
        self.meaning.addItems(list(meanings))
        self.paper.setCurrentText(paper)
        self.target.setText(str(target))
        self.secret.clear()
        self._set_busy(False)
        self.set_problem("")
        self.set_certificate(None)
        self.pages.setCurrentIndex(0)
        self.with_file.setChecked(True)
        self._on_kind()
        self.open()
        (self.secret if self.certificate.text() else self.certificate).setFocus()

    def propose(self, certificate: Path | None, secret: str, note: str) -> None:
        """Fill in a certificate, as the throw-away one of a simulated study; the note says what it is."""
        if certificate is not None:
            self.certificate.setText(str(certificate))
        self.secret.setText(secret)
        self.set_certificate(ShownCertificate(note=note) if note else None)
        if secret:
            self._check.start()

    def set_tokens(self, names: Sequence[str], why_none: str) -> None:
        """Offer the certificates of the token; where there are none, say why."""
        self.token.clear()
        self.token.addItems(list(names))
        self.with_token.setEnabled(bool(names))
        self.with_token.setToolTip(why_none)

    def set_certificate(self, shown: ShownCertificate | None) -> None:
        """Show whose certificate it is, or why it may not sign."""
        self._problem = shown.problem if shown is not None else ""
        if shown is None:
            text = tr("The certificate is shown once its passphrase opens it.")
        elif shown.problem:
            text = f"✕ {shown.problem}"
        else:
            issued = tr("Issued by {issuer}.", issuer=shown.issuer) if shown.issuer else ""
            text = " ".join(filter(None, (f"{shown.holder}." if shown.holder else "", issued, shown.valid, shown.note)))
        self.holder.setText(text)
        colour = theme.current().bad if self._problem else theme.current().dim
        self.holder.setStyleSheet(f"color: {colour};")
        self._refresh()

    def set_problem(self, sentence: str) -> None:
        """Say why nothing was signed; the secret is asked for again."""
        self._set_busy(False)
        if sentence:
            self.secret.clear()
            self.secret.setFocus()
        self.problem.setText(f"✕ {sentence}" if sentence else "")
        self.problem.setStyleSheet(f"color: {theme.current().bad};")
        self.problem.setVisible(bool(sentence))

    def set_outcome(self, title: str, sentences: Sequence[tuple[bool, str]]) -> None:
        """Show what came of it, each sentence with whether it is as it should be."""
        self._set_busy(False)
        self.outcome.set_outcome(title, sentences)
        self.pages.setCurrentWidget(self.outcome)
        self.outcome.close_button.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.progress.setVisible(busy)
        for row in range(self._form.rowCount()):
            for role in (QtWidgets.QFormLayout.ItemRole.FieldRole,):
                item = self._form.itemAt(row, role)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.setEnabled(not busy)
        self._refresh()

    def _refresh(self) -> None:
        from_file = self.with_file.isChecked()
        there = bool(self.certificate.text().strip()) if from_file else self.token.count() > 0
        placed = not self.also.isChecked() or bool(self.target.text().strip())
        self._target_row.setEnabled(self.also.isChecked() and not self._busy)
        self.sign.setEnabled(there and placed and not self._busy and not self._problem)
        self.sign.setText(tr("Signing…") if self._busy else tr("Sign"))

    # --- the reader ----------------------------------------------------------------------------------------------

    @property
    def identity(self) -> SignIdentity:
        """What the reader has filled in."""
        if self.with_file.isChecked():
            path = self.certificate.text().strip()
            return SignIdentity("file", Path(path) if path else None, secret=self.secret.text())
        return SignIdentity("token", token=self.token.currentText(), secret=self.secret.text())

    def _on_kind(self) -> None:
        from_file = self.with_file.isChecked()
        self._form.setRowVisible(self._certificate_row, from_file)
        self._form.setRowVisible(self.token, not from_file)
        self._secret_label.setText(tr("&Passphrase") if from_file else tr("&PIN"))
        self.secret.setAccessibleName(tr("Passphrase") if from_file else tr("PIN"))
        self._on_identity()

    def _on_identity(self) -> None:
        self.set_certificate(None)
        self._check.start()

    def _ask_about_certificate(self) -> None:
        """Ask what the certificate is; a token shows its own without the PIN, which is never tried before signing."""
        known = self.identity
        if not self._busy and ((known.certificate and known.secret) or known.token):
            self.identity_chosen.emit(known if known.kind == "file" else SignIdentity("token", token=known.token))

    def _choose_certificate(self) -> None:
        chosen, _ = QtWidgets.QFileDialog.getOpenFileName(
            self, tr("Certificate for signing"), self.certificate.text(), tr("Certificates (*.p12 *.pfx)")
        )
        if chosen:
            self.certificate.setText(chosen)
            self._on_identity()
            self.secret.setFocus()

    def _choose_target(self) -> None:
        chosen, _ = QtWidgets.QFileDialog.getSaveFileName(
            self, tr("Write the signed report"), self.target.text(), tr("PDF (*.pdf)")
        )
        if chosen:
            self.target.setText(chosen)

    def _send(self) -> None:
        if not self.sign.isEnabled():
            return
        self._check.stop()
        target = Path(self.target.text().strip()) if self.also.isChecked() else None
        request = SignRequest(self.identity, self.meaning.currentText(), target)
        self.secret.clear()
        self.set_problem("")
        self._set_busy(True)
        self.requested.emit(request)

    def done(self, result: int) -> None:
        """Close; the secret goes with it, and a signature under way is given up."""
        self._check.stop()
        self.secret.clear()
        if self._busy:
            self.cancelled.emit()
        super().done(result)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        enter = event.key() in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter)
        if enter and self.pages.currentWidget() is self.outcome:
            self.accept()
        else:
            super().keyPressEvent(event)
