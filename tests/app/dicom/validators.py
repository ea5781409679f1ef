"""The DICOM validators of Debian's dicom3tools, for tests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

EXPLAINED = (
    # PS3.3 C.8.14.1 has the enumerated value REFERENCED; dicom3tools 1.00~20220618 has it with a full stop behind it.
    "Warning - </WaterReferenceAcquisition(0018,9297)[1]> - Unrecognized defined term = <REFERENCED>",
)


def complaints(path: Path) -> list[str]:
    """Return what dciodvfy has to say about a file, but for the kind of object and what `EXPLAINED` explains."""
    lines = _run("dciodvfy", ["-new", str(path)])
    return [line for line in lines if line.startswith(("Error", "Warning")) and line not in EXPLAINED]


def contradictions(paths: Sequence[Path]) -> list[str]:
    """Return what dcentvfy finds to differ between the objects of one patient, study, series or frame of reference."""
    return _run("dcentvfy", [str(path) for path in paths])


def _run(tool: str, arguments: list[str]) -> list[str]:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed (apt-get install dicom3tools)")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
