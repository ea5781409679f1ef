"""One simulated exam from end to end, and what happens when something is missing, broken, or stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import Cancelled
from analysis.pipeline import analyse, exam_of, sequence_of
from analysis.results import results_bytes, results_document
from analysis.types import AcquisitionParameters, ExamResult, FitSettings, ProcessSettings, Study
from analysis.voxel_settings import ExamSettings, VoxelSettings
from tests.benchmarks.simulated import SILENT, acquisition_of, analysed, exam, shipped, spin_library, study_of

SEED = 3
PROTOCOL = shipped("disc")


@pytest.fixture(scope="module")
def analysis_of() -> tuple[Study, ExamResult]:
    return analysed(SEED)


def one_voxel(index: int = 0, **changes: object) -> Study:
    study = study_of(exam(SEED))
    return replace(study, acquisitions=(replace(study.acquisitions[index], **changes),))


def run(study: Study, **rest: object) -> ExamResult:
    return analyse(study, rest.pop("protocol", PROTOCOL), spin_library(), **rest)


# --- the exam ----------------------------------------------------------------------------------------------------


def test_every_voxel_is_there_in_the_order_of_the_study(analysis_of):
    study, result = analysis_of
    assert [v.label for v in result.voxels] == ["L1-L2", SILENT, "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
    assert [v.acquisition for v in result.voxels] == list(study.acquisitions)
    assert (result.protocol_id, result.protocol_sha256) == (PROTOCOL.id, PROTOCOL.sha256)
    assert result.compares


def test_five_discs_are_evaluable_and_compared(analysis_of):
    _, result = analysis_of
    assert result.evaluable == 5
    assert result.withheld is None
    assert result.contrast_p < 0.1
    for voxel in result.voxels:
        if voxel.label != SILENT:
            assert voxel.quality.evaluable, voxel.quality.reasons
            assert voxel.evidence.lr is not None
            assert voxel.fit.converged
            assert not voxel.adjusted_by_reader


def test_a_silent_voxel_says_why_and_stops_nothing(analysis_of):
    silent = next(v for v in analysis_of[1].voxels if v.label == SILENT)
    assert not silent.quality.evaluable
    assert silent.quality.reasons == ("The signal is empty or not finite, so nothing could be fitted.",)
    assert silent.fit is None
    assert silent.metabolites == {}
    assert silent.ratios == {}
    assert silent.evidence.evidence_class == "not evaluable"


def test_the_painful_disc_has_the_most_evidence(analysis_of):
    truth = {disc.label: disc.painful for disc in exam(SEED).discs}
    medians = {v.label: v.evidence.lr.median for v in analysis_of[1].voxels if v.evidence.lr}
    assert truth[max(medians, key=medians.get)]
    assert not any(truth[v.label] for v in analysis_of[1].voxels if v.evidence.evidence_class == "lower")


def test_ratios_are_the_truth_within_their_errors(analysis_of):
    truth = {disc.label: disc.ratios for disc in exam(SEED).discs}
    z = []
    for voxel in analysis_of[1].voxels:
        for name in ("Lac/PG", "LAAL/PG", "Ala/PG", "Prop/PG"):
            if voxel.ratios:
                z.append((voxel.ratios[name].value - truth[voxel.label][name]) / voxel.ratios[name].sd)
    assert len(z) == 20
    assert np.abs(z).max() < 3.5
    assert abs(np.mean(z)) < 1.0
    assert np.std(z) < 1.6


def test_figures_are_those_that_were_simulated(analysis_of):
    for voxel in analysis_of[1].voxels:
        if voxel.label == SILENT:
            continue
        disc = next(d for d in exam(SEED).discs if d.label == voxel.label)
        assert voxel.quality.snr == pytest.approx(disc.pg_snr, rel=0.35)
        assert 7.0 < voxel.quality.water_fwhm_hz < 11.5
        assert 12.0 < voxel.quality.fwhm_hz < 26.0
        assert not voxel.spectrum.kept[list(disc.spoilt)].any()


def test_noise_is_neither_over_nor_underestimated(analysis_of):
    """The mean of k transients has the noise of one over the root of k: from the raw tails against the spectrum's."""
    ratios = []
    for voxel in analysis_of[1].voxels:
        if voxel.label != SILENT:
            raw = voxel.acquisition.fids[0][voxel.spectrum.kept][:, -300:]
            ratios.append(voxel.spectrum.noise_sd / (raw.std() / np.sqrt(2) / np.sqrt(voxel.spectrum.kept.sum())))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.04)
    assert np.ptp(ratios) < 0.15


