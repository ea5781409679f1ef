"""What of a log may leave the computer: places in our own code and in libraries, and kinds of errors; no free text.

An error's text, a path or a log message may quote a header. So nothing is taken out of the log: only what is recognised
as code is taken over, and all else is counted.
"""

from __future__ import annotations

import builtins
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
_OURS = frozenset({"analysis", "app", "widgets", "packaging"})
_FRAME = re.compile(r'\s*File "(?P<path>[^"]+)", line (?P<line>\d+),? in (?P<name>[\w<>.]+)\s*')
_HEAD = re.compile(r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (?P<level>[A-Z]+) (?P<logger>[\w.]+): .*")
_KIND = re.compile(r"(?P<kind>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)(:.*)?")
_FATAL = re.compile(r"Fatal Python error: (?P<what>Segmentation fault|Aborted|Bus error|Illegal instruction).*")
_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
_TRACE = ("Traceback (most recent call last):", "Stack (most recent call first):")
_BETWEEN = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)


def only_code(text: str) -> str:
    """Return what of a log is code, one line per line that is recognised; the others are counted where they stood."""
    kept, left_out = [], 0
    for line in text.splitlines():
        known = _code_in(line)
        if known is None:
            left_out += bool(line.strip())
            continue
        kept += [*_counted(left_out), known]
        left_out = 0
    return "\n".join([*kept, *_counted(left_out), ""])


def _counted(lines: int) -> list[str]:
    if not lines:
        return []
    return ["    (1 line of text left out)" if lines == 1 else f"    ({lines} lines of text left out)"]


def _code_in(line: str) -> str | None:
    """Return what is kept of a line, None where nothing is."""
    if line in _TRACE or line in _BETWEEN:
        return line
    if found := _FATAL.fullmatch(line):
        return f"Fatal Python error: {found['what']}"
    if found := _FRAME.fullmatch(line):
        return f"  {_place(found['path'], found['name'])}, line {int(found['line'])}"
    if found := _HEAD.fullmatch(line):
        is_known = found["level"] in _LEVELS and found["logger"].partition(".")[0] in _packages()
        return f"{found['at']} {found['level']} {found['logger'].partition('.')[0]}" if is_known else None
    if found := _KIND.fullmatch(line):
        return found["kind"] if _is_error(found["kind"]) else None
    return None


def _place(path: str, name: str) -> str:
    """Return file and function of a frame where both are those of a source file that is installed here."""
    file = Path(path)
    for root in _roots():
        if not file.is_relative_to(root):
            continue
        relative = file.relative_to(root)
        if relative.parts[0].removesuffix(".py") in _packages() and file.suffix == ".py" and file.is_file():
            return f"{relative.as_posix()} in {name if _defines(file, name) else '?'}"
    return "elsewhere in ?"


@cache
def _defines(file: Path, name: str) -> bool:
    if name in ("<module>", "<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"):
        return True
    try:
        source = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(rf"\b(def|class) {re.escape(name.rpartition('.')[2])}\b", source) is not None


def _is_error(name: str) -> bool:
    """Whether a name is that of an error: Python's own, or one that a module which is loaded here defines."""
    module, _, kind = name.rpartition(".")
    if not module:
        found = getattr(builtins, kind, None)
    else:
        found = getattr(sys.modules.get(module), kind, None)
        if found is None:  # not loaded here: it counts where its module's source has it
            place = Path(*module.split("."))
            files = (root / name for root in _roots() for name in (place.with_suffix(".py"), place / "__init__.py"))
            return module.partition(".")[0] in _packages() and any(_defines(file, kind) for file in files)
    return isinstance(found, type) and issubclass(found, BaseException)


def _roots() -> list[Path]:
    return [_ROOT, *(Path(root) for root in sys.path if root)]


@cache
def _packages() -> frozenset[str]:
    """Return the names of all packages that are installed, of Python and of Discern."""
    return frozenset({*sys.stdlib_module_names, *metadata.packages_distributions(), *_OURS})
