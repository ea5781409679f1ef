"""What every part of Discern speaks: immutable records of studies, spectra, fits and evidence.

Frames and units: positions are LPS patient coordinates in mm; times in s; frequencies in Hz; chemical shifts in ppm.
A FID is ``s(t) = sum a_k exp(+2 pi i (delta_k - reference_ppm) f0_mhz t)`` (see `analysis.units`).
Arrays inside a record are never written to after it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
SignalArray = NDArray[np.complexfloating[Any, Any]]
"""A measured signal in the precision of its file."""
BoolArray = NDArray[np.bool_]

Role = Literal["metabolite", "water", "image"]
LabelSource = Literal["reader", "header", "geometry", "order"]
Verdict = Literal["pass", "warn", "fail", "unknown"]
EvidenceClass = Literal["higher", "lower", "indeterminate", "not evaluable"]
Driver = Literal["acid", "structure", "mixed"]
Plane = Literal["sagittal", "axial", "coronal", "oblique"]

Progress = Callable[[float, str], None]
"""Called with the done fraction (0 to 1) and a short sentence about what is being done."""
Stop = Callable[[], bool]
"""Returns True once the user asked to stop."""


@dataclass(frozen=True)
class Sampling:
    """How a FID is sampled: field, width, length, and the chemical shift at zero frequency."""

    f0_mhz: float
    spectral_width_hz: float
    points: int
    reference_ppm: float


@dataclass(frozen=True)
class SourceFile:
    """One file that a record was read from."""

    path: str
    sha256: str
    role: Role
    sop_instance_uid: str | None = None


@dataclass(frozen=True)
class StudyInfo:
    """Who and when, as the headers say it; None where they do not. Dates are DICOM ``YYYYMMDD``."""

    study_instance_uid: str
    patient_id: str | None = None
    patient_name: str | None = None
    patient_birth_date: str | None = None
    patient_sex: str | None = None
    study_date: str | None = None
    study_description: str | None = None
    accession_number: str | None = None
    body_part: str | None = None
    simulated: bool = False


@dataclass(frozen=True, eq=False)
class Volume:
    """A stack of parallel MR slices.

    Attributes
    ----------
    pixels : (slices, rows, columns) float32, rescaled intensities
    affine : (4, 4) maps ``(column, row, slice, 1)`` of a pixel **centre** to LPS mm
    window_centre, window_width : the header's or percentile-based display window
    """

    pixels: NDArray[np.float32]
    affine: FloatArray
    slice_thickness_mm: float
    description: str
    series_instance_uid: str
    series_number: int | None
    frame_of_reference_uid: str | None
    window_centre: float
    window_width: float
    plane: Plane
    sources: tuple[SourceFile, ...] = ()


@dataclass(frozen=True)
class Voxel:
    """An oriented box in LPS mm: centre, three orthonormal axes (rows) and the edge length along each."""

    centre_mm: tuple[float, float, float]
    axes: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    size_mm: tuple[float, float, float]


@dataclass(frozen=True)
class SaturationBand:
    """A slab whose signal was saturated before the measurement: a point of its mid-plane, its normal; LPS mm."""

    middle_mm: tuple[float, float, float]
    normal: tuple[float, float, float]
    thickness_mm: float


@dataclass(frozen=True)
class AcquisitionParameters:
    """How a signal was measured; None where the file does not say."""

    f0_mhz: float
    spectral_width_hz: float
    reference_ppm: float
    """Chemical shift at zero frequency offset."""
    manufacturer: str | None = None
    model: str | None = None
    sequence: str | None = None
    """The file's own word for the sequence."""
    localisation: Literal["PRESS", "STEAM", "sLASER", "SPECIAL"] | None = None
    """The localisation that `sequence` was recognised as."""
    te_s: float | None = None
    tr_s: float | None = None
    tm_s: float | None = None
    averages: int | None = None
    nucleus: str = "1H"


