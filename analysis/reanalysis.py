"""The results of an edited exam: only what an edit touches is computed again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analysis.pipeline import BasisCache, Before, analyse_voxel, exam_of, measured_anew, named, preview_voxel
from analysis.protocol import Protocol
from analysis.types import ExamResult, Fit, Stop, Study, VoxelResult
from analysis.voxel_settings import ExamSettings, VoxelSettings


@dataclass(frozen=True, eq=False)
class Analysed:
    """Results of a study and the settings that made them; voxels stand in the order of the study."""

    study: Study
    protocol: Protocol
    settings: ExamSettings
    exam: ExamResult


def reanalysed(known: Analysed, settings: ExamSettings, bases: BasisCache, stop: Stop | None = None) -> ExamResult:
    """Return the results under other settings, the same as if everything had been computed anew.

    Raises
    ------
    Cancelled : `stop` says so
    """
    results = [_again(known, index, settings.of(index), bases, stop) for index in range(len(known.exam.voxels))]
    return exam_of(results, known.protocol, known.exam.warnings)


def _again(known: Analysed, index: int, settings: VoxelSettings, bases: BasisCache, stop: Stop | None) -> VoxelResult:
    result, before = known.exam.voxels[index], known.settings.of(index)
    if settings == before:
        return result
    acquisition = known.study.acquisitions[index]
    if replace(settings, label=before.label) == before:
        return replace(result, acquisition=named(acquisition, settings.label))
    return analyse_voxel(acquisition, known.protocol, bases, settings, stop, Before(before, result))


def previewed(
    known: Analysed,
    index: int,
    settings: VoxelSettings,
    bases: BasisCache,
    stop: Stop | None = None,
    *,
    warm: Fit | None = None,
) -> VoxelResult:
    """Return a voxel with the fit that a gesture in progress would give; ratios and evidence are those of before.

    Parameters
    ----------
    warm : the fit of the gesture's step before, to start from; None starts from the final one

    Raises
    ------
    FitFailed : the voxel cannot be fitted so
    Cancelled : `stop` says so
    """
    before = Before(known.settings.of(index), known.exam.voxels[index])
    return preview_voxel(before, known.protocol, bases, settings, warm, stop)


def with_preview(known: Analysed, index: int, preview: VoxelResult, settings: VoxelSettings) -> ExamResult:
    """Return the exam with a previewed voxel in its place, its ratios measured and all discs compared anew."""
    voxels = list(known.exam.voxels)
    voxels[index] = measured_anew(preview, known.protocol, settings)
    return exam_of(voxels, known.protocol, known.exam.warnings)
