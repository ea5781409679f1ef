"""Read studies: the only part of Discern that knows file formats."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from analysis.errors import NothingToRead, UnreadableFile
from analysis.readers import describe, registry, stacks
from analysis.readers.ahead import read_ahead
from analysis.readers.apart import one_batch
from analysis.readers.detect import is_companion, read_head
from analysis.readers.files import Found, found_files, sentence
from analysis.readers.first_look import first_look
from analysis.readers.records import InputFile
from analysis.readers.study import Parts, as_acquisition, assemble
from analysis.readers.watch import Watch
from analysis.types import Acquisition, Progress, Stop, Study

__all__ = ["first_look", "inspect_file", "read_signal", "read_studies"]

_FILES_SHARE = 0.7
"""Share of the progress that is over once all headers are read; then the pixels follow."""


def read_studies(
    paths: Sequence[Path], *, progress: Progress | None = None, stop: Stop | None = None
) -> tuple[Study, ...]:
    """Read folders, DICOMDIR, zip archives or single files, mixed.

    Parameters
    ----------
    paths : what the user gave
    progress : called with the done fraction and a sentence
    stop : asked often; True ends the reading

    Returns
    -------
    One study per Study Instance UID, ordered by date. Files that know no study (NIfTI) join the only DICOM study among
    `paths` unless they name another patient; otherwise they form one study per folder. Every study lists in `skipped`
    which files were not used and why; documents and programs that merely lie in a folder are passed over.

    Raises
    ------
    NothingToRead : no file could be used; its `skipped` holds every reason
    Cancelled : `stop` returned True
    """
    watch = Watch(progress, stop)
    with found_files(paths, watch) as found:
        parts = _read_all(found, watch.part(0.0, _FILES_SHARE))
        studies = assemble(parts, found, watch.part(_FILES_SHARE, 1.0))
    if not studies:
        raise NothingToRead(_nothing(paths, found), tuple(found.skipped))
    watch.tell(1.0, "All files are read")
    return tuple(studies)


def read_signal(path: Path) -> Acquisition:
    """Read the spectroscopy of one file as it is, a water reference too, without judging or pairing it.

    Raises
    ------
    UnreadableFile : the file cannot be read, or holds no spectroscopy, or that of several voxels
    """
    with found_files([Path(path)], Watch()) as found:
        if found.skipped:
            raise UnreadableFile(found.skipped[0].reason)
        try:
            signals = [signal for file in found.files for signal in registry.read_file(file).signals]
        except UnreadableFile as error:
            raise UnreadableFile(sentence(str(error))) from error
    if not signals:
        raise UnreadableFile("The file holds no spectroscopy.")
    if len(signals) > 1:
        raise UnreadableFile(f"The file holds {len(signals)} voxels; open it as a study, which reads every one.")
    return as_acquisition(signals[0])


def _read_all(found: Found, watch: Watch) -> Parts:
    parts = Parts()
    count = len(found.files)
    with one_batch(), closing(read_ahead(found.files)) as ahead:
        for number, (file, read) in enumerate(ahead):
            watch.tell(number / count, f"Reading file {number + 1} of {count}")
            try:
                parts.add(read())
            except UnreadableFile as error:
                if file.named or not _passes_over(file):
                    found.skip(file.shown, str(error))
    used = {other.shown for signal in parts.signals for other, _ in signal.more_files}
    found.skipped = [one for one in found.skipped if one.path not in used]
    return parts


def _passes_over(file: InputFile) -> bool:
    try:
        head = read_head(file)
    except OSError:
        return False
    return not any(reader.recognises(head) for reader in registry.READERS) and is_companion(head)


def _nothing(paths: Sequence[Path], found: Found) -> str:
    """Return one sentence: what was given, why nothing of it can be used, and what to do."""
    names = ", ".join(f"'{path}'" for path in paths)
    advice = "give a folder, DICOMDIR, zip or file with MR images or spectra"
    if not paths:
        return f"There is nothing to read; {advice}."
    if not found.skipped:
        kind = "is empty" if not found.files else "holds no image or spectrum"
        return f"{names} {kind}; {advice}."
    first = found.skipped[0]
    reason = _inside_a_sentence(first.reason)
    if len(found.skipped) == 1:
        return f"'{first.path}' cannot be used: {reason}; {advice}."
    return f"None of the {len(found.skipped)} files in {names} can be used, the first ({first.path}) because: {reason}."


def _inside_a_sentence(reason: str) -> str:
    first = reason.split(" ", 1)[0]
    plain = first in ("The", "It", "Its", "This", "There")
    return (reason[:1].lower() + reason[1:] if plain else reason).rstrip(".")


def inspect_file(path: Path) -> tuple[str, bool]:
    """Return one sentence on what a file is and what Discern can read in it, and whether it can; no patient data."""
    path = Path(path)
    if path.is_dir():
        return "A folder; open it as a study, or give the files in it.", True
    with found_files([path], Watch()) as found:
        if found.skipped:
            return f"Cannot be read: {_inside_a_sentence(found.skipped[0].reason)}.", False
        own = next((file for file in found.files if file.path == path), None)
        if own is None:
            return f"Holds {len(found.files)} files; open it as a study to read them.", bool(found.files)
        try:
            return sentence(_inspected(own)), True
        except UnreadableFile as error:
            return f"Cannot be read: {_inside_a_sentence(sentence(str(error)))}.", False


def _inspected(file: InputFile) -> str:
    contents = registry.read_file(file)
    if contents.slices:
        stacks.check_pixels(contents.slices[0])
    return describe.contents(contents)
