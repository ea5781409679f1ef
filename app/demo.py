"""``discern demo``: write the simulated lumbar study, its truth and a throw-away signer into a folder."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from analysis.errors import DiscernError
from analysis.types import Progress
from app.demo_dicom import write_dicom
from app.demo_study import EXPLANATION, TRUTH_SCHEMA, DemoStudy, simulate_study, truth

_ENTRIES = ("dicom", "signer", "README.txt", "truth.json")
"""What a demonstration is made of; the truth comes last because it marks the folder as one."""
_SCRATCH = ".discern-demo-"
_LARGEST_TRUTH = 1 << 20

_README = """Discern demonstration study (seed {seed}, Discern {version})

{explanation}
The patient Demo^Simulated does not exist, and the anatomy is drawn by a computer program.

dicom/SAG_T2/            sagittal T2-weighted images of the lumbar spine
dicom/AX_T2_<level>/     axial T2-weighted images parallel to each disc
dicom/MRS_<level>/       spectroscopy of each disc: metabolite.dcm (water suppressed) and water.dcm (its reference)
truth.json               what went into the spectra; read it after you have read the study
signer/                  a throw-away certificate to try signing with; its signature proves nothing about anybody

To open the study in the workstation:   discern FOLDER
To analyse it without a window:         discern analyse FOLDER --out RESULTS

Writing the demonstration into this folder again replaces these files and folders; keep your own work elsewhere.
"""


def make_demo(folder: Path, seed: int = 1, progress: Progress | None = None) -> Path:
    """Write the demonstration study; the DICOM files and the truth of a seed are the same bytes every time.

    Parameters
    ----------
    folder : a new or empty folder, or a former demonstration, which is replaced once the new one is complete; other
        files beside a former demonstration are left alone
    seed : 0 or more
    progress : called with the done fraction and a sentence; what it raises stops the work, and a former demonstration
        stays as it was

    Returns
    -------
    The folder.

    Raises
    ------
    DiscernError
        If the folder holds something else, or cannot be written.
    """
    if seed < 0:
        raise DiscernError(f"The seed of a demonstration is a whole number from 0 on, not {seed}.")
    folder = Path(folder)
    try:
        _refuse_other_contents(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        # On the same file system as the target, so that putting the result in place is a matter of renaming.
        beside = folder if folder.exists() else folder.parent
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=beside) as scratch:
            fresh = Path(scratch, "new")
            _write(fresh, seed, progress or _silent)
            _put_in_place(fresh, folder, Path(scratch, "old"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise DiscernError(
            f"The demonstration study cannot be written to '{folder}': {reason}; make room or choose another folder."
        ) from error
    return folder


def _silent(_fraction: float, _text: str) -> None:
    """Tell nobody."""


def _refuse_other_contents(folder: Path) -> None:
    """Leave folders alone that hold something else than a demonstration."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DiscernError(f"'{folder}' is a file; give a new or empty folder for the demonstration study.")
    others = [entry for entry in folder.iterdir() if not entry.name.startswith(_SCRATCH)]
    if others and not is_demo(folder):
        raise DiscernError(
            f"'{folder}' holds other files and no demonstration study; give a new or empty folder, nothing was written."
        )


def is_demo(folder: Path) -> bool:
    """Whether a folder holds a demonstration study that `make_demo` wrote."""
    path = folder / "truth.json"
    try:
        if path.stat().st_size > _LARGEST_TRUTH:
            return False
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("schema") == TRUTH_SCHEMA and found.get("simulated") is True


def _write(folder: Path, seed: int, progress: Progress) -> None:
    from app.report.certificates import make_demo_signer  # it brings cryptography, which takes a while to load

    progress(0.0, "Simulating the spectra of five discs")
    study = simulate_study(seed)
    write_dicom(study, folder / "dicom", lambda share, text: progress(0.04 + 0.94 * share, text))
    progress(0.98, "Making a throw-away certificate")
    make_demo_signer(folder / "signer")
    _write_texts(study, folder)
    progress(1.0, "The demonstration study is complete")


def _write_texts(study: DemoStudy, folder: Path) -> None:
    readme = _README.format(seed=study.exam.seed, version=study.version, explanation=EXPLANATION)
    text = json.dumps(truth(study), indent=1, ensure_ascii=False, allow_nan=False)
    for name, content in (("README.txt", readme), ("truth.json", text + "\n")):
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def _put_in_place(fresh: Path, folder: Path, former: Path) -> None:
    """Move a complete demonstration to its place; where that fails half-way, the former one is put back."""
    if not folder.exists():
        fresh.rename(folder)
        return
    former.mkdir()
    try:
        for name in _ENTRIES:
            if (folder / name).exists():
                (folder / name).rename(former / name)
            (fresh / name).rename(folder / name)
    except OSError:
        for name in _ENTRIES:
            if (former / name).exists():
                if (folder / name).exists():
                    (folder / name).rename(fresh / name)
                (former / name).rename(folder / name)
        raise
