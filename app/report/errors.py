"""What can go wrong with a report; each message is one sentence a reader can act on and holds no secret."""

from __future__ import annotations

from analysis.errors import DiscernError


class ReportError(DiscernError):
    """A report that could not be written."""


class CertificateProblem(DiscernError):
    """A certificate that is missing, locked, expired or not made for signing documents."""


class SigningFailed(DiscernError):
    """A report that could not be signed, or whose fresh signature did not verify."""


class NotVerifiable(DiscernError):
    """A file that cannot be verified at all: no file, no PDF, or damaged beyond reading."""
