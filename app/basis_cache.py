"""Simulated bases kept on disk by the hash of what they were made from; the file system's part of the simulation."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from analysis.basis import Mixture, basis_key, described_basis, simulate_basis
from analysis.sequences import Sequence
from analysis.spin_library import SpinLibrary
from analysis.types import Basis, ComplexArray, Sampling
from app.atomic_file import write_whole

_DIGEST_BYTES = hashlib.sha256().digest_size
LARGEST_BYTES = 128 * 1024**2
"""The least recently used files go when all of them together are larger."""


@dataclass(frozen=True)
class BasisCache:
    """Simulates a basis, or reads the one that was simulated from the same content before.

    A file is the SHA-256 of an ``.npy`` array followed by the array, so that a truncated or damaged one is seen and
    made again. Where the folder cannot be read or written, everything is simulated.
    """

    folder: Path
    largest_bytes: int = LARGEST_BYTES

    def __call__(
        self, signals: Mapping[str, Mixture], library: SpinLibrary, sequence: Sequence, sampling: Sampling
    ) -> Basis:
        """Return the basis; see `analysis.basis.simulate_basis`.

        Raises
        ------
        BadProtocol
            If a signal names a spin system that the library does not hold.
        """
        path = self.folder / f"{basis_key(signals, library, sequence, sampling)}.basis"
        fids = _stored(path, (len(signals), sampling.points))
        if fids is not None:
            return described_basis(tuple(signals), fids, sequence, sampling)
        basis = simulate_basis(signals, library, sequence, sampling)
        self._keep(path, basis.fids)
        return basis

    def _keep(self, path: Path, fids: ComplexArray) -> None:
        buffer = io.BytesIO()
        np.save(buffer, fids, allow_pickle=False)
        data = buffer.getvalue()
        try:
            write_whole(path, hashlib.sha256(data).digest() + data)
            _drop_oldest(self.folder, self.largest_bytes)
        except OSError:
            # A full or write-protected disk costs time, not results.
            return


def default_basis_cache() -> BasisCache:
    """Return the cache of this user; the environment variable ``DISCERN_CACHE_DIR`` names another folder."""
    chosen = os.environ.get("DISCERN_CACHE_DIR")
    root = Path(chosen) if chosen else user_cache_path("discern", appauthor=False)
    return BasisCache(root / "basis")


def _stored(path: Path, shape: tuple[int, int]) -> ComplexArray | None:
    """Return the FIDs of a file, or None where there is no whole one."""
    try:
        content = path.read_bytes()
        digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(data).digest() != digest:
            return None
        fids = np.load(io.BytesIO(data), allow_pickle=False)
        os.utime(path)
    except (OSError, ValueError, EOFError):
        return None
    return fids if fids.shape == shape and fids.dtype == np.complex128 else None


def _drop_oldest(folder: Path, largest_bytes: int) -> None:
    """Remove the files that were not used for longest, until the rest fits."""
    found = [(path, path.stat()) for path in folder.glob("*.basis")]
    found.sort(key=lambda item: item[1].st_mtime_ns, reverse=True)
    total = 0
    for path, status in found:
        total += status.st_size
        if total > largest_bytes:
            path.unlink(missing_ok=True)
