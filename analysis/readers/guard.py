"""Turn whatever a parser throws at a damaged or hostile file into one sentence, and keep libraries quiet."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from analysis.errors import DiscernError, UnreadableFile

_LONGEST_TEXT = 200
_LIBRARY_LOGGERS = ("nibabel.global", "pydicom")
_CUT_SHORT = "the file is damaged or cut short"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and the marks that reverse the reading direction of what follows them."""


@contextmanager
def one_sentence() -> Iterator[None]:
    """Raise every failure of the block as `UnreadableFile`.

    Real and hostile files make parsers raise a dozen kinds of exception (KeyError, struct.error, RecursionError...).
    Their own messages may quote the header, so only the kind of exception is passed on: no patient data.
    """
    try:
        yield
    except DiscernError:
        raise
    except RecursionError as error:
        raise UnreadableFile("the file is nested too deeply to be a genuine one") from error
    except MemoryError as error:
        raise UnreadableFile("the file asks for more memory than there is") from error
    except PermissionError as error:
        raise UnreadableFile("Discern has no permission to read this file") from error
    except EOFError as error:
        raise UnreadableFile(_CUT_SHORT) from error
    except OSError as error:
        # Parsers raise it too, without the system's reason, where a file ends in the middle of something.
        why = f"the file could not be read ({error.strerror})" if error.strerror else _CUT_SHORT
        raise UnreadableFile(why) from error
    except Exception as error:
        kind = type(error).__name__
        raise UnreadableFile(f"the file is damaged or not what it claims to be ({kind} while reading it)") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what file format libraries warn of or log: odd values are common in real headers, and we check them.

    Notes
    -----
    The warning filters belong to the whole process: reading runs in one thread at a time.
    """
    loggers = [logging.getLogger(name) for name in _LIBRARY_LOGGERS]
    before = [logger.disabled for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.disabled = True
        try:
            yield
        finally:
            for logger, disabled in zip(loggers, before, strict=True):
                logger.disabled = disabled


@contextmanager
def silent() -> Iterator[None]:
    """Like `quiet`, for libraries that also print."""
    with quiet(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def quoted(text: str | None, pattern: str, otherwise: str) -> str:
    """Return a header text for use in a message if all of it matches, else `otherwise`.

    In a damaged file a value may run on into the next ones, so what is quoted must look like what it should be.
    """
    return text if text is not None and re.fullmatch(pattern, text) else otherwise


def clean_text(value: object) -> str | None:
    """Return a header text fit to be shown: no control characters, not overlong; None when nothing is left."""
    text = _UNSAFE.sub(" ", str(value)).strip() if value is not None else ""
    return text[:_LONGEST_TEXT] or None