@dataclass(frozen=True, eq=False)
class Acquisition:
    """The measured signal of one voxel.

    Attributes
    ----------
    fids : (coils, transients, points) complex, in the precision of its file
    water : (coils, transients, points) complex or None, the unsuppressed reference of the same voxel
    averaged_only : the file holds a mean over transients, so transient quality is unknown
    eddy_corrected : the scanner has already corrected eddy currents
    saturation_bands : those that were switched on; None where the file does not say
    """

    label: str
    label_source: LabelSource
    fids: SignalArray
    water: SignalArray | None
    parameters: AcquisitionParameters
    voxel: Voxel | None
    sources: tuple[SourceFile, ...]
    frame_of_reference_uid: str | None = None
    series_description: str | None = None
    averaged_only: bool = False
    eddy_corrected: bool = False
    water_spectral_width_hz: float | None = None
    saturation_bands: tuple[SaturationBand, ...] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A file that was not used, and why (one sentence)."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Study:
    """One patient's visit: images and spectroscopy, as read."""

    info: StudyInfo
    volumes: tuple[Volume, ...]
    acquisitions: tuple[Acquisition, ...]
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One processing step as it was done: its name, a sentence, and its figures (units in the key)."""

    name: str
    text: str
    values: Mapping[str, float | int | str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One processed signal of an acquisition.

    Attributes
    ----------
    fid : (points,) complex
    noise_sd : standard deviation of the real (or imaginary) part of one point of `fid`
    kept : (transients,) bool, which transients went into `fid`
    transient_shift_hz, transient_phase_rad : (transients,) corrections that were found
    odd, even : (points,) complex halves for repeatability, or None for a single transient
    water_area : amplitude at t = 0 of the water reference on the scale of `fid`, or None
    water_fwhm_hz : line width of the water reference, or None
    water : (points,) complex, the mean water reference, combined, eddy-corrected and scaled like `fid`; None where
        there is none or its coils are others. It may be longer than `fid`, or sampled at the acquisition's
        `water_spectral_width_hz`.
    """

    fid: ComplexArray
    f0_mhz: float
    spectral_width_hz: float
    reference_ppm: float
    noise_sd: float
    history: tuple[Step, ...]
    kept: BoolArray
    transient_shift_hz: FloatArray
    transient_phase_rad: FloatArray
    odd: ComplexArray | None = None
    even: ComplexArray | None = None
    water_area: float | None = None
    water_fwhm_hz: float | None = None
    water: ComplexArray | None = None
    residual_water_height: float | None = None
    phase_known: bool = False
    """The water reference has set the phase: the lines stand upright to within a few degrees."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Basis:
    """The simulated signal of each metabolite: ``fids`` is (signals, points) complex, per molecule."""

    names: tuple[str, ...]
    fids: ComplexArray
    sampling: Sampling
    sequence: str
    te_s: float
    description: str = ""


@dataclass(frozen=True)
class ProcessSettings:
    """Which processing steps run. A reader's edit replaces this record."""

    whiten_coils: bool = True
    """Weigh the coils by their noise, not by their sensitivity alone."""
    align: bool = True
    reject: bool = True
    eddy_current: bool = True
    remove_water: bool = True
    automatic_phase: bool = True
    """Turn the lines upright where no water reference has."""
    keep_transients: tuple[bool, ...] | None = None
    """The reader's own choice of transients, instead of automatic rejection."""


@dataclass(frozen=True)
class FitSettings:
    """What a reader may change about a fit. None means: as the protocol says."""

    ppm_range: tuple[float, float] | None = None
    baseline_ed_per_ppm: float | None = None
    phase0_rad: float | None = None
    shift_ppm: float | None = None
    left_out: tuple[str, ...] = ()
    gauss_hz: float | None = None
    """Gaussian width (full, at half maximum) of the line shape that all signals share."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What the model found in a spectrum.

    Attributes
    ----------
    names : (k,) fitted signals
    amplitudes, covariance : (k,), (k, k) posterior mean and covariance per molecule, with nuisance parameters and
        priors, given that amplitudes which the protocol calls non-negative are so
    unbounded : (k,) least-squares amplitudes without the non-negativity bound, at the same nuisance parameters
    shift_hz, lorentz_hz, gauss_hz : (k,) line shift and widths used for each signal
    ppm, data, fit, baseline, residual : (m,) real, phased, ascending ppm over the fit range
    components : (k, m) real; ``fit = components.sum(0) + baseline``, ``residual = data - fit``
    noise_sd : standard deviation of `data` from the noise region; `misfit` = residual variance / noise variance
    """

    names: tuple[str, ...]
    amplitudes: FloatArray
    covariance: FloatArray
    unbounded: FloatArray
    phase0_rad: float
    phase1_s: float
    shift_hz: FloatArray
    lorentz_hz: FloatArray
    gauss_hz: FloatArray
    ppm: FloatArray
    data: FloatArray
    fit: FloatArray
    baseline: FloatArray
    residual: FloatArray
    components: FloatArray
    noise_sd: float
    misfit: float
    iterations: int
    converged: bool
    settings: FitSettings
    skewness: float = 0.0
    """Of the line shape common to all signals; 0 where the data did not ask for it."""
    baseline_ed_per_ppm: float = 0.0
    """Effective dimensions of the baseline per ppm, chosen by the data unless the settings say it."""
    effective_parameters: float = 0.0
    """Of the baseline, the amplitudes and what all signals share; ``misfit`` is per point beyond these."""
    phase_freed: bool = False
    """The water reference had set the phase, but the lines have another one, so that it was found from them."""
    warnings: tuple[str, ...] = ()
    theta: FloatArray | None = None
    """The non-linear parameters as the fit holds them, to start another fit from."""


