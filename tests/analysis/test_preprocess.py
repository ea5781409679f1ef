"""From transients to one spectrum, on acquisitions whose every fault was put in on purpose."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.align import Scale
from analysis.eddy import water_phase_rad
from analysis.errors import ProcessingFailed
from analysis.hsvd import remove_band
from analysis.noise import noise_sd
from analysis.preprocess import process
from analysis.quality import voigt_fwhm_hz
from analysis.types import Acquisition, AcquisitionParameters, ProcessSettings
from analysis.units import spectrum_of, time_axis_s
from analysis.water_line import line_width_hz

F0_MHZ, WIDTH_HZ, REFERENCE_PPM, POINTS, COUNT, COILS = 127.74, 2500.0, 4.65, 2048, 32, 4
SCALE = Scale(F0_MHZ, WIDTH_HZ, REFERENCE_PPM)
TIME = time_axis_s(POINTS, WIDTH_HZ)
STAGES = ["Coil combination", "Eddy-current correction", "Alignment", "Rejection", "Mean", "Water removal", "Phase"]
OFF = ProcessSettings(
    whiten_coils=False, align=False, reject=False, eddy_current=False, remove_water=False, automatic_phase=False
)
NOISE = 0.5


def line(ppm: float, area: complex, fwhm_hz: float, gauss_hz: float = 0.0) -> np.ndarray:
    decay = np.pi * fwhm_hz * TIME + (np.pi * gauss_hz * TIME) ** 2 / (4 * np.log(2))
    return area * np.exp(2j * np.pi * (ppm - REFERENCE_PPM) * F0_MHZ * TIME - decay)


METABOLITES = line(3.03, 3.0, 6.0) + line(2.04, 3.0, 12.0) + line(1.31, 2.0, 6.0)
RESIDUAL = line(4.65, 15.0, 9.0)
WATER = line(4.65, 900.0, 9.0)
EDDY_RAD = 0.4 + 1.1 * (1 - np.exp(-TIME / 0.03)) + 2 * np.pi * 2.5 * TIME
SENSITIVITY = np.array([1.0, 0.6j, -0.3, 0.2 + 0.5j])


def noise(seed: int, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return NOISE * (rng.standard_normal((*shape, POINTS)) + 1j * rng.standard_normal((*shape, POINTS)))


def acquisition(fids: np.ndarray, water: np.ndarray | None = None, **rest: object) -> Acquisition:
    fields = {
        "label": "L4-L5", "label_source": "order", "voxel": None, "sources": (),
        "parameters": AcquisitionParameters(F0_MHZ, WIDTH_HZ, REFERENCE_PPM),
    }  # fmt: skip
    return Acquisition(fids=fids, water=water, **(fields | rest))


def simple(seed: int = 0, fid: np.ndarray = METABOLITES + RESIDUAL, count: int = COUNT) -> Acquisition:
    """One coil, repeats that differ by noise alone, and a water reference."""
    return acquisition((fid + noise(seed, count))[None], (WATER + noise(seed + 1, 4))[None])


@pytest.fixture(scope="module")
def everything():
    """Four coils, eddy currents, drift, phase jitter, residual water, and one burst of fat."""
    rng = np.random.default_rng(3)
    drift, phase = np.linspace(-3, 3, COUNT), rng.normal(0, 0.2, COUNT)
    turn = np.exp(2j * np.pi * np.outer(drift, TIME) + 1j * phase[:, None])
    transients = (METABOLITES + RESIDUAL) * turn
    transients[11] += line(1.3, 15.0, 25.0)
    both = [SENSITIVITY[:, None, None] * s * np.exp(1j * EDDY_RAD) for s in (transients, WATER[None] + 0 * TIME)]
    measured = acquisition(both[0] + noise(4, COILS, COUNT), both[1] + noise(5, COILS, 1))
    return drift, measured, process(measured, ProcessSettings())


def at(spectrum: np.ndarray, ppm: float, reach: float = 0.15) -> np.ndarray:
    axis = SCALE.axis(len(spectrum))
    return spectrum[np.abs(axis - ppm) < reach]


# --- the whole chain ---------------------------------------------------------------------------------------------


def test_what_comes_out_is_the_clean_signal_on_the_scale_of_the_array(everything):
    _, _, spectrum = everything
    gain = np.linalg.norm(SENSITIVITY)
    found, true = spectrum_of(spectrum.fid, 2 * POINTS) / gain, spectrum_of(METABOLITES, 2 * POINTS)
    noise_height = spectrum.noise_sd * math.sqrt(POINTS) / gain
    tolerance = 4 * noise_height + 0.03 * np.abs(true).max()
    for ppm in (3.03, 2.04, 1.31):
        assert at(found.real, ppm) == pytest.approx(at(true.real, ppm), abs=tolerance)
    assert np.abs(at(found, 4.65)).max() < 0.02 * np.abs(spectrum_of(RESIDUAL, 2 * POINTS)).max() + 5 * noise_height


def test_every_figure_of_the_chain_is_what_was_put_in(everything):
    drift, _, spectrum = everything
    assert -spectrum.transient_shift_hz == pytest.approx(drift - np.median(drift), abs=0.5)
    assert not spectrum.kept[11]
    assert spectrum.kept.sum() >= COUNT - 3
    gain = np.linalg.norm(SENSITIVITY)
    assert spectrum.water_area == pytest.approx(900.0 * gain, rel=0.01)
    assert spectrum.water_fwhm_hz == pytest.approx(9.0, rel=0.03)
    height = np.abs(spectrum_of(RESIDUAL, 2 * POINTS)).max() * gain
    assert spectrum.residual_water_height == pytest.approx(height, rel=0.05)
    assert spectrum.noise_sd == pytest.approx(NOISE / math.sqrt(spectrum.kept.sum()), rel=0.05)


def test_the_history_has_one_step_per_stage(everything):
    steps = everything[2].history
    assert [step.name for step in steps] == STAGES
    assert all(step.text.endswith(".") for step in steps)
    done = {step.name: step.values for step in steps}
    assert done["Coil combination"]["coils"] == COILS
    assert done["Eddy-current correction"]["done"] is True
    assert done["Alignment"]["drift_hz"] == pytest.approx(6.0, rel=0.35)
    assert done["Rejection"]["rejected"] == int((~everything[2].kept).sum())
    assert done["Mean"]["transients"] == int(everything[2].kept.sum())


def test_the_same_acquisition_gives_the_same_bytes(everything):
    _, measured, spectrum = everything
    assert process(measured, ProcessSettings()).fid.tobytes() == spectrum.fid.tobytes()


def test_the_acquisition_is_not_written_to():
    measured = simple()
    before, water = measured.fids.copy(), measured.water.copy()
    process(measured, ProcessSettings())
    assert np.array_equal(measured.fids, before)
    assert np.array_equal(measured.water, water)


def test_switched_off_steps_say_so_and_do_nothing():
    measured = simple()
    spectrum = process(measured, OFF)
    assert spectrum.fid == pytest.approx(measured.fids[0].mean(axis=0))
    assert [step.name for step in spectrum.history] == STAGES
    for step in spectrum.history:
        if step.name not in ("Coil combination", "Mean"):
            assert step.text == "Not done: switched off.", step.name
            assert step.values == {"done": False}
    assert spectrum.kept.all()
    assert spectrum.residual_water_height is None
    assert not spectrum.transient_shift_hz.any()


# --- eddy currents -----------------------------------------------------------------------------------------------


def test_the_phase_of_the_water_is_taken_out_of_the_signal():
    turn = np.exp(1j * EDDY_RAD)
    measured = acquisition((METABOLITES * turn)[None, None], (WATER * turn)[None, None])
    spectrum = process(measured, replace(OFF, eddy_current=True))
    # until the water is below a twentieth of its start the phase is known; the rest is continued as a line
    known = np.abs(WATER) > 0.06 * np.abs(WATER[0])
    assert spectrum.fid[known] == pytest.approx(METABOLITES[known], abs=1e-6)
    assert np.abs(spectrum.fid - METABOLITES).max() < 0.15
    step = {s.name: s for s in spectrum.history}["Eddy-current correction"]
    early = (EDDY_RAD[64] - EDDY_RAD[0]) / (2 * np.pi * TIME[64])
    assert step.values["water_offset_hz"] == pytest.approx(early, rel=1e-3)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"water": None}, "no water reference"),
        ({"eddy_corrected": True}, "the scanner has already done it"),
        ({"water_spectral_width_hz": 2000.0}, "sampled differently"),
        ({"water": WATER[None, None, :1024]}, "sampled differently"),
        ({"water": (0.01 * WATER + noise(9, 1))[None]}, "too weak"),
    ],
    ids=["no water", "done on the scanner", "other width", "too short", "too weak"],
)
def test_a_correction_that_cannot_be_made_says_why(change, reason):
    spectrum = process(replace(simple(), **change), ProcessSettings())
    step = {s.name: s for s in spectrum.history}["Eddy-current correction"]
    assert step.text.startswith("Not done: ")
    assert reason in step.text
    assert step.values == {"done": False}


def test_water_phase_is_continued_as_a_line_through_the_noise():
    phase = 2 * np.pi * 3.0 * TIME
    water = line(4.65, 100.0, 15.0) * np.exp(1j * phase) + noise(10, 1)[0]
    found = water_phase_rad(water)
    assert found[:100] == pytest.approx(phase[:100], abs=0.1)
    assert np.all(np.diff(found[800:]) == pytest.approx(np.diff(found[800:])[0]))
    assert np.diff(found[800:])[0] == pytest.approx(phase[1], rel=0.4)


def test_the_phase_is_followed_through_a_dip_where_two_lines_of_water_beat():
    """Lines 20 Hz apart cancel at 25 ms; what comes after is still strong and still known."""
    phase = 2.0 * (1 - np.exp(-TIME / 0.04)) + 2 * np.pi * 40.0 * TIME
    beating = (line(4.65, 100.0, 4.0) + line(4.65 + 20 / F0_MHZ, 97.0, 4.0)) * np.exp(1j * phase)
    found = water_phase_rad(beating + noise(13, 1)[0])
    strong = np.abs(beating) > 20.0
    assert strong[100:].any()
    assert np.exp(1j * found[strong]) == pytest.approx(np.exp(1j * np.angle(beating[strong])), abs=0.1)
    assert np.abs(np.diff(found)).max() < np.pi


def test_a_correction_in_noise_restores_the_line_that_eddy_currents_have_bent():
    """The phase turns by many times 2 pi, and most of the water's FID is noise."""
    bent = 6.0 * np.exp(-TIME / 0.08) + 2 * np.pi * 30.0 * TIME
    turn = np.exp(1j * bent)
    measured = acquisition(
        (METABOLITES * turn + 0.02 * noise(14, 1)[0])[None, None], (WATER * turn + noise(15, 1)[0])[None, None]
    )
    fid = process(measured, replace(OFF, eddy_current=True)).fid
    found, true = (spectrum_of(one, 2 * POINTS).real for one in (fid, METABOLITES))
    for where in (3.03, 2.04, 1.31):
        assert at(found, where).max() == pytest.approx(at(true, where).max(), rel=0.03)
        assert np.argmax(at(found, where)) == pytest.approx(np.argmax(at(true, where)), abs=1)


