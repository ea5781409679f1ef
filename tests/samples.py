"""A made-up study and reading for tests of views and reports.

EVERY NUMBER IN THIS FILE IS INVENTED. The lines are Lorentzians drawn by hand, not spin physics; nothing here was
measured, simulated or fitted, and nothing here may be quoted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.types import (
    Acquisition,
    AcquisitionParameters,
    Amplitude,
    ComplexArray,
    Evidence,
    EvidenceClass,
    ExamResult,
    Fit,
    FitSettings,
    FloatArray,
    Gate,
    Interval,
    Probability,
    Quality,
    Ratio,
    Skipped,
    SourceFile,
    Spectrum,
    Step,
    Study,
    StudyInfo,
    Verdict,
    Volume,
    Voxel,
    VoxelResult,
)

F0_MHZ = 123.25
WIDTH_HZ = 2000.0
POINTS = 1024
REFERENCE_PPM = 4.65
FRAME_UID = "2.25.1000000000000000000000000000000000001"
PRETESTS = (0.10, 0.33, 0.50)

LINES_PPM: dict[str, tuple[tuple[float, float], ...]] = {
    "Lac": ((1.28, 1.5), (1.34, 1.5), (4.07, 0.4), (4.13, 0.4)),
    "Ala": ((1.44, 1.5), (1.50, 1.5), (3.77, 0.5)),
    "Prop": ((1.02, 0.8), (1.06, 1.4), (1.10, 0.8), (2.16, 0.8)),
    "PG": ((2.04, 3.0), (2.08, 0.5)),
    "Carb": ((3.55, 2.0), (3.72, 3.0), (3.86, 1.6)),
    "Coll": ((3.35, 0.8), (3.92, 0.8)),
    "Cho": ((3.21, 9.0),),
    "Lip13": ((1.30, 4.0),),
    "Lip09": ((0.90, 2.0),),
}
_WIDE = {"Lip13": 0.10, "Lip09": 0.10, "Carb": 0.06, "Coll": 0.06}


@dataclass(frozen=True)
class _Disc:
    label: str
    centre_mm: tuple[float, float, float]
    tilt_deg: float
    amplitudes: tuple[float, ...]
    lr: tuple[float, float, float] | None
    evidence_class: EvidenceClass
    snr: float


DISCS = (
    _Disc(
        "L1-L2",
        (1.0, 4.0, 74.0),
        -8.0,
        (0.24, 0.11, 0.12, 1.00, 1.9, 0.5, 0.10, 0.05, 0.10),
        (0.42, 0.31, 0.49),
        "lower",
        14.1,
    ),
    _Disc(
        "L2-L3",
        (0.5, -4.0, 38.0),
        -3.0,
        (0.28, 0.12, 0.13, 0.96, 1.8, 0.5, 0.11, 0.06, 0.12),
        (0.61, 0.34, 1.05),
        "indeterminate",
        13.2,
    ),
    _Disc(
        "L3-L4", (0.0, -8.0, 0.0), 4.0, (0.30, 0.15, 0.10, 0.40, 1.2, 0.6, 0.09, 0.10, 0.15), None, "not evaluable", 3.8
    ),
    _Disc(
        "L4-L5",
        (-0.5, -6.0, -38.0),
        12.0,
        (1.38, 0.44, 0.16, 0.71, 1.9, 0.4, 0.12, 0.15, 0.20),
        (3.90, 2.20, 4.10),
        "higher",
        12.4,
    ),
    _Disc(
        "L5-S1",
        (-1.0, 4.0, -73.0),
        26.0,
        (0.57, 0.16, 0.14, 0.80, 1.7, 0.5, 0.10, 0.35, 0.30),
        (1.14, 0.60, 2.30),
        "indeterminate",
        9.6,
    ),
)


def sample_study() -> Study:
    """Return five made-up discs with a sagittal and an axial series; no number in it means anything."""
    return Study(
        info=StudyInfo(
            study_instance_uid="2.25.1000000000000000000000000000000000002",
            patient_id="H00003",
            patient_name="Demo^Simulated",
            patient_birth_date="19780503",
            patient_sex="F",
            study_date="20260914",
            study_description="MR lumbar spine with spectroscopy",
            accession_number="A0001",
            body_part="LSPINE",
            simulated=True,
        ),
        volumes=(_sagittal(), _axial(DISCS[3])),
        acquisitions=tuple(_acquisition(disc, seed) for seed, disc in enumerate(DISCS)),
        skipped=(Skipped("invented/notes.txt", "A text file, which holds no images and no spectra."),),
        warnings=("One file of this made-up study was skipped.",),
    )


def sample_exam(study: Study | None = None) -> ExamResult:
    """Return hand-made fits of `sample_study`: lower, indeterminate, not evaluable, higher, indeterminate."""
    acquisitions = (study or sample_study()).acquisitions
    return ExamResult(
        voxels=tuple(
            _result(disc, acquisition, seed)
            for seed, (disc, acquisition) in enumerate(zip(DISCS, acquisitions, strict=True))
        ),
        evaluable=4,
        contrast_p=0.003,
        withheld=None,
        protocol_id="disc",
        protocol_sha256="0" * 64,
        compares=True,
    )


def _voxel(disc: _Disc) -> Voxel:
    """Tilt the box about the left-right axis like the disc, and a little about its front-back axis."""
    tilt, roll = np.deg2rad(disc.tilt_deg), np.deg2rad(4.0)
    across = np.array([np.cos(roll), np.sin(tilt) * np.sin(roll), np.cos(tilt) * np.sin(roll)])
    back = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    axes = (across, back, np.cross(across, back))
    first, second, third = (_triple(axis) for axis in axes)
    return Voxel(disc.centre_mm, (first, second, third), (20.0, 14.0, 5.0))


def _triple(vector: FloatArray) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def _anatomy(points_mm: FloatArray) -> FloatArray:
    """Draw vertebrae, discs, canal and fat at LPS points (..., 3): a picture to look at, not anatomy."""
    x, y, z = points_mm[..., 0], points_mm[..., 1], points_mm[..., 2]
    heights = np.array([disc.centre_mm[2] for disc in DISCS])
    spine_y = np.interp(z, heights[::-1], np.array([disc.centre_mm[1] for disc in DISCS])[::-1])
    image = 120.0 + 60.0 * np.sin(0.05 * y) * np.cos(0.04 * z) - 0.6 * np.abs(x)
    body = (np.abs(y - spine_y) < 17) & (np.abs(x) < 24)
    image = np.where(body, 330.0 + 25 * np.sin(0.7 * x + 0.4 * z) * np.sin(0.6 * y), image)
    for disc in DISCS:
        tilt = np.deg2rad(disc.tilt_deg)
        dy, dz = y - disc.centre_mm[1], z - disc.centre_mm[2]
        along, across = np.cos(tilt) * dy - np.sin(tilt) * dz, np.sin(tilt) * dy + np.cos(tilt) * dz
        inside = (np.abs(along) < 18) & (np.abs(across) < 4.5) & (np.abs(x) < 24)
        nucleus = np.exp(-((along / 9) ** 2) - (across / 3) ** 2) * 450 * min(disc.snr / 14, 1)
        image = np.where(inside, 90 + nucleus, image)
    canal = (np.abs(y - spine_y - 26) < 7) & (np.abs(x) < 11)
    image = np.where(canal, 760.0 - 3 * np.abs(y - spine_y - 26) ** 1.5, image)
    return np.asarray(np.where(y > spine_y + 60, 520.0 - 2 * np.abs(x), image))


def _volume(affine: FloatArray, shape: tuple[int, int, int], description: str, number: int) -> Volume:
    slices, rows, columns = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    points = np.stack([columns, rows, slices], axis=-1) @ affine[:3, :3].T + affine[:3, 3]
    noise = np.random.default_rng(number).normal(0, 12, shape)
    return Volume(
        pixels=np.clip(_anatomy(points) + noise, 0, None).astype(np.float32),
        affine=affine,
        slice_thickness_mm=4.0,
        description=description,
        series_instance_uid=f"2.25.{10**36 + number}",
        series_number=number,
        frame_of_reference_uid=FRAME_UID,
        window_centre=400.0,
        window_width=800.0,
        plane="sagittal" if number == 2 else "axial",
    )


def _sagittal() -> Volume:
    affine = np.eye(4)
    affine[:3, 0] = (0.0, 1.4, 0.0)
    affine[:3, 1] = (0.0, 0.0, -1.4)
    affine[:3, 2] = (-4.4, 0.0, 0.0)
    affine[:3, 3] = (22.0, -90.0, 110.0)
    return _volume(affine, (11, 160, 128), "T2 TSE SAG", 2)


def _axial(disc: _Disc) -> Volume:
    tilt = np.deg2rad(disc.tilt_deg)
    row, down = np.array([1.0, 0.0, 0.0]), np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * 1.4, down * 1.4, np.cross(row, down) * 4.0
    affine[:3, 3] = np.asarray(disc.centre_mm) - affine[:3, :3] @ np.array([47.5, 40.0, 2.0])
    return _volume(affine, (5, 96, 96), f"T2 TSE AX {disc.label}", 3)


def _parameters() -> AcquisitionParameters:
    return AcquisitionParameters(
        f0_mhz=F0_MHZ,
        spectral_width_hz=WIDTH_HZ,
        reference_ppm=REFERENCE_PPM,
        manufacturer="Invented",
        model="None",
        sequence="svs_se",
        localisation="PRESS",
        te_s=0.03,
        tr_s=1.5,
        averages=256,
    )


def _fid(disc: _Disc, seed: int, transients: int) -> ComplexArray:
    times = np.arange(POINTS) / WIDTH_HZ
    lines = [
        (ppm, weight * amplitude)
        for amplitude, signals in zip(disc.amplitudes, LINES_PPM.values(), strict=True)
        for ppm, weight in signals
    ]
    signal = sum(weight * np.exp((2j * np.pi * (ppm - REFERENCE_PPM) * F0_MHZ - 20.0) * times) for ppm, weight in lines)
    noise = np.random.default_rng(seed).normal(0, 3.0, (2, 1, transients, POINTS))
    return np.asarray(signal + noise[0] + 1j * noise[1], dtype=np.complex128)


def _acquisition(disc: _Disc, seed: int) -> Acquisition:
    return Acquisition(
        label=disc.label,
        label_source="geometry",
        fids=_fid(disc, seed, 8),
        water=np.ones((1, 1, POINTS), dtype=np.complex128),
        parameters=_parameters(),
        voxel=_voxel(disc),
        sources=(SourceFile(f"invented/{disc.label}.dcm", "0" * 64, "metabolite"),),
        frame_of_reference_uid=FRAME_UID,
        series_description=f"MRS {disc.label}",
    )


def _fit(disc: _Disc, seed: int) -> Fit:
    ppm = np.arange(0.2, 4.2, 0.0075)
    names = tuple(LINES_PPM)
    components = np.zeros((len(names), ppm.size))
    for row, name in enumerate(names):
        width = _WIDE.get(name, 0.025)
        for centre, weight in LINES_PPM[name]:
            components[row] += disc.amplitudes[row] * weight * width**2 / ((ppm - centre) ** 2 + width**2)
    noise_sd = 3.0 / disc.snr
    baseline = 0.25 + 0.15 * np.cos(1.4 * ppm)
    fit = components.sum(axis=0) + baseline
    residual = np.random.default_rng(100 + seed).normal(0, noise_sd, ppm.size)
    amplitudes = np.asarray(disc.amplitudes)
    sd = np.full(amplitudes.size, noise_sd / 6) * (1 + np.arange(amplitudes.size) / 10)
    same = np.ones(amplitudes.size)
    return Fit(
        names=names,
        amplitudes=amplitudes,
        covariance=np.diag(sd**2),
        unbounded=amplitudes.copy(),
        phase0_rad=0.07,
        phase1_s=0.0,
        shift_hz=0.4 * same,
        lorentz_hz=3.0 * same,
        gauss_hz=4.0 * same,
        ppm=ppm,
        data=fit + residual,
        fit=fit,
        baseline=baseline,
        residual=residual,
        components=components,
        noise_sd=noise_sd,
        misfit=1.1,
        iterations=12,
        converged=True,
        settings=FitSettings(),
    )


def _spectrum(acquisition: Acquisition) -> Spectrum:
    transients = acquisition.fids.shape[1]
    history = (
        Step("combine", "The single coil was taken as it is."),
        Step("align", "Transients were aligned in frequency and phase.", {"drift_hz": 2.1}),
        Step("reject", "8 of 8 transients were kept.", {"kept": 8, "of": 8}),
        Step("water", "Residual water was removed between 4.3 and 5.0 ppm."),
    )
    return Spectrum(
        fid=acquisition.fids[0].mean(axis=0),
        f0_mhz=F0_MHZ,
        spectral_width_hz=WIDTH_HZ,
        reference_ppm=REFERENCE_PPM,
        noise_sd=1.06,
        history=history,
        kept=np.ones(transients, dtype=bool),
        transient_shift_hz=np.linspace(0, 2.1, transients),
        transient_phase_rad=np.zeros(transients),
        water_area=8000.0,
        water_fwhm_hz=9.8,
    )


def _quality(disc: _Disc) -> Quality:
    lipid = disc.amplitudes[7]
    snr_verdict: Verdict = "pass" if disc.snr >= 5 else "fail"
    lipid_verdict: Verdict = "pass" if lipid < 0.3 else "warn"
    low = f"The signal-to-noise ratio of PG is {disc.snr:.1f}, below 5."
    gates = (
        Gate("PG SNR", disc.snr, "", snr_verdict, "at least 5", low if disc.snr < 5 else "PG stands clear of noise."),
        Gate("water FWHM", 9.8, "Hz", "pass", "at most 15 Hz", "The water line is narrow."),
        Gate("transients kept", 0.97, "", "pass", "at least 0.8", "248 of 256 transients were kept."),
        Gate("drift", 2.1, "Hz", "pass", "at most 10 Hz", "The frequency hardly moved."),
        Gate("lipid index", lipid, "", lipid_verdict, "below 0.3", "Lipid at 1.3 ppm is large beside lactate."),
        Gate("residual water", None, "", "unknown", "at most 10 %", "The file does not tell the residual water."),
    )
    return Quality(
        snr=disc.snr,
        fwhm_hz=6.2,
        water_fwhm_hz=9.8,
        kept_fraction=0.97,
        drift_hz=2.1,
        residual_water=None,
        lipid_index=lipid,
        gates=gates,
        evaluable=disc.lr is not None,
        reasons=() if disc.lr is not None else (low,),
    )


def _ratio(value: float, sd: float) -> Ratio:
    return Ratio(value, sd, max(value - 1.64 * sd, 0.0), value + 1.64 * sd)


def _ratios(disc: _Disc, fit: Fit) -> dict[str, Ratio]:
    amplitude = dict(zip(fit.names, fit.amplitudes.tolist(), strict=True))
    amplitude["LAAL"] = amplitude["Lac"] + amplitude["Ala"]
    sd = 0.6 / disc.snr
    names = ("Lac", "Ala", "LAAL", "Prop", "Carb", "Cho")
    return {f"{name}/PG": _ratio(amplitude[name] / amplitude["PG"], sd) for name in names}


def _evidence(disc: _Disc) -> Evidence:
    if disc.lr is None:
        return Evidence(None, None, disc.evidence_class, (), None)

    def chance(pretest: float, lr: float) -> float:
        odds = lr * pretest / (1 - pretest)
        return odds / (1 + odds)

    median, low, high = disc.lr
    return Evidence(
        lr=Interval(median, low, high),
        score=Interval(*(10 * value / (1 + value) for value in disc.lr)),
        evidence_class=disc.evidence_class,
        probability=tuple(Probability(p, Interval(*(chance(p, value) for value in disc.lr))) for p in PRETESTS),
        driver="structure" if disc.label == "L5-S1" else "acid",
        variance_share={"measurement": 0.5, "reference discs": 0.3, "model": 0.2},
    )


def _result(disc: _Disc, acquisition: Acquisition, seed: int) -> VoxelResult:
    fit = _fit(disc, seed)
    sd = np.sqrt(np.diag(fit.covariance))
    return VoxelResult(
        acquisition=acquisition,
        spectrum=_spectrum(acquisition),
        fit=fit,
        quality=_quality(disc),
        metabolites={
            name: Amplitude(float(a), float(s)) for name, a, s in zip(fit.names, fit.amplitudes, sd, strict=True)
        },
        ratios=_ratios(disc, fit),
        evidence=_evidence(disc),
    )
