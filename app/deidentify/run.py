"""`discern deidentify`: each file of a study that can be read is copied without its patient; the others are named."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from analysis.errors import DiscernError, UnreadableFile
from analysis.readers import registry
from analysis.readers.detect import is_companion, is_dicom, read_head
from analysis.readers.files import found_files, sentence
from analysis.readers.guard import one_sentence, quiet
from analysis.readers.records import Contents, InputFile, Signal
from analysis.readers.watch import Watch
from analysis.types import Skipped
from app.deidentify.objects import copy_object, read_whole, write_object
from app.deidentify.pseudonyms import Pseudonyms
from app.deidentify.search import identifiers, still_there
from app.deidentify.signals import names_of, same_signal, write_signal
from app.exit_status import DONE, DONE_WITH_GAPS, NOTHING_DONE, say

_NOBODY = frozenset({"Demo", "Simulated", "SIMULATED"})
"""The name of a simulated patient and the serial number of a simulated scanner."""


@dataclass
class Copied:
    """What was written, and what was not with the reason."""

    written: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def deidentify(sources: Sequence[Path], out: Path, pseudonyms: Pseudonyms) -> int:
    """Copy studies without their patients into a new folder; return the exit status.

    Raises
    ------
    DiscernError
        If the folder holds something already.
    """
    copied = copy_without_patient(sources, out, pseudonyms)
    for item in copied.skipped:
        say(f"{item.path}: {item.reason}")
    for path in copied.written:
        sys.stdout.write(f"{path}\n")
    say(
        f"{len(copied.written)} files were written to {out}, {len(copied.skipped)} were left out. "
        "Look at the pictures before you pass them on: a head can be recognised by its face."
    )
    if not copied.written:
        return NOTHING_DONE
    return DONE_WITH_GAPS if copied.skipped else DONE


def copy_without_patient(sources: Sequence[Path], out: Path, pseudonyms: Pseudonyms) -> Copied:
    """Copy what can be copied; the files get numbers, because names of files may name people.

    Raises
    ------
    DiscernError
        If the folder holds something already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DiscernError(f"{out} is not an empty folder; choose a new one, so that nothing old is passed on with it.")
    copied = Copied()
    with found_files(sources, Watch()) as found:
        for item in found.skipped:
            copied.skipped.append(item)
        for number, file in enumerate(found.files, 1):
            try:
                copied.written += _copy(file, out / f"{number:05d}", pseudonyms)
            except UnreadableFile as error:
                copied.skipped.append(Skipped(file.shown, sentence(str(error))))
    return copied


def _copy(file: InputFile, stem: Path, pseudonyms: Pseudonyms) -> list[Path]:
    with one_sentence(), quiet():
        head = read_head(file)
        if is_companion(head) and not any(reader.recognises(head) for reader in registry.READERS):
            if file.named:
                raise UnreadableFile("it is a document, which may name the patient anywhere")
            return []
        contents = registry.read_file(file)
        original = read_whole(file.path) if is_dicom(head) else Dataset()
        if contents.index_only:
            return []
        written = _written(file, contents, original, stem, pseudonyms)
        wanted = identifiers(original).union(*(identifiers(names_of(signal)) for signal in contents.signals))
        allowed = _NOBODY if _is_simulated(contents) else frozenset()
        if any(still_there(path, wanted, allowed) for path in written):
            for path in written:
                path.unlink()
            raise UnreadableFile("something that names the patient was still found in its copy, which was deleted")
    return written


def _written(file: InputFile, contents: Contents, original: Dataset, stem: Path, pseudonyms: Pseudonyms) -> list[Path]:
    if contents.slices or (original and contents.signals and original.get("Modality") and not _is_private(original)):
        path = stem.with_suffix(".dcm")
        meta = getattr(original, "file_meta", Dataset())
        write_object(copy_object(original, pseudonyms), path, meta.get("TransferSyntaxUID"))
        if not contents.signals or _reads_the_same(path, contents.signals):
            return [path]
        path.unlink()
    if contents.signals:
        return [path for signal in contents.signals for path in write_signal(signal, stem, pseudonyms)]
    raise UnreadableFile("it is a NIfTI image, whose free texts may be names; copy its DICOM series instead")


def _is_private(dataset: Dataset) -> bool:
    return not str(dataset.get("SOPClassUID", "")).startswith("1.2.840.10008.")


def _reads_the_same(path: Path, signals: Sequence[Signal]) -> bool:
    """Whether a copy still says where and how the signal was measured; some makers say it in private elements only."""
    try:
        again = registry.read_file(InputFile(path, str(path))).signals
    except UnreadableFile:
        return False
    return len(again) == len(signals) and all(map(same_signal, again, signals))


def _is_simulated(contents: Contents) -> bool:
    infos = [*(one.info for one in contents.signals), *(one.info for one in contents.slices)]
    return any(info.simulated for info in infos)