# --- water on the scale of the signal ----------------------------------------------------------------------------


def test_the_water_reference_comes_on_the_scale_of_the_signal(everything):
    _, measured, spectrum = everything
    gain = np.linalg.norm(SENSITIVITY)
    assert spectrum.water.shape == (POINTS,)
    assert np.abs(spectrum.water - gain * WATER)[:400].max() < 0.01 * gain * 900
    assert spectrum.water_area == pytest.approx(abs(spectrum.water[:3].mean()), rel=0.03)
    assert process(replace(measured, water=None), ProcessSettings()).water is None


def test_water_from_other_coils_has_no_scale_of_the_signal():
    measured = replace(simple(), water=(SENSITIVITY[:, None, None] * WATER)[:3] + noise(6, 3, 1))
    spectrum = process(measured, ProcessSettings())
    assert spectrum.water is None
    assert spectrum.water_area is not None


def test_an_empty_reference_is_none():
    measured = replace(simple(), water=np.zeros((1, 2, POINTS), dtype=complex))
    spectrum = process(measured, ProcessSettings())
    assert (spectrum.water, spectrum.water_area, spectrum.water_fwhm_hz) == (None, None, None)
    assert "no water reference" in spectrum.history[1].text


def test_an_empty_transient_does_not_switch_the_coils_off():
    fids = SENSITIVITY[:, None, None] * (METABOLITES + RESIDUAL) + noise(18, COILS, COUNT)
    fids[:, 0] = 0
    spectrum = process(acquisition(fids), ProcessSettings())
    assert spectrum.history[0].values["effective_coils"] == pytest.approx(2.5, abs=0.7)
    assert not spectrum.kept[0]


