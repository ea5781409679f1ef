"""Put together what was found in the files: studies with their volumes, acquisitions and labels."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from analysis.readers import stacks
from analysis.readers.exports import without_exports
from analysis.readers.files import Found
from analysis.readers.guard import clean_text
from analysis.readers.levels import disc_level
from analysis.readers.pairing import Paired, pair
from analysis.readers.records import Contents, Signal, Slice, folder_of, source_of
from analysis.readers.watch import Watch
from analysis.types import Acquisition, LabelSource, Skipped, SourceFile, Study, StudyInfo, Volume

AVERAGED = "The file holds averages, not transients: motion, drift and rejected transients cannot be judged."
_BIDS_FOLDER = re.compile(r"(sub|ses)-[A-Za-z0-9]+")
_Item = TypeVar("_Item", Slice, Signal)


@dataclass(eq=False)
class Parts:
    """What was read, while it is being sorted into studies; volumes are those of files that know no study."""

    slices: list[Slice] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)

    def add(self, contents: Contents) -> None:
        """Add what was found in one file."""
        self.slices += contents.slices
        self.signals += contents.signals
        self.volumes += contents.volumes

    def infos(self) -> list[StudyInfo]:
        """What every object says about patient and study."""
        return [one.info for one in self.slices] + [one.info for one in self.signals]


def assemble(parts: Parts, found: Found, watch: Watch) -> list[Study]:
    """Return the studies that hold something to see, ordered by date and UID.

    Parameters
    ----------
    parts : everything that was read
    found : its list of skipped files grows by what cannot be used, and is shared out to the studies
    """
    groups = _grouped(parts)
    studies = []
    for number, (uid, one) in enumerate(groups.items()):
        share = watch.end - watch.start
        start = watch.start + share * number / len(groups)
        studies.append(_study(uid, one, found, watch.part(start, start + share / len(groups))))
    usable = [study for study in studies if study.volumes or study.acquisitions]
    usable.sort(key=lambda study: (study.info.study_date or "9", study.info.study_instance_uid))
    return _with_skipped(usable, found.skipped)


def _grouped(parts: Parts) -> dict[str, Parts]:
    """Sort by study; what knows no study joins the only DICOM study, or forms one study per folder and patient."""
    groups: dict[str, Parts] = {}
    loose: dict[tuple[str, str], Parts] = {}
    for one in parts.slices:
        groups.setdefault(one.info.study_instance_uid, Parts()).slices.append(one)
    for signal in parts.signals:
        if signal.info.study_instance_uid:
            groups.setdefault(signal.info.study_instance_uid, Parts()).signals.append(signal)
    only = next(iter(groups.values())) if len(groups) == 1 else None
    for signal in parts.signals:
        if not signal.info.study_instance_uid:
            _home(signal, only, loose).signals.append(signal)
    for volume in parts.volumes:
        _home_of_image(volume, only, loose).volumes.append(volume)
    groups.update((_made_uid(part), part) for part in loose.values())
    return groups


def _home(signal: Signal, only: Parts | None, loose: dict[tuple[str, str], Parts]) -> Parts:
    if only is not None and not any(_contradict(signal.info, info) for info in only.infos()):
        return only
    patient = signal.info.patient_id or signal.info.patient_name or ""
    return loose.setdefault((study_folder(signal.file.shown), patient), Parts())


def _home_of_image(volume: Volume, only: Parts | None, loose: dict[tuple[str, str], Parts]) -> Parts:
    """An image that names no patient belongs to the only patient of its folder."""
    if only is not None:
        return only
    home = study_folder(volume.sources[0].path)
    here = [part for (folder, _), part in loose.items() if folder == home]
    return here[0] if len(here) == 1 else loose.setdefault((home, ""), Parts())


def _contradict(a: StudyInfo, b: StudyInfo) -> bool:
    """Whether two headers name different patients; converters often keep only the family name."""
    if a.patient_id and b.patient_id:
        return a.patient_id.casefold() != b.patient_id.casefold()
    if a.patient_name and b.patient_name:
        return a.patient_name.split("^")[0].casefold() != b.patient_name.split("^")[0].casefold()
    return False


def study_folder(path: str) -> str:
    """Return the folder whose files make one study: the nearest ``ses-*`` or ``sub-*`` folder (BIDS), or its own."""
    parts = folder_of(path).split("/")
    for end in range(len(parts), 0, -1):
        if _BIDS_FOLDER.fullmatch(parts[end - 1]):
            return "/".join(parts[:end])
    return folder_of(path)


def _made_uid(parts: Parts) -> str:
    """Return a UID made from the files of a study that has none (``2.25.`` and a 128-bit number, PS3.5 B.2)."""
    hashes = sorted({one.file.sha256 for one in parts.signals} | {one.sources[0].sha256 for one in parts.volumes})
    return f"2.25.{int(hashlib.sha256(''.join(hashes).encode()).hexdigest()[:32], 16)}"


def _study(uid: str, parts: Parts, found: Found, watch: Watch) -> Study:
    slices = _once(parts.slices, lambda one: (one.sop_instance_uid or one.file.sha256, one.frame), found)
    signals = _once(parts.signals, lambda one: (one.sop_instance_uid or one.file.sha256, one.cell), found)
    volumes, warnings = stacks.volumes_of(slices, found, watch)
    pairs, left = pair(without_exports(signals, found))
    for signal, reason in left:
        found.skip(signal.file.shown, reason)
    return Study(
        info=_merged_info(uid, parts.infos()),
        volumes=(*volumes, *parts.volumes),
        acquisitions=tuple(_labelled(pairs)),
        warnings=tuple(warnings),
    )


def _once(items: Iterable[_Item], key: Callable[[_Item], object], found: Found) -> list[_Item]:
    """Drop copies of one object; a copy that differs is not used either, because nobody can tell which is right."""
    first: dict[object, _Item] = {}
    told: set[str] = set()
    for item in items:
        kept = first.setdefault(key(item), item)
        if kept is item or item.file.shown in told:
            continue
        told.add(item.file.shown)
        same = kept.file.sha256 == item.file.sha256
        what = "it is a copy of" if same else "it has the same SOP Instance UID, but other contents, as"
        found.skip(item.file.shown, f"{what} {clean_text(kept.file.name)}, which was read")
    return list(first.values())


def _merged_info(uid: str, infos: Sequence[StudyInfo]) -> StudyInfo:
    """Return for every field the first value that any object of the study gives."""
    merged = StudyInfo(study_instance_uid=uid, simulated=any(info.simulated for info in infos))
    names = [one.name for one in fields(StudyInfo) if one.name not in ("study_instance_uid", "simulated")]
    known: dict[str, Any] = {
        name: next((value for info in infos if (value := getattr(info, name))), None) for name in names
    }
    return replace(merged, **known)


def as_acquisition(signal: Signal) -> Acquisition:
    """Return a signal by itself, whatever it is, without looking for a partner."""
    return _labelled([Paired(signal)])[0]


def _labelled(pairs: Sequence[Paired]) -> list[Acquisition]:
    """Return the acquisitions from head to foot, named after the disc that the header speaks of, or numbered."""
    ordered = sorted(pairs, key=lambda one: _from_head_to_foot(one.signal, pairs))
    levels = [_level(one.signal) for one in ordered]
    seen: Counter[str] = Counter()
    acquisitions = []
    for one, level in zip(ordered, levels, strict=True):
        name = level if one.signal.cell is None else _cell_name(one.signal.cell, level)
        label = name or f"Voxel {seen['unnamed'] + 1}"
        seen["unnamed" if name is None else name] += 1
        if name is not None and seen[name] > 1:
            label = f"{name} ({seen[name]})"
        acquisitions.append(_acquisition(one, label, "order" if level is None else "header"))
    return acquisitions


def _cell_name(cell: tuple[int, int, int], level: str | None) -> str:
    """Name a voxel of a grid by its place in it; the level that a header speaks of is that of the whole grid."""
    row, column, plane = cell
    place = f"row {row}, column {column}" + (f", slice {plane}" if plane > 1 else "")
    return f"{level}, {place}" if level else place.capitalize()


def _from_head_to_foot(signal: Signal, pairs: Sequence[Paired]) -> tuple[float, tuple[int, ...], str]:
    """Sort by height where every voxel has a place, else by the order of acquisition; 5 mm count as one height."""
    placed = all(one.signal.voxel is not None for one in pairs)
    height = -round(signal.voxel.centre_mm[2] / 5) if placed and signal.voxel is not None else 0
    return float(height), signal.order, signal.file.shown


def _level(signal: Signal) -> str | None:
    own_file = signal.file.name if signal.sop_instance_uid is None else None
    return disc_level(signal.description) or disc_level(signal.protocol) or disc_level(own_file)


def _acquisition(one: Paired, label: str, label_source: LabelSource) -> Acquisition:
    signal, partner = one.signal, one.water
    water = signal.water if partner is None else partner.fids
    width_hz = (partner or signal).parameters.spectral_width_hz
    return Acquisition(
        label=label,
        label_source=label_source,
        fids=signal.fids,
        water=water,
        parameters=signal.parameters,
        voxel=signal.voxel,
        sources=tuple(_sources(signal, partner)),
        frame_of_reference_uid=signal.frame_of_reference_uid,
        series_description=signal.description or signal.protocol,
        averaged_only=signal.averaged_only,
        saturation_bands=signal.saturation_bands,
        eddy_corrected=signal.eddy_corrected,
        water_spectral_width_hz=None if water is None else width_hz,
        warnings=(*signal.warnings, *one.warnings, *((AVERAGED,) if signal.averaged_only else ())),
    )


def _sources(signal: Signal, water: Signal | None) -> Iterable[SourceFile]:
    for file, uid in ((signal.file, signal.sop_instance_uid), *signal.more_files):
        yield source_of(file, uid, "metabolite")
    if water is not None:
        for file, uid in ((water.file, water.sop_instance_uid), *water.more_files):
            yield source_of(file, uid, "water")


def _with_skipped(studies: Sequence[Study], skipped: Sequence[Skipped]) -> list[Study]:
    """Give every skipped file to the study that has a file in the same folder, else to the first study."""
    folders = [_folders(study) for study in studies]
    shares: list[list[Skipped]] = [[] for _ in studies]
    for one in sorted(skipped, key=lambda one: one.path):
        folder = folder_of(one.path)
        index = next((i for i, mine in enumerate(folders) if folder in mine), 0)
        if shares:
            shares[index].append(one)
    return [replace(study, skipped=tuple(share)) for study, share in zip(studies, shares, strict=True)]


def _folders(study: Study) -> set[str]:
    sources = [source for volume in study.volumes for source in volume.sources]
    sources += [source for acquisition in study.acquisitions for source in acquisition.sources]
    return {folder_of(source.path) for source in sources}
