"""Results of an edited exam: the same as computed anew, and only what was touched is computed."""

from __future__ import annotations

import pytest

from analysis.basis import simulate_basis
from analysis.pipeline import BasisCache, analyse
from analysis.reanalysis import Analysed, previewed, reanalysed, with_preview
from analysis.types import FitSettings, ProcessSettings
from analysis.voxel_settings import ExamSettings, GateOverride, VoxelSettings
from tests.benchmarks.simulated import exam, shipped, spin_library, study_of

DISC = shipped("disc")
STUDY = study_of(exam(1))
STIFF = VoxelSettings(fit=FitSettings(baseline_ed_per_ppm=2.5))


@pytest.fixture(scope="module")
def bases() -> BasisCache:
    return BasisCache(DISC, spin_library(), simulate_basis)


@pytest.fixture(scope="module")
def known() -> Analysed:
    return Analysed(STUDY, DISC, ExamSettings(), analyse(STUDY, DISC, spin_library()))


@pytest.mark.parametrize(
    "settings",
    [STIFF, VoxelSettings(process=ProcessSettings(reject=False)), VoxelSettings(fit=FitSettings(left_out=("Coll",)))],
    ids=["stiffness", "processing", "left out"],
)
def test_an_edit_gives_the_bytes_of_computing_everything_anew(known, bases, settings):
    edited = ExamSettings({2: settings})
    found = reanalysed(known, edited, bases)
    anew = analyse(STUDY, DISC, spin_library(), settings=edited)
    for voxel, other in zip(found.voxels, anew.voxels, strict=True):
        assert voxel.fit.amplitudes.tobytes() == other.fit.amplitudes.tobytes()
        assert voxel.ratios == other.ratios
        assert voxel.evidence == other.evidence
        assert voxel.adjusted_by_reader == other.adjusted_by_reader
    assert [voxel.adjusted_by_reader for voxel in found.voxels] == [False, False, True, False, False]


def test_what_was_not_touched_is_not_computed(known, bases):
    found = reanalysed(known, ExamSettings({2: STIFF}), bases)
    assert found.voxels[0].fit is known.exam.voxels[0].fit
    assert found.voxels[2].spectrum is known.exam.voxels[2].spectrum
    named = reanalysed(known, ExamSettings({1: VoxelSettings(label="L6-S1")}), bases)
    assert named.voxels[1].fit is known.exam.voxels[1].fit
    assert (named.voxels[1].label, named.voxels[1].acquisition.label_source) == ("L6-S1", "reader")
    assert not named.voxels[1].adjusted_by_reader


def test_an_edit_taken_back_gives_the_automatic_bytes(known, bases):
    edited = Analysed(STUDY, DISC, ExamSettings({2: STIFF}), reanalysed(known, ExamSettings({2: STIFF}), bases))
    back = reanalysed(edited, ExamSettings(), bases)
    assert back.voxels[2].fit.amplitudes.tobytes() == known.exam.voxels[2].fit.amplitudes.tobytes()
    assert back.voxels[2].evidence == known.exam.voxels[2].evidence


def test_a_preview_is_near_the_final_numbers_and_moves_the_evidence(known, bases):
    preview = previewed(known, 2, STIFF, bases)
    final = reanalysed(known, ExamSettings({2: STIFF}), bases).voxels[2]
    sd = final.fit.covariance.diagonal() ** 0.5
    assert (preview.fit.amplitudes - final.fit.amplitudes) / sd == pytest.approx(0 * sd, abs=0.1)
    assert preview.evidence == known.exam.voxels[2].evidence
    exam_with = with_preview(known, 2, preview, STIFF)
    assert exam_with.voxels[2].ratios["Lac/PG"].value == pytest.approx(final.ratios["Lac/PG"].value, rel=0.02)
    assert exam_with.voxels[2].evidence != known.exam.voxels[2].evidence


def test_an_accepted_gate_makes_a_voxel_evaluable(bases):
    from tests.benchmarks.simulated import analysed

    study, result = analysed(1)
    failed = next(i for i, v in enumerate(result.voxels) if not v.quality.evaluable)
    accepted = tuple(GateOverride(gate.name, "as asked") for gate in result.voxels[failed].quality.gates)
    known = Analysed(study, DISC, ExamSettings(), result)
    found = reanalysed(known, ExamSettings({failed: VoxelSettings(accepted_gates=accepted)}), bases)
    # nothing was measured in it, which no reader can accept
    assert not found.voxels[failed].quality.evaluable
