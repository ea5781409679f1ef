"""Signing from the window: the bytes that were shown are signed, checked, kept, and only then is the reading final."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6 import QtCore, QtWidgets

from app.atomic_file import reason_of, write_whole
from app.jobs import JobRunner
from app.keeping import Keeping
from app.report_preview import MakeReport, Prepared, PreviewDesk, ReportInput
from app.store import SignedReport
from app.verify_desk import sentences_of
from app.window_report import check_signed, proposed_signer, shown_certificate, sign_report, token_names
from widgets.report_settings import ReportSettings
from widgets.sign_dialog import ShownCertificate, SignDialog, SignIdentity, SignRequest
from widgets.texts import noop, tr

if TYPE_CHECKING:
    from analysis.types import Progress, Stop
    from app.report.verify import Verification

SIGN, INSPECT, LOOK = "sign", "certificate", "tokens"
MEANINGS = ("author, final report", "responsible radiologist, final report")
AMENDING = ("author, amendment", "responsible radiologist, amendment")
NO_LIBRARY = noop("To sign with a token or card, name its PKCS#11 library in the report settings.")
NO_TOKEN = noop("No token with a certificate is plugged in.")
_SIGN_REPORT = noop(
    "You sign the report as the preview shows it. The reading is then final: it can be amended, not changed."
)
_SIGN_AMENDMENT = noop(
    "You sign the amendment as the preview shows it. The reading is then final: it can be amended, not changed."
)
_LOOK_AGAIN_MS = 2500
_NOT_STORED = noop("Readings are not kept on this computer: the file is the only copy of what was signed.")


@dataclass(frozen=True, eq=False)
class SignedOff:
    """What came of a signature.

    Attributes
    ----------
    kept : None where there is no store
    unwritten : why the file could not be written too, as a sentence; empty where it was or was not asked for
    """

    made_from: ReportInput
    pdf: bytes = field(repr=False)
    kept: SignedReport | None
    verification: Verification
    target: Path | None
    unwritten: str


class SignDesk(QtCore.QObject):
    """Opens the dialog for the report as it is shown, and makes the reading final once it is signed and kept."""

    signed = QtCore.Signal(object)
    """A `SignedOff`: the reading is final now."""

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        jobs: JobRunner,
        keeping: Keeping,
        preview: PreviewDesk,
        make: MakeReport,
        settings: Callable[[], ReportSettings],
    ) -> None:
        super().__init__(parent)
        self._parent, self._jobs, self._keeping = parent, jobs, keeping
        self._preview, self._make, self._settings = preview, make, settings
        self._folder = Path.home()
        self._asked: ReportInput | None = None
        self.dialog: SignDialog | None = None

    def ask(self, report: ReportInput) -> None:
        """Let the reader sign the report."""
        self._asked = report
        dialog = self._dialog()
        amends = bool(report.reading.amends)
        summary = tr(_SIGN_AMENDMENT if amends else _SIGN_REPORT) + _stamped_by(self._settings())
        # The name holds nothing about the patient.
        dialog.ask(summary, AMENDING if amends else MEANINGS, report.paper, self._folder / "report.pdf")
        dialog.set_tokens((), tr(NO_LIBRARY))
        self._look_for_tokens()
        dialog.also.setChecked(self._keeping.store is None)
        proposal = proposed_signer(report.study)
        dialog.propose(proposal.certificate, proposal.passphrase, proposal.note)

    def _dialog(self) -> SignDialog:
        if self.dialog is None:
            self.dialog = SignDialog(self._parent)
            self.dialog.setWindowModality(QtCore.Qt.WindowModality.ApplicationModal)
            self.dialog.requested.connect(self._sign)
            self.dialog.identity_chosen.connect(self._inspect)
            self.dialog.cancelled.connect(lambda: self._jobs.cancel(SIGN))
        return self.dialog

    def renew(self, report: ReportInput) -> None:
        """Sign another making of the same reading, as on other paper."""
        self._asked = report

    # --- the certificate -----------------------------------------------------------------------------------------

    def _look_for_tokens(self) -> None:
        """Offer what is plugged in, and look again as long as the dialog waits for it."""
        settings = self._settings()
        if self.dialog is None or not self.dialog.isVisible() or not settings.pkcs11_module:
            return
        self._jobs.start(
            LOOK,
            tr("Looking for the token"),
            lambda *_: token_names(settings),
            done=self._show_tokens,
            failed=lambda sentence: self._dialog().set_tokens((), sentence),
            quiet=True,
        )

    def _show_tokens(self, names: tuple[str, ...]) -> None:
        if self.dialog is None:
            return
        self.dialog.set_tokens(names, "" if names else tr(NO_TOKEN))
        if not names:
            QtCore.QTimer.singleShot(_LOOK_AGAIN_MS, self, self._look_for_tokens)

    def _inspect(self, identity: SignIdentity) -> None:
        settings = self._settings()
        self._jobs.start(
            INSPECT,
            tr("Looking at the certificate"),
            lambda *_: shown_certificate(identity, settings),
            done=self._show_certificate,
            failed=lambda sentence: self._show_certificate(ShownCertificate(problem=sentence)),
            quiet=True,
        )

    def _show_certificate(self, shown: ShownCertificate | None) -> None:
        if self.dialog is not None and self.dialog.isVisible() and shown is not None:
            self.dialog.set_certificate(shown)

    # --- signing -------------------------------------------------------------------------------------------------

    def _sign(self, request: SignRequest) -> None:
        report, settings = self._asked, self._settings()
        if report is None:
            return
        shown, make, keeping = self._preview.prepared, self._make, self._keeping
        if request.target is not None:
            self._folder = request.target.parent

        def work(progress: Progress, stop: Stop) -> SignedOff | None:
            if shown is None or not _same(shown, report):
                made_from, pdf = report, make(report).pdf
            else:
                made_from, pdf = shown.made_from, shown.pdf
            simulated = made_from.study.info.simulated
            signed = sign_report(pdf, request.identity, request.meaning, settings, simulated=simulated)
            verification = check_signed(signed, settings)
            if stop():
                return None
            kept = keeping.sign_off(made_from.reading, signed)
            unwritten = _write(request.target, signed)
            return SignedOff(made_from, signed, kept, verification, request.target, unwritten)

        self._jobs.start(SIGN, tr("Signing the report"), work, done=self._on_signed, failed=self._on_failed)

    def _on_failed(self, sentence: str) -> None:
        if self.dialog is not None:
            self.dialog.set_problem(sentence)

    def _on_signed(self, done: SignedOff | None) -> None:
        if done is None:
            return
        self.signed.emit(done)
        if self.dialog is not None:
            self.dialog.set_outcome(tr("The report is signed and the reading is final."), outcome_lines(done))


def _stamped_by(settings: ReportSettings) -> str:
    host = urlsplit(settings.timestamp_url).hostname
    return " " + tr("Its time comes from the time-stamp authority {host}.", host=host) if host else ""


def outcome_lines(done: SignedOff) -> list[tuple[bool, str]]:
    """Return what is said straight after signing, each sentence with whether it is as it should be."""
    found = done.verification
    lines = sentences_of(found)
    if done.kept is not None:
        lines.append((True, tr("Kept in the store of readings. SHA-256 of the file: {hash}.", hash=done.kept.sha256)))
    else:
        lines.append((False, tr(_NOT_STORED)))
    if done.unwritten:
        lines.append((False, done.unwritten))
    elif done.target is not None:
        lines.append((True, tr("Written to {file}.", file=done.target)))
    return lines


def _same(shown: Prepared, report: ReportInput) -> bool:
    made_from = shown.made_from
    return (
        made_from.to_sign
        and made_from.reading == report.reading
        and made_from.exam is report.exam
        and (made_from.paper == report.paper)
    )


def _write(target: Path | None, pdf: bytes) -> str:
    """Write the signed file too; returns why that was not possible, for it is kept already."""
    if target is None:
        return ""
    try:
        write_whole(target, pdf)
    except OSError as error:
        return tr(
            "The file could not be written to {file}: {reason}. Save it again with Save PDF.",
            file=target,
            reason=reason_of(error),
        )
    return ""
