"""Errors that the analysis raises; each message is one sentence a user can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.types import Skipped


class DiscernError(Exception):
    """Base of every error with a message meant for the user."""


class UnreadableFile(DiscernError):
    """A file that cannot be used; the message says why, without naming the patient."""


class NothingToRead(DiscernError):
    """No file of a study could be used; `skipped` says why each was not."""

    def __init__(self, message: str, skipped: tuple[Skipped, ...] = ()) -> None:
        super().__init__(message)
        self.skipped = skipped


class Cancelled(DiscernError):
    """The user stopped the work; nothing was changed."""


class FitFailed(DiscernError):
    """A spectrum that the model could not be fitted to."""


class ProcessingFailed(FitFailed):
    """A signal that could not even be processed, so there is nothing to fit."""


class BadProtocol(DiscernError):
    """A protocol, spin system or policy file that does not hold what it must."""
