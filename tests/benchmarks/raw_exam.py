"""A simulated disc exam as a scanner's raw export: NIfTI-MRS with every receiver coil and transient, and water.

.venv/bin/python -m tests.benchmarks.raw_exam FOLDER [SEED]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import nibabel
import numpy as np

from analysis.phantom import SAMPLING, TE_S, TR_S, PhantomDisc, simulate_exam
from tests.benchmarks.simulated import spin_library

COILS, REPEATS = 16, 4
"""The phantom's 64 transients are repeated, with noise of their own in every coil."""
_COIL_NOISE = 0.3
"""Share of the phantom's noise that every coil adds."""
_SPACING_MM = 35.0


def write_raw_exam(folder: Path, seed: int = 1, *, coils: int = COILS, repeats: int = REPEATS, ending: str = ".nii"):
    """Write five discs and their water references; return the phantom."""
    phantom = simulate_exam(spin_library(), seed)
    rng = np.random.default_rng([seed, 16])
    folder.mkdir(parents=True, exist_ok=True)
    for index, disc in enumerate(phantom.discs):
        sensitivity = _sensitivity(rng, coils)
        mixing = np.eye(coils) + 0.4 * np.eye(coils, k=1) * np.exp(1j)
        kinds = (("metab", np.tile(disc.fids, (repeats, 1)), True), ("water", disc.water, False))
        for kind, fids, suppressed in kinds:
            raw = _received(rng, fids, sensitivity, mixing, _COIL_NOISE * _noise_sd(disc))
            _save(folder / f"{disc.label}_{kind}{ending}", raw, disc, index, suppressed)
    return phantom


def _sensitivity(rng: np.random.Generator, coils: int) -> np.ndarray:
    """Return complex sensitivities over a factor of ten, (coils,), of unit length."""
    found = 10 ** rng.uniform(-1, 0, coils) * np.exp(2j * np.pi * rng.random(coils))
    return found / np.linalg.norm(found)


def _noise_sd(disc: PhantomDisc) -> float:
    return float(disc.fids[:, -256:].real.std())


def _received(
    rng: np.random.Generator, fids: np.ndarray, sensitivity: np.ndarray, mixing: np.ndarray, noise_sd: float
) -> np.ndarray:
    """Return what each coil receives, (transients, coils, points) complex64, in the NIfTI-MRS sense of rotation."""
    raw = np.empty((len(fids), len(sensitivity), fids.shape[1]), dtype=np.complex64)
    for transient, fid in zip(raw, fids, strict=True):
        white = rng.standard_normal((*transient.shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
        transient[:] = np.conj(np.outer(sensitivity, fid) + noise_sd * (mixing @ white))
    return raw


def _save(path: Path, raw: np.ndarray, disc: PhantomDisc, index: int, suppressed: bool) -> None:
    header = {
        "SpectrometerFrequency": [SAMPLING.f0_mhz], "ResonantNucleus": ["1H"], "SpecFreqChemShift": 4.65,
        "EchoTime": TE_S, "RepetitionTime": TR_S, "WaterSuppressed": suppressed, "SequenceName": "press",
        "ProtocolName": disc.label, "dim_5": "DIM_COIL", "dim_6": "DIM_DYN", "PatientID": "SIMULATED",
    }  # fmt: skip
    affine = np.diag([20.0, 14.0, 6.0, 1.0])
    affine[2, 3] = -_SPACING_MM * index
    # NIfTI counts its first dimension fastest: (x, y, z, points, coils, transients).
    image = nibabel.Nifti2Image(raw.T[None, None, None], affine)
    image.header["pixdim"][4] = 1 / SAMPLING.spectral_width_hz
    image.header["intent_name"] = b"mrs_v0_9"
    image.header.set_xyzt_units("mm", "sec")
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(44, json.dumps(header).encode()))
    nibabel.save(image, path)


if __name__ == "__main__":
    write_raw_exam(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
