"""What happens on a bug: it goes to a local log file, and the reader gets one sentence."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path

_LOG = logging.getLogger("app")
_LOG_BYTES = 500_000


@contextmanager
def crash_log(tell: Callable[[str], None], folder: Path | None = None) -> Iterator[Path | None]:
    """Write bugs to a log file while the workstation runs, and tell the reader in one sentence.

    Parameters
    ----------
    tell : gets the sentence; it may be called on any thread, so it must hand over to the window's thread
    folder : where the log lies; None is the user's own log folder

    Yields
    ------
    The log file, or None where none can be written; the program runs all the same.
    """
    handler = _file_handler(folder or user_log_path("discern", appauthor=False))
    path = Path(handler.baseFilename) if isinstance(handler, logging.handlers.RotatingFileHandler) else None
    root = logging.getLogger()
    root.addHandler(handler)
    hooks = sys.excepthook, threading.excepthook
    sys.excepthook = lambda kind, error, trace: _on_bug(tell, path, kind, error, trace)
    threading.excepthook = lambda a: _on_bug(tell, path, a.exc_type, a.exc_value, a.exc_traceback)
    native = path.with_suffix(".native.txt").open("w", encoding="utf-8") if path else None
    had_faulthandler = faulthandler.is_enabled()
    if native and not had_faulthandler:
        faulthandler.enable(native)
    try:
        yield path
    finally:
        if native:
            if not had_faulthandler:
                faulthandler.disable()
            native.close()
        sys.excepthook, threading.excepthook = hooks
        root.removeHandler(handler)
        handler.close()


def _file_handler(folder: Path) -> logging.Handler:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            folder / "discern.log", maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


def _on_bug(
    tell: Callable[[str], None],
    path: Path | None,
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    if issubclass(kind, KeyboardInterrupt) or error is None:
        return
    _LOG.error("Unexpected error.", exc_info=(kind, error, trace))
    where = f" The details are in {path}." if path else ""
    tell(f"Something unexpected went wrong ({kind.__name__}); what you see is as it was before.{where}")
