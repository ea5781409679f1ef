"""Small made-up raw data, written after the formats: Siemens TWIX, and Philips list and data."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_MEAS = {
    "tSequenceString": "svs_se", "tSequenceFileName": "%SiemensSeq%\\svs_se", "Frequency": 123250000,
    "ResonantNucleus": "1H", "TR": 2000000, "FlipAngle": 90, "PatientPosition": "HFS", "PatientName": "Builder^Test",
    "PatientID": "T1", "flUsedPatientWeight": 70, "PatientBirthDay": "19800101", "PatientSex": 2,
    "tICEProgramName": "x", "lFinalMatrixSizePhase": 1, "lFinalMatrixSizeRead": 1, "lFinalMatrixSizeSlice": 1,
}  # fmt: skip
_DICOM = {
    "SoftwareVersions": "syngo MR B17", "Manufacturer": "SIEMENS", "ManufacturersModelName": "Verio",
    "DeviceSerialNumber": 1, "InstitutionName": "none", "tProtocolName": "press_te30",
}  # fmt: skip


def _xprotocol(values: dict[str, object]) -> str:
    lines = [f'<ParamString."{name}">  {{ "{value}"  }}' for name, value in values.items()]
    return "<XProtocol>\n{\n" + "\n".join(lines) + "\n}\n"


def _ascconv(values: dict[str, object]) -> str:
    lines = "\n".join(f"{name} = {value}" for name, value in values.items())
    return f"<XProtocol>\n### ASCCONV BEGIN ###\n{lines}\n\n### ASCCONV END ###\n"


def twix(
    fids: np.ndarray, protocol: dict[str, object], before_echo: int = 0, *, newer: bool = False, **meas: object
) -> bytes:
    """A file of (coils, transients, points) as the scanner stores them; `protocol` is its ASCCONV block.

    `newer`: of VD software and later, with a list of measurements in front and one header for all coils.
    """
    dicom = {**_DICOM, "SoftwareVersions": "syngo MR E11"} if newer else _DICOM
    buffers = {
        "Config": _xprotocol({"SequenceFileName": "x"}),
        "Dicom": _xprotocol(dicom),
        "Meas": _xprotocol({**_MEAS, **meas}),
        "MeasYaps": _ascconv(protocol),
        "Phoenix": _ascconv(protocol),
    }
    body = b"".join(
        name.encode() + b"\0" + struct.pack("<I", len(text)) + text.encode("latin-1") for name, text in buffers.items()
    )
    length = max(10240, (len(body) + 8 + 31) // 32 * 32)  # shorter ones are taken for newer software
    content = (struct.pack("<II", length, len(buffers)) + body).ljust(length, b"\0")
    content += b"".join(_readout(fids, n, before_echo, newer) for n in range(fids.shape[1]))
    content += (_newer_header if newer else _header)(fids.shape, 0, 0, 0, last=True) + bytes(384)
    if newer:
        entry = struct.pack("<IIQQ", 1, 1, 10240, len(content))
        content = (struct.pack("<II", 0, 1) + entry).ljust(10240, b"\0") + content
    return content


def _readout(fids: np.ndarray, transient: int, before_echo: int, newer: bool) -> bytes:
    coils = [(coil, fids[coil, transient].astype("<c8").tobytes()) for coil in range(len(fids))]
    if newer:
        channels = b"".join(struct.pack("<24xHHI", coil, 0, 0) + data for coil, data in coils)
        return _newer_header(fids.shape, transient, 0, before_echo, last=False) + channels
    return b"".join(_header(fids.shape, transient, coil, before_echo, last=False) + data for coil, data in coils)


def _header(shape: tuple[int, ...], transient: int, coil: int, before_echo: int, *, last: bool) -> bytes:
    """A measurement data header of 128 bytes (mdh.h of VB software); VB counts transients as sets."""
    loops = [0] * 14
    loops[7] = transient
    return (
        struct.pack("<IIIIIII", 128 + 8 * shape[2], 1, transient + 1, 0, 0, int(last), 0)
        + struct.pack("<HH14H", shape[2], shape[0], *loops)
        + struct.pack("<HHHHfIHH", 0, 0, 0, 0, 0, 0, 0, 0)
        + struct.pack("<4H4H", 0, 0, 0, 0, before_echo, 0, 0, 0)
        + struct.pack("<28xHH", coil, 0)
    )


def _newer_header(shape: tuple[int, ...], transient: int, _coil: int, before_echo: int, *, last: bool) -> bytes:
    """A scan header of 192 bytes (VD software and later), which counts transients as averages."""
    loops = [0] * 14
    loops[1] = transient
    return (
        struct.pack("<IIIII20xII", 192 + (32 + 8 * shape[2]) * shape[0], 1, transient + 1, 0, 0, int(last), 0)
        + struct.pack("<HH14H", shape[2], shape[0], *loops)
        + struct.pack("<HHHHfIHH28x", 0, 0, 0, 0, 0, 0, 0, 0)
        + struct.pack("<48x4HHHI", before_echo, 0, 0, 0, 0, 0, 0)
    )


PROTOCOL: dict[str, object] = {
    "sRXSPEC.alDwellTime[0]": 500000, "alTE[0]": 30000, "alTR[0]": 2000000,
    "sSpecPara.sVoI.sPosition.dSag": 1.0, "sSpecPara.sVoI.sPosition.dCor": 2.0, "sSpecPara.sVoI.sPosition.dTra": 3.0,
    "sSpecPara.sVoI.sNormal.dTra": 1.0, "sSpecPara.sVoI.dThickness": 30.0, "sSpecPara.sVoI.dPhaseFOV": 25.0,
    "sSpecPara.sVoI.dReadoutFOV": 20.0,
}  # fmt: skip
"""A voxel of 20 x 25 x 30 mm around (1, 2, 3)."""


def philips_raw(folder: Path, metabolites: np.ndarray, water: np.ndarray, spar: str) -> Path:
    """Write x.list, x.data and x.SPAR of (coils, transients, points) signals; returns the list."""
    lines, data = (
        ["# === DATA DESCRIPTION FILE ====", "# Dataset name: RAW", "", ".    0    0    0  number_of_mixes : 2"],
        b"",
    )
    for mix, fids in enumerate((metabolites, water)):
        for average in range(fids.shape[1]):
            for coil in range(fids.shape[0]):
                vector = fids[coil, average].astype("<c8").tobytes()
                values = [mix, 0, 0, 0, 0, coil, 0, 0, 0, 0, 0, average, 1, 0, 0, 0, 0, 0, len(vector), len(data)]
                lines.append("  STD " + " ".join(map(str, values)))
                data += vector
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.data").write_bytes(data)
    (folder / "x.SPAR").write_text(spar)
    (folder / "x.list").write_text("\n".join(lines) + "\n")
    return folder / "x.list"


def bruker(folder: Path, fids: np.ndarray, padded: bool = False, **changes: object) -> Path:
    """Write method, acqp and fid of (repetitions, points) signals as ParaVision 6 does; returns the method."""
    repetitions, points = fids.shape
    method: dict[str, object] = {
        "Method": "( 40 )\n<Bruker:PRESS>", "PVM_SpecSWH": "( 1 )\n2000", "PVM_DigShift": 0, "PVM_EchoTime": 16,
        "PVM_RepetitionTime": 2500, "PVM_NAverages": 1, "PVM_FrqWorkPpm": "( 8 )\n4.7 0 0 0 0 0 0 0",
    }  # fmt: skip
    acqp: dict[str, object] = {
        "ACQ_sw_version": "( 65 )\n<PV 6.0>", "GO_raw_data_format": "GO_32BIT_SGN_INT", "BYTORDA": "little",
        "GO_block_size": "Standard_KBlock_Format" if padded else "continuous", "ACQ_size": f"( 1 )\n{2 * points}",
        "ACQ_dim_desc": "( 1 )\nSpectroscopic", "NR": repetitions, "BF1": 300.3, "NUCLEUS": "( 8 )\n<1H>",
        "ACQ_protocol_name": "( 64 )\n<svs>",
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in (("method", method), ("acqp", acqp)):
        values.update({key: value for key, value in changes.items() if key in values})
        lines = "".join(f"##${key}={value}\n" for key, value in values.items())
        (folder / name).write_text(f"##TITLE=Parameter List, ParaVision 6.0\n##JCAMPDX=4.24\n{lines}##END=\n")
    numbers = np.empty((repetitions, 2 * points), "<i4")
    numbers[:, 0::2], numbers[:, 1::2] = np.rint(fids.real), np.rint(fids.imag)
    size = -(-numbers[0].nbytes // 1024) * 1024 if padded else numbers[0].nbytes
    (folder / "fid").write_bytes(b"".join(row.tobytes().ljust(size, b"\0") for row in numbers))
    return folder / "method"