# --- phase -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase_rad", [-2.0, 0.5, 3.0])
def test_lines_are_turned_upright_where_no_water_reference_has_done_so(phase_rad):
    fid = METABOLITES * np.exp(1j * phase_rad) + RESIDUAL * np.exp(2.0j)
    spectrum = process(acquisition((fid + noise(16, COUNT))[None]), ProcessSettings())
    step = spectrum.history[-1]
    assert step.name == "Phase"
    assert step.values["done"] is True
    found, true = (at(spectrum_of(one, 2 * POINTS).real, 3.03).max() for one in (spectrum.fid, METABOLITES))
    assert found == pytest.approx(true, rel=0.15)
    assert at(spectrum_of(spectrum.odd, 2 * POINTS).real, 3.03).max() == pytest.approx(true, rel=0.2)
    assert not spectrum.phase_known


def test_the_phase_is_left_to_the_water_reference(everything):
    step = everything[2].history[-1]
    assert step.text == "Not done: the water reference has set it."
    assert everything[2].phase_known


def test_noise_has_no_phase():
    silent = process(acquisition(noise(17, COUNT)[None]), ProcessSettings())
    assert silent.history[-1].text == "Not done: no line stands out of the noise."


# --- alignment, rejection, mean ----------------------------------------------------------------------------------


