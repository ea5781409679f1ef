"""Read LCModel time data (``.RAW``, ``.H2O``): one FID behind a ``$NMID`` header, where given also ``$SEQPAR``.

LCModel keeps field strength and dwell time in a separate control file. Some writers (FID-A, Osprey) add them to
``$SEQPAR`` as ``hzpppm`` and ``dwellTime``; a file without them can only be read beside a basis set that states them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head, read_head
from analysis.readers.dicom_mrs import checked_signal, in_range
from analysis.readers.files import sentence
from analysis.readers.guard import one_sentence
from analysis.readers.lcmodel_text import Namelist, complex_numbers, namelists
from analysis.readers.records import Contents, InputFile, Signal, with_hash
from analysis.readers.sequences import recognise
from analysis.readers.study import as_acquisition
from analysis.types import Acquisition, AcquisitionParameters, ComplexArray, Sampling
from analysis.units import WATER_PPM, conjugated

_LARGEST_BYTES = 64 * 1024**2
_NO_SAMPLING = (
    "LCModel raw data that do not state their field strength and dwell time; fit them with 'discern fit', "
    "which takes both from the basis set"
)


def recognises(head: Head) -> bool:
    """Whether the file is LCModel time data."""
    text = head.text.upper()
    return head.is_text and "NMID" in text and ("$NMID" in text or "&NMID" in text)


def read(file: InputFile) -> Contents:
    """Return the signal of a file that states its own sampling.

    Raises
    ------
    UnreadableFile : it does not, or cannot be read
    """
    return Contents(signals=(_signal(file, None),))


def read_beside_basis(path: Path, sampling: Sampling) -> Acquisition | None:
    """Read LCModel time data, with the basis set's field and dwell time where the file states none.

    Returns
    -------
    The acquisition, with a warning where the sampling was taken over, or None if the file is of another format.

    Raises
    ------
    UnreadableFile : it is LCModel time data that cannot be read; one sentence
    """
    file = InputFile(path, str(path), named=True)
    try:
        with one_sentence():
            if not recognises(read_head(file)):
                return None
            return as_acquisition(_signal(with_hash(file), sampling))
    except UnreadableFile as error:
        raise UnreadableFile(sentence(str(error))) from error


def _signal(file: InputFile, assumed: Sampling | None) -> Signal:
    if file.path.stat().st_size > _LARGEST_BYTES:
        raise UnreadableFile("the file is too large for LCModel time data")
    text = file.path.read_text(encoding="latin-1")
    blocks = list(namelists(text))
    headers = [block for block in blocks if block.name == "NMID"]
    if len(headers) != 1:
        raise UnreadableFile("it holds several voxels, which this version does not read; give one file per voxel")
    sequence = next((block for block in blocks if block.name == "SEQPAR"), Namelist("SEQPAR", "", 0))
    parameters, warnings = _parameters(sequence, assumed)
    return Signal(
        file=file,
        fids=checked_signal(_fid(text, headers[0])[None, None]),
        parameters=parameters,
        voxel=None,
        suppressed=not file.name.lower().endswith(".h2o"),
        averaged_only=True,
        warnings=tuple(warnings),
    )


def _fid(text: str, header: Namelist) -> ComplexArray:
    """Return the FID; LCModel's turns with falling ppm, BRUKER data the other way."""
    if header.flag("SEQACQ"):
        raise UnreadableFile("its points were acquired in sequence (SEQACQ), which this version does not read")
    tramp, volume = (1.0 if (f := header.number(key)) is None else f for key in ("TRAMP", "VOLUME"))
    if min(tramp, volume) <= 0:
        raise UnreadableFile("its TRAMP or VOLUME is not positive")
    values = complex_numbers(text[header.end :]) * (tramp / volume)
    return values if header.flag("BRUKER") else np.asarray(conjugated(values))


def _parameters(sequence: Namelist, assumed: Sampling | None) -> tuple[AcquisitionParameters, list[str]]:
    f0_mhz, dwell_s = sequence.number("HZPPPM"), sequence.number("DWELLTIME") or sequence.number("DELTAT")
    warnings = []
    if f0_mhz is None or dwell_s is None:
        if assumed is None:
            raise UnreadableFile(_NO_SAMPLING)
        warnings.append("The file states no field strength or dwell time; those of the basis set were used.")
        f0_mhz = assumed.f0_mhz if f0_mhz is None else f0_mhz
        dwell_s = 1 / assumed.spectral_width_hz if dwell_s is None else dwell_s
    word, localisation, note = recognise((sequence.text("SEQ"),), ())
    echo_ms = sequence.number("ECHOT")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(f0_mhz, 1, 1500, "field strength (HZPPPM)"),
        spectral_width_hz=in_range(1 / dwell_s if dwell_s > 0 else None, 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM,
        sequence=word,
        localisation=localisation,
    )
    if echo_ms is not None and echo_ms > 0:
        parameters = replace(parameters, te_s=echo_ms / 1e3)
    return parameters, warnings + ([note] if note else [])