@dataclass(frozen=True)
class Gate:
    """A quality limit: what was measured, the verdict, the limit in words, and a sentence for the reader."""

    name: str
    value: float | None
    unit: str
    verdict: Verdict
    limit: str
    text: str
    accepted: str = ""
    """The reason for which the reader accepts the gate although it failed; empty where it was not."""

    @property
    def explanation(self) -> str:
        """The sentence for the reader, and why the reader accepts the gate where that is so."""
        return f"{self.text} Accepted by the reader: {self.accepted}" if self.accepted else self.text


@dataclass(frozen=True)
class Quality:
    """Figures that tell whether a voxel can be read; None is unknown."""

    snr: float | None
    fwhm_hz: float | None
    water_fwhm_hz: float | None
    kept_fraction: float | None
    drift_hz: float | None
    residual_water: float | None
    lipid_index: float | None
    gates: tuple[Gate, ...]
    evaluable: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Ratio:
    """A molar ratio of amplitudes with its SD and 90 % interval (5th and 95th percentile)."""

    value: float | None
    sd: float | None
    low90: float | None
    high90: float | None


@dataclass(frozen=True)
class Measured:
    """A number and its standard deviation, in the unit that its holder names."""

    value: float
    sd: float


@dataclass(frozen=True)
class Amplitude:
    """An amplitude per molecule in the signal's arbitrary unit, and its standard deviation."""

    amplitude: float
    sd: float
    concentration_mmol_per_l: Measured | None = None
    """Of tissue, by the unsuppressed water; None where the water, the times or the relaxation are not known."""


@dataclass(frozen=True)
class Interval:
    """Median and 90 % interval (5th and 95th percentile)."""

    median: float
    low90: float
    high90: float


@dataclass(frozen=True)
class Probability:
    """Probability after the evidence, for a pre-test probability that the reader chose (both 0 to 1)."""

    pretest: float
    value: Interval


@dataclass(frozen=True)
class Evidence:
    """The likelihood ratio for pain of one disc; the numbers are None for a disc that is not evaluable."""

    lr: Interval | None
    score: Interval | None
    evidence_class: EvidenceClass
    probability: tuple[Probability, ...]
    driver: Driver | None
    variance_share: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class VoxelResult:
    """Everything found for one voxel; `spectrum` and `fit` are None where the work failed (see `quality.reasons`)."""

    acquisition: Acquisition
    spectrum: Spectrum | None
    fit: Fit | None
    quality: Quality
    metabolites: Mapping[str, Amplitude]
    ratios: Mapping[str, Ratio]
    evidence: Evidence | None
    variants: tuple[Fit, ...] = ()
    """Equally defensible fits of the same spectrum; their spread is part of the evidence's uncertainty."""
    water_t2_s: Measured | None = None
    """T2 of this voxel's own water, where one was given; None leaves it to the protocol."""
    adjusted_by_reader: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The voxel's name, for example ``L4-L5``."""
        return self.acquisition.label


@dataclass(frozen=True, eq=False)
class ExamResult:
    """All voxels of a study, compared."""

    voxels: tuple[VoxelResult, ...]
    evaluable: int
    contrast_p: float | None
    withheld: str | None
    protocol_id: str
    protocol_sha256: str
    compares: bool
    """Whether the protocol has an evidence model (disc) or not (brain, cord)."""
    warnings: tuple[str, ...] = ()