def test_the_reader_chooses_the_transients():
    chosen = tuple(index % 4 != 0 for index in range(COUNT))
    measured = simple()
    spectrum = process(measured, replace(OFF, reject=True, keep_transients=chosen))
    assert spectrum.kept.tolist() == list(chosen)
    assert spectrum.fid == pytest.approx(measured.fids[0][list(chosen)].mean(axis=0))
    assert "8 of 32 transients left out by the reader" in {s.name: s.text for s in spectrum.history}["Rejection"]


def test_a_choice_of_none_keeps_all():
    assert process(simple(), replace(OFF, keep_transients=(False,) * COUNT)).kept.all()


def test_a_choice_for_another_number_of_transients_is_not_used():
    assert process(simple(), replace(OFF, keep_transients=(True, False))).kept.all()


def test_an_average_is_not_judged():
    averaged = replace(simple(count=1), averaged_only=True)
    spectrum = process(averaged, ProcessSettings())
    texts = {s.name: s.text for s in spectrum.history}
    assert texts["Alignment"] == "Not done: one transient."
    assert "one averaged signal" in texts["Rejection"]
    assert spectrum.odd is None
    assert spectrum.even is None


def test_the_halves_make_up_the_whole():
    measured = simple(count=9)
    spectrum = process(measured, OFF)
    assert (5 * spectrum.odd + 4 * spectrum.even) / 9 == pytest.approx(spectrum.fid)
    assert process(simple(count=3), OFF).odd is None


def test_halves_are_cleaned_of_water_like_the_whole():
    spectrum = process(simple(), replace(OFF, remove_water=True))
    height = at(spectrum_of(METABOLITES).real, 3.03).max()
    for half in (spectrum.odd, spectrum.even):
        assert np.abs(at(spectrum_of(half), 4.65)).max() < 0.05 * np.abs(spectrum_of(RESIDUAL)).max()
        assert at(spectrum_of(half).real, 3.03).max() == pytest.approx(height, rel=0.15)


