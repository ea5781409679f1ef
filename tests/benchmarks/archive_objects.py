"""What validators and an archive say of the objects of a report: the figures of resources/help/archive.md.

    .venv/bin/python -m tests.benchmarks.archive_objects [STUDY...]

STUDY is analysed, and its report is not signed. Without it the demonstration study of five discs is made, analysed and
signed, and its own objects are looked at too. Every object goes through dciodvfy (dicom3tools), the measurements
through dsrdump (dcmtk), and all of them into Orthanc and back, bytes compared. Prints one line for each kind of object
and each different complaint once with its count. The exit status is 1 where there is an error or a byte differs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.cli import main as discern
from tests.orthanc import running_orthanc

_COMPLAINT = re.compile(r"^(Error|Warning)\b")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def complaints_of(path: Path) -> list[str]:
    """Return dciodvfy's errors and warnings without the places inside the file, so that equal ones can be counted."""
    done = subprocess.run(
        ["dciodvfy", "-new", str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    lines = [line for line in (done.stdout + done.stderr).splitlines() if _COMPLAINT.match(line)]
    return [re.sub(r"<(?:/[^>]*)?/(\w+)\([^>]*>", r"\1", line) for line in lines]


def made_report(folder: Path, study: Sequence[str]) -> tuple[list[str], Path]:
    """Analyse a study, or make, analyse and sign the demonstration; return the study and its report."""
    secret: list[str] = []
    if not study:
        study = [str(folder / "demo")]
        assert discern(["demo", *study]) == 0
        signer = folder / "demo" / "signer"
        passphrase = str(signer / "demo-signer.passphrase")
        secret = ["--sign", str(signer / "demo-signer.p12"), "--passphrase-file", passphrase]
    discern(["analyse", *study, "--out", str(folder / "out"), *secret])
    (report,) = (folder / "out").rglob("report.pdf")
    return list(study), report


def shown(title: str, paths: Sequence[Path]) -> int:
    """Print what dciodvfy says of a group of files; return the number of errors."""
    lines = Counter(line for path in paths for line in complaints_of(path))
    errors = sum(count for line, count in lines.items() if line.startswith("Error"))
    say(f"{title}: {len(paths)} files, {errors} errors, {sum(lines.values()) - errors} warnings")
    for line, count in lines.most_common():
        say(f"    {count} x {line}")
    return errors


def read_by_dcmtk(path: Path) -> bool:
    """Whether dsrdump prints the whole document without an error."""
    done = subprocess.run(["dsrdump", "+Pl", str(path)], capture_output=True, text=True, errors="replace", check=False)
    say(f"dsrdump: status {done.returncode}, {len(done.stdout.splitlines())} lines, says {done.stderr.strip()!r}")
    return done.returncode == 0 and "F:" not in done.stderr and "E:" not in done.stderr


def kept_by_orthanc(paths: Sequence[Path]) -> bool:
    """Whether Orthanc gives every file back byte for byte."""
    with running_orthanc() as archive:
        same = 0
        for path in paths:
            sent = path.read_bytes()
            answer = archive.store(sent)
            same += archive.get(f"/instances/{answer['ID']}/file") == sent
    say(f"Orthanc: {same} of {len(paths)} files come back byte for byte")
    return same == len(paths)


def main(arguments: Sequence[str]) -> int:
    lacking = [tool for tool in ("dciodvfy", "dsrdump") if shutil.which(tool) is None]
    if lacking:
        say(f"{' and '.join(lacking)} are needed (apt-get install dcmtk dicom3tools).")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        study, report = made_report(folder, arguments)
        status = discern(["export", *study, "--report", str(report), "--out", str(folder / "export")])
        made = sorted((folder / "export").rglob("*.dcm"))
        if status or not made:
            return 2
        kinds = Counter(re.sub(r"-\d+$", "", path.stem) for path in made)
        groups = {kind: [p for p in made if re.sub(r"-\d+$", "", p.stem) == kind] for kind in kinds}
        errors = sum(shown(kind, paths) for kind, paths in groups.items())
        own = [] if arguments else sorted((folder / "demo" / "dicom").rglob("*.dcm"))
        errors += shown("the demonstration's own objects", own) if own else 0
        is_read = read_by_dcmtk(groups["measurements"][0])
        is_kept = kept_by_orthanc([*made, *own])
        return int(errors > 0 or not is_read or not is_kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
