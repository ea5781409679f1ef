"""Read Bruker ParaVision single-voxel spectra: the files ``method``, ``acqp`` and ``fid`` of one folder.

No public file was at hand. What stands where and which way it turns is taken from the converter spec2nii 0.8.15 (BSD);
every signal says so, and the voxel's place, which spec2nii calls mostly untested, is not used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analysis.errors import UnreadableFile
from analysis.readers.detect import Head
from analysis.readers.dicom_mrs import (
    FEWEST_POINTS,
    GRID,
    MOST_FRAMES,
    checked_length,
    checked_signal,
    in_range,
    milliseconds,
    other_nucleus,
)
from analysis.readers.guard import clean_text
from analysis.readers.records import Contents, InputFile, Signal, with_hash
from analysis.readers.sequences import recognise
from analysis.types import AcquisitionParameters, ComplexArray
from analysis.units import WATER_PPM

_TITLE = "##TITLE=Parameter List"
_LARGEST_BYTES = 16 * 1024**2
_PARAMETER = re.compile(r"^##\$(\w+)=(.*?)(?=^##|^\$\$|\Z)", re.MULTILINE | re.DOTALL)
_SIZE = re.compile(r"^\([^()<>]*\)\s*")
_WORDS = {"GO_32BIT_SGN_INT": "i4", "GO_16BIT_SGN_INT": "i2", "GO_32BIT_FLOAT": "f4", "_32_BIT": "i4"}
_BLOCK_BYTES = 1024
_WARNINGS = (
    "No real file has confirmed how Bruker data are read; check them against ParaVision.",
    "The place of a Bruker voxel is not confirmed, so it is not used.",
)


def recognises(head: Head) -> bool:
    """Whether the file is the ``method`` of a measurement."""
    return head.is_text and head.text.startswith(_TITLE) and "##$Method=" in head.text


def recognises_part(head: Head) -> bool:
    """Whether the file is the ``acqp`` or the data of a measurement; the data have no signature."""
    if head.is_text:
        return head.text.startswith(_TITLE) and head.name == "acqp"
    return head.name == "fid"


def read_part(file: InputFile) -> Contents:
    """Say nothing of a part whose ``method`` lies beside it; they are read with it.

    Raises
    ------
    UnreadableFile : there is no such file
    """
    if not any(one.name.lower() == "method" for one in file.siblings):
        raise UnreadableFile("it is a part of a Bruker measurement; put the file 'method' of its folder beside it")
    return Contents(index_only=True, with_header="method")


class _Parameters:
    """The parameters of a JCAMP-DX file by name."""

    def __init__(self, file: InputFile) -> None:
        if file.path.stat().st_size > _LARGEST_BYTES:
            raise UnreadableFile("the file is too large for Bruker parameters")
        text = file.path.read_text(encoding="latin-1")
        self._values: Mapping[str, str] = {name: value.strip() for name, value in _PARAMETER.findall(text)}

    def text(self, name: str) -> str | None:
        """Return a value without its announced size and its brackets."""
        value = _SIZE.sub("", self._values.get(name, "")).strip()
        return clean_text(value.removeprefix("<").removesuffix(">"))

    def number(self, name: str) -> float | None:
        """Return the first number of a value."""
        words = (self.text(name) or "").split()
        try:
            number = float(words[0]) if words else None
        except ValueError:
            return None
        return number if number is not None and np.isfinite(number) else None


def read(file: InputFile) -> Contents:
    """Return the signal of a measurement.

    Raises
    ------
    UnreadableFile : a part is missing, no single-voxel spectroscopy, or a length that differs from what is announced
    """
    method = _Parameters(file)
    if method.number("PVM_SpecSWH") is None:
        raise UnreadableFile("it is a Bruker measurement of another kind, not spectroscopy")
    parts = {one.name.lower(): one for one in file.siblings}
    if "acqp" not in parts or "fid" not in parts:
        raise UnreadableFile("it is the method of a Bruker measurement; put its files 'acqp' and 'fid' beside it")
    acqp = _Parameters(parts["acqp"])
    if (acqp.text("ACQ_dim_desc") or "").split() != ["Spectroscopic"]:
        raise UnreadableFile(f"{GRID} from Bruker data")
    parameters, warnings = _parameters(method, acqp)
    fids = _fids(parts["fid"], acqp)
    before = int(method.number("PVM_DigShift") or 0)
    if not 0 <= before <= fids.shape[1] - FEWEST_POINTS:
        raise UnreadableFile("its header states an impossible number of points before the echo")
    signal = Signal(
        file=file,
        # As stored: spec2nii conjugates these data for NIfTI-MRS, which turns the other way.
        fids=checked_signal(fids[:, before:])[np.newaxis],
        parameters=parameters,
        voxel=None,
        protocol=acqp.text("ACQ_protocol_name"),
        averaged_only=(parameters.averages or 1) > 1,
        warnings=(*warnings, *_WARNINGS),
        more_files=tuple((with_hash(parts[name]), None) for name in ("acqp", "fid")),
    )
    return Contents(signals=(signal,))


def _parameters(method: _Parameters, acqp: _Parameters) -> tuple[AcquisitionParameters, list[str]]:
    nucleus = acqp.text("NUCLEUS") or "1H"
    if nucleus != "1H":
        raise UnreadableFile(other_nucleus(nucleus))
    sequence, localisation, note = recognise((method.text("Method"),), (acqp.text("ACQ_protocol_name"),))
    averages = method.number("PVM_NAverages")
    reference = method.number("PVM_FrqWorkPpm")
    parameters = AcquisitionParameters(
        f0_mhz=in_range(acqp.number("BF1"), 1, 1500, "transmitter frequency"),
        spectral_width_hz=in_range(method.number("PVM_SpecSWH"), 100, 1e6, "spectral width"),
        reference_ppm=WATER_PPM if reference is None else in_range(reference, -20, 20, "chemical shift reference"),
        manufacturer="Bruker",
        sequence=sequence,
        localisation=localisation,
        te_s=milliseconds(method.number("PVM_EchoTime")),
        tr_s=milliseconds(method.number("PVM_RepetitionTime")),
        averages=int(averages) if averages and 1 <= averages < 1e6 else None,
        nucleus=nucleus,
    )
    return parameters, [note] if note else []


def _fids(data: InputFile, acqp: _Parameters) -> ComplexArray:
    """Return the repetitions, (repetitions, points); blocks may be filled up to whole kilobytes."""
    order = {"little": "<", "big": ">"}.get(acqp.text("BYTORDA") or "")
    word = _WORDS.get(acqp.text("GO_raw_data_format") or acqp.text("ACQ_word_size") or "")
    if order is None or word is None:
        raise UnreadableFile("its header names no known kind of numbers")
    kind = np.dtype(order + word)
    values = int(acqp.number("ACQ_size") or 0)
    points = checked_length(values // 2 if values % 2 == 0 else None)
    count = int(acqp.number("NR") or 1)
    block = values * kind.itemsize
    if acqp.text("GO_block_size") == "Standard_KBlock_Format":
        block = -(-block // _BLOCK_BYTES) * _BLOCK_BYTES
    held = data.path.stat().st_size
    if not 1 <= count <= MOST_FRAMES or held != count * block:
        raise UnreadableFile(
            f"it holds {held} bytes where its header announces {count * block}; the file may be cut short, "
            "or hold several receivers, which are not read"
        )
    stored: NDArray[np.float64] = (
        np.frombuffer(data.path.read_bytes(), kind).reshape(count, -1)[:, : 2 * points].astype(np.float64)
    )
    return np.asarray(stored[:, 0::2] + 1j * stored[:, 1::2])