# --- determinism, progress, stop ---------------------------------------------------------------------------------


def test_two_runs_give_the_same_bytes(analysis_of):
    study, result = analysis_of
    again = run(replace(study, acquisitions=study.acquisitions[3:4]))
    compared = exam_of([replace(v, evidence=None) for v in result.voxels], PROTOCOL, study.warnings)
    assert results_bytes(results_document(study, compared, version="1")) == results_bytes(
        results_document(study, result, version="1")
    )
    first = replace(result.voxels[3], evidence=None)
    second = replace(again.voxels[0], evidence=None)
    texts = {results_bytes(results_document(study, replace(result, voxels=(v,)), version="1")) for v in (first, second)}
    assert len(texts) == 1


def test_progress_names_each_voxel_and_rises():
    told: list[tuple[float, str]] = []
    empty = np.zeros((1, 4, 512), dtype=complex)
    study = one_voxel(fids=empty, water=None)
    study = replace(study, acquisitions=study.acquisitions * 3)
    run(study, progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert all("L1-L2" in text for _, text in told)


def test_a_stop_cancels_before_and_within_a_voxel():
    with pytest.raises(Cancelled):
        run(one_voxel(), stop=lambda: True)
    asked = iter([False] * 4)
    with pytest.raises(Cancelled):
        run(one_voxel(), stop=lambda: next(asked, True))


# --- broken and missing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_voxel_that_is_not_finite_says_so_and_stops_nothing(value):
    study = one_voxel()
    fids = study.acquisitions[0].fids.copy()
    fids[0, 5, 100] = value
    result = run(replace(study, acquisitions=(replace(study.acquisitions[0], fids=fids, water=None),)))
    assert not result.voxels[0].quality.evaluable
    assert result.voxels[0].quality.reasons


def test_a_water_reference_that_is_not_finite_stops_nothing():
    study = one_voxel()
    water = np.full_like(study.acquisitions[0].water, np.nan)
    result = run(replace(study, acquisitions=(replace(study.acquisitions[0], water=water),)))
    assert len(result.voxels) == 1


SIGNALS = tuple(s.name for s in PROTOCOL.rules.signals)


@pytest.mark.parametrize(
    "settings",
    [
        FitSettings(ppm_range=(20.0, 30.0)),
        FitSettings(left_out=SIGNALS),
        FitSettings(left_out=tuple(name for name in SIGNALS if name != "Coll")),
    ],
    ids=["outside the spectrum", "everything left out", "nothing left for a variation of the fit"],
)
def test_settings_that_cannot_be_fitted_stop_nothing(settings):
    study = one_voxel(fids=study_of(exam(SEED)).acquisitions[0].fids[:, :16])
    result = run(study, settings=ExamSettings({0: VoxelSettings(fit=settings)}))
    assert not result.voxels[0].quality.evaluable
    assert result.voxels[0].quality.reasons


def test_a_short_averaged_signal_without_water_is_read_with_what_it_has():
    fids = study_of(exam(SEED)).acquisitions[0].fids[:, :, :1024].mean(axis=1, keepdims=True)
    result = run(one_voxel(fids=fids, water=None, averaged_only=True))
    voxel = result.voxels[0]
    assert voxel.fit is not None
    assert voxel.quality.kept_fraction is None
    assert voxel.quality.water_fwhm_hz is None
    verdicts = {g.name: g.verdict for g in voxel.quality.gates}
    assert verdicts["Transients kept"] == verdicts["Water FWHM"] == verdicts["Halves agree"] == "unknown"
    assert result.withheld.startswith("Only 1 evaluable disc")


def test_an_empty_study_is_an_empty_result():
    result = run(replace(one_voxel(), acquisitions=()))
    assert result.voxels == ()
    assert result.evaluable == 0


# --- the sequence ------------------------------------------------------------------------------------------------


def parameters(**values: object):
    base = AcquisitionParameters(127.74, 2500.0, 4.65)
    return replace(acquisition_of(exam(SEED).discs[0], 0), parameters=replace(base, **values))


def test_the_sequence_is_the_files_where_it_says():
    sequence, warnings = sequence_of(parameters(localisation="sLASER", te_s=0.035), PROTOCOL)
    assert (sequence.name, sequence.te_s) == ("sLASER", 0.035)
    assert warnings == ()
    sequence, warnings = sequence_of(parameters(localisation="STEAM", te_s=0.02, tm_s=0.012), PROTOCOL)
    assert (sequence.name, sequence.tm_s) == ("STEAM", 0.012)
    assert warnings == ()


def test_what_the_file_does_not_say_is_assumed_with_a_warning():
    rules = PROTOCOL.rules.basis
    sequence, warnings = sequence_of(parameters(), PROTOCOL)
    assert (sequence.name, sequence.te_s) == (rules.default_localisation, rules.default_te_s)
    assert len(warnings) == 2
    sequence, warnings = sequence_of(parameters(localisation="STEAM", te_s=0.02), PROTOCOL)
    assert sequence.tm_s == rules.default_tm_s
    assert len(warnings) == 1
    assert "mixing time" in warnings[0]


# --- settings of the reader --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adjusted() -> ExamResult:
    settings = VoxelSettings(
        ProcessSettings(remove_water=False, keep_transients=tuple(k < 48 for k in range(64))),
        FitSettings(left_out=("Ace", "Tau")),
    )
    return run(one_voxel(), settings=ExamSettings({0: settings}))


def test_a_readers_settings_reach_their_voxel_and_are_marked(adjusted):
    voxel = adjusted.voxels[0]
    assert voxel.adjusted_by_reader
    assert voxel.spectrum.kept.tolist() == [k < 48 for k in range(64)]
    assert {"Ace", "Tau"}.isdisjoint(voxel.fit.names)
    assert "Not done: switched off." in {s.name: s.text for s in voxel.spectrum.history}["Water removal"]
    for variant in voxel.variants:
        assert {"Ace", "Tau"}.isdisjoint(variant.names)


def test_settings_that_change_nothing_are_no_adjustment():
    assert not VoxelSettings().adjusted
    assert VoxelSettings(fit=FitSettings(shift_ppm=0.01)).adjusted
    assert ExamSettings().of(4) == VoxelSettings()


def test_a_protocol_without_evidence_compares_nothing():
    result = run(one_voxel(), protocol=shipped("cord"))
    assert not result.compares
    assert result.contrast_p is None
    assert result.withheld is None
    assert result.voxels[0].evidence is None


def test_the_spread_between_fits_widens_the_evidence(analysis_of):
    """Covariance between equally defensible fits is part of the uncertainty (section 5.1, step 11)."""
    _, result = analysis_of

    def apart(voxel, share):
        """A voxel whose other fits found more and less of everything but the structure."""
        but = np.array([name != "PG" for name in voxel.fit.names])
        fits = (replace(voxel.fit, amplitudes=voxel.fit.amplitudes * (1 + sign * share * but)) for sign in (-1, 1))
        return replace(voxel, variants=tuple(fits), evidence=None)

    widths = []
    for share in (0.0, 0.3):
        found = exam_of([apart(v, share) if v.fit is not None else v for v in result.voxels], PROTOCOL)
        scores = [v.evidence.score for v in found.voxels if v.evidence.score]
        widths.append(np.mean([score.high90 - score.low90 for score in scores]))
    assert widths[1] > 1.1 * widths[0]
    assert len(result.voxels[0].variants) >= 5
