"""A simulated lumbar spine as T2-weighted MR, for the demonstration study.

The tissue is one solid in LPS patient millimetres (+x left, +y posterior, +z head); every image samples it on its own
planes, so sagittal, axial and oblique images of one spine agree. The images are simulated and must be labelled so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from analysis.anatomy_body import coil_gain, paint_body
from analysis.anatomy_bone import paint_spine
from analysis.anatomy_paint import ImagePlane, textures
from analysis.anatomy_spine import DiscAnatomy, Field, LumbarSpine, Profiles, lumbar_spine, profiles

__all__ = ["DiscAnatomy", "LumbarSpine", "axial_grids", "lumbar_spine", "sagittal_grid", "t2_image"]

CSF_LEVEL = 880.0  # stored value of cerebrospinal fluid in the lumbar sac
NOISE_LEVEL = 15.0  # standard deviation of the noise in each of the two receive channels
_SAMPLE_MM = 1.1  # distance between the planes that are averaged over a slice's thickness
_BEND_BODY_MM, _BEND_SPINE_MM = 2.6, 0.6  # how irregular soft tissue and bone are

Grid = tuple[NDArray[np.float64], tuple[int, int, int], float]


def t2_image(
    spine: LumbarSpine,
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    slice_thickness_mm: float,
    seed: int,
) -> NDArray[np.int16]:
    """T2-weighted turbo spin-echo intensities of a simulated spine.

    Parameters
    ----------
    affine : (4, 4) maps (column, row, slice, 1) to the LPS mm of the pixel's centre.
    shape : slices, rows, columns.
    slice_thickness_mm : tissue is averaged over this distance across each slice.
    seed : of the noise alone; the anatomy has its own seed in `spine`.

    Returns
    -------
    (slices, rows, columns) stored values, 0 or more; cerebrospinal fluid is near 880, air near the noise of 19.
    """
    rng = np.random.default_rng([seed, 4])
    affine = np.asarray(affine, dtype=np.float64)
    table = profiles(spine)
    image = np.empty(shape, dtype=np.int16)
    for k in range(shape[0]):
        origin = affine[:3, 3] + k * affine[:3, 2]
        plane = ImagePlane(origin, affine[:3, 0], affine[:3, 1], (shape[1], shape[2]))
        tissue = _slice_signal(spine, table, plane, slice_thickness_mm)
        image[k] = _acquire(tissue * coil_gain(plane, table) * CSF_LEVEL, rng)
    return image


def _slice_signal(spine: LumbarSpine, table: Profiles, plane: ImagePlane, thickness_mm: float) -> Field:
    """Mean tissue signal over a slice's thickness; the smooth surroundings are sampled in its middle only."""
    noise = textures(spine.seed)
    bend = noise.bend(plane)
    surroundings = paint_body(plane.bent(bend, _BEND_BODY_MM), plane, table, noise)
    plane = plane.bent(bend, _BEND_SPINE_MM)
    count = max(1, round(thickness_mm / _SAMPLE_MM))
    total = np.zeros_like(surroundings)
    for n in range(count):
        layer = surroundings.copy()
        paint_spine(layer, plane.moved(((n + 0.5) / count - 0.5) * thickness_mm), spine, noise)
        total += layer
    return total / np.float32(count)


def _acquire(signal: Field, rng: np.random.Generator) -> NDArray[np.int16]:
    """What a scanner makes of it: limited k-space, complex noise, magnitude (so the noise is Rician)."""
    window = _k_window(signal.shape[0], signal.shape[1])
    scale = NOISE_LEVEL / np.sqrt(np.mean(np.square(window[:, 1:-1])))
    real, imaginary = (scale * rng.standard_normal(signal.shape, dtype=np.float32) for _ in range(2))
    real = irfft2(rfft2(signal + real) * window, s=signal.shape)
    imaginary = irfft2(rfft2(imaginary) * window, s=signal.shape)
    stored: NDArray[np.int16] = np.clip(np.rint(np.hypot(real, imaginary)), 0, 32767).astype(np.int16)
    return stored


def _k_window(rows: int, columns: int) -> NDArray[np.float32]:
    """Acquired part of k-space in the layout of `rfft2`: 85 % by 78 %, with soft edges against ringing."""

    def side(size: int, part: float) -> NDArray[np.float64]:
        frequency = np.abs(np.fft.fftfreq(size)) * 2.0 / part
        soft: NDArray[np.float64] = np.cos(np.pi / 2 * np.clip((frequency - 0.45) / 0.55, 0.0, 1.0)) ** 2
        return soft

    window = side(rows, 0.85)[:, None] * side(columns, 0.78)[None, : columns // 2 + 1]
    return window.astype(np.float32)


def sagittal_grid(spine: LumbarSpine) -> Grid:
    """Affine, shape and thickness (mm) of a sagittal stack.

    Slices run from right to left, rows from head to foot, columns from front to back.
    """
    slices, size, pixel, spacing, thickness = 15, 384, 0.8, 4.4, 4.0
    l3 = next(vertebra for vertebra in spine.vertebrae if vertebra.label == "L3")
    centre = np.asarray(l3.frame.origin_mm) + np.array([0.0, -12.0, -4.0])
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = (0.0, pixel, 0.0), (0.0, 0.0, -pixel), (spacing, 0.0, 0.0)
    affine[:3, 3] = centre - affine[:3, :3] @ np.array([(size - 1) / 2, (size - 1) / 2, (slices - 1) / 2])
    return affine, (slices, size, size), thickness


def axial_grids(spine: LumbarSpine) -> tuple[tuple[str, NDArray[np.float64], tuple[int, int, int], float], ...]:
    """For every disc: label, affine, shape and thickness (mm) of a stack parallel to it.

    Columns run to the patient's left, rows to the back, slices from head to foot; the middle slice holds the disc's
    centre.
    """
    slices, size, pixel, spacing, thickness = 5, 256, 0.7, 4.0, 3.5
    stacks = []
    for disc in spine.discs:
        left, back, head = (np.asarray(axis) for axis in disc.axes)
        affine = np.eye(4)
        affine[:3, 0], affine[:3, 1], affine[:3, 2] = left * pixel, back * pixel, -head * spacing
        centre = np.asarray(disc.centre_mm) + 12.0 * back
        affine[:3, 3] = centre - affine[:3, :3] @ np.array([(size - 1) / 2, (size - 1) / 2, (slices - 1) / 2])
        stacks.append((disc.label, affine, (slices, size, size), thickness))
    return tuple(stacks)