def test_halves_of_what_is_kept_make_up_the_whole_after_every_step(everything):
    """Rejection leaves an odd number or an even one; water removal takes the same lines from all three."""
    spectrum = everything[2]
    kept = int(spectrum.kept.sum())
    first = (kept + 1) // 2
    mean = (first * spectrum.odd + (kept - first) * spectrum.even) / kept
    assert mean == pytest.approx(spectrum.fid, abs=1e-9 * np.abs(spectrum.fid).max() + 1e-9)
    rest = spectrum.odd - spectrum.even
    expected = spectrum.noise_sd * math.sqrt(kept / first + kept / (kept - first))
    assert np.std(rest[500:].real) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_its_size_a_finite_signal_is_processed(seed):
    """Few points, coils or transients, no noise, no signal, silent coils: numbers come out, or a sentence."""
    rng = np.random.default_rng(seed)
    coils, count, points = (int(rng.choice(c)) for c in ([1, 2, 8], [1, 2, 4, 9, 33], [32, 33, 127, 512]))
    width_hz = float(rng.choice([500, 2500, 12000]))
    time = time_axis_s(points, width_hz)
    heights = rng.choice([0, 1, 100]) * np.array([1.0, rng.choice([0, 100])])
    fid = heights @ np.exp(2j * np.pi * np.outer([rng.uniform(-200, 200), 3.0], time) - 20 * time)
    gain = rng.standard_normal(coils) * rng.choice([0, 1], coils, p=[0.1, 0.9])
    fids = gain[:, None, None] * fid + rng.choice([0, 1]) * rng.standard_normal((coils, count, points))
    water = gain[:, None, None] * 1e4 * np.exp(-20 * time_axis_s(points // rng.choice([1, 2]), width_hz))
    parameters = AcquisitionParameters(F0_MHZ, width_hz, REFERENCE_PPM)
    measured = acquisition(fids, rng.choice([0, 1]) * water + 0j if rng.random() < 0.6 else None, parameters=parameters)
    spectrum = process(measured, ProcessSettings())
    assert np.isfinite(spectrum.fid).all()
    assert np.isfinite(spectrum.noise_sd)


def test_a_signal_that_is_not_a_number_cannot_be_processed():
    measured = simple()
    fids = measured.fids.copy()
    fids[0, 3, 700] = np.nan
    with pytest.raises(ProcessingFailed, match="not numbers"):
        process(replace(measured, fids=fids), ProcessSettings())


def test_a_reference_from_other_coils_is_combined_by_itself():
    measured = replace(simple(), water=(SENSITIVITY[:, None, None] * WATER)[:3] + noise(6, 3, 1))
    spectrum = process(measured, ProcessSettings())
    assert "nothing to do" in spectrum.history[0].text
    assert spectrum.water_fwhm_hz == pytest.approx(9.0, rel=0.02)


# --- noise and widths --------------------------------------------------------------------------------------------


def test_noise_is_measured_beside_signals():
    """Strong lines, fat, and what is left of water; over 20 draws to within 3 % in the mean and 10 % in each."""
    strong = 10 * METABOLITES + line(1.3, 60.0, 25.0) + line(0.9, 20.0, 30.0) + line(4.7, 5.0, 15.0)
    found = np.array([noise_sd(strong + noise(100 + k, 1)[0], SCALE) for k in range(20)]) / NOISE
    assert found.mean() == pytest.approx(1.0, abs=0.03)
    assert found == pytest.approx(np.ones(20), abs=0.10)


@pytest.mark.parametrize(("points", "width_hz"), [(1024, 2000.0), (2048, 4000.0), (4096, 6000.0), (512, 1250.0)])
def test_noise_is_measured_for_any_sampling(points, width_hz):
    rng = np.random.default_rng(7)
    time = time_axis_s(points, width_hz)
    found = []
    for _ in range(10):
        fid = 3 * np.exp((2j * np.pi * -330 - np.pi * 8) * time)
        fid = fid + rng.standard_normal(points) + 1j * rng.standard_normal(points)
        found.append(noise_sd(fid, Scale(F0_MHZ, width_hz, REFERENCE_PPM)))
    assert np.mean(found) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize(("points", "width_hz"), [(512, 1250.0), (1024, 2000.0), (2048, 2500.0)])
def test_noise_is_neither_low_nor_high_after_the_removal_of_water(points, width_hz):
    """Few and short bands invite to pick the quietest; and what is removed must not take noise along."""
    time = time_axis_s(points, width_hz)
    found = []
    for seed in range(30):
        rng = np.random.default_rng(200 + seed)
        fid = (3 * np.exp(2j * np.pi * -207 * time) + 300 * np.exp(0.5j)) * np.exp(-np.pi * 8 * time)
        fid = fid + rng.standard_normal(points) + 1j * rng.standard_normal(points)
        left, _ = remove_band(fid, width_hz, (-45.0, 70.0))
        found.append(noise_sd(left, Scale(F0_MHZ, width_hz, REFERENCE_PPM)))
    assert np.mean(found) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(("lorentz_hz", "gauss_hz"), [(4.0, 0.0), (9.0, 0.0), (25.0, 0.0), (0.0, 12.0), (6.0, 8.0)])
def test_water_width_is_that_of_its_line(lorentz_hz, gauss_hz):
    fid = line(4.70, 100.0 * np.exp(0.8j), lorentz_hz, gauss_hz)
    true = voigt_fwhm_hz(lorentz_hz, gauss_hz)
    assert line_width_hz(fid, WIDTH_HZ) == pytest.approx(true, rel=0.01)
    assert line_width_hz(fid + noise(12, 1)[0], WIDTH_HZ) == pytest.approx(true, rel=0.05)


def test_the_amplitude_of_water_does_not_hang_on_its_first_point():
    water = WATER.copy()
    water[0] *= 0.5
    spectrum = process(replace(simple(), water=water[None, None]), ProcessSettings())
    assert spectrum.water_area == pytest.approx(900.0, rel=0.01)
