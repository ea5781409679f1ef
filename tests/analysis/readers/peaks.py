"""Find the lines of a real spectrum without any of the code under test, to prove on which side they lie."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks


def lines_ppm(
    fid: np.ndarray, f0_mhz: float, width_hz: float, reference_ppm: float, low: float, high: float, count: int
) -> list[float]:
    """The `count` most prominent lines between two shifts, ascending, in the DICOM sense (PS3.3 C.8.14.4.1).

    Water is taken out with a moving average of 16 ms in the frame where it stands still, and the signal is damped by
    3 Hz; neither knows which way the spectrum runs.
    """
    points = len(fid)
    time = np.arange(points) / width_hz
    wide = np.fft.fft(fid, 16 * points)
    water_hz = np.fft.fftfreq(16 * points, 1 / width_hz)[np.argmax(np.abs(wide))]
    still = fid * np.exp(-2j * np.pi * water_hz * time)
    length = int(0.016 * width_hz) | 1
    kernel = np.hanning(length + 2)[1:-1]
    slow = np.convolve(still, kernel / kernel.sum(), mode="same")
    rest = (still - slow)[length // 2 :] * np.exp(2j * np.pi * water_hz * time[length // 2 :])
    rest = rest * np.exp(-3 * np.pi * time[: len(rest)])
    spectrum = np.abs(np.fft.fftshift(np.fft.fft(rest, 8 * points)))
    ppm = reference_ppm + np.fft.fftshift(np.fft.fftfreq(8 * points, 1 / width_hz)) / f0_mhz
    inside = (ppm > low) & (ppm < high)
    places, found = find_peaks(spectrum[inside], prominence=0)
    best = np.argsort(found["prominences"])[::-1][:count]
    return sorted(float(value) for value in ppm[inside][places[best]])
