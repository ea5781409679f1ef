"""Small whole files of every format, to be damaged: made ones, and real ones where the collection is at hand."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydicom.config import IGNORE
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from tests.analysis.readers.builders import (
    METABOLITES,
    WATER,
    empty_object,
    fid,
    item,
    mr_slice,
    save,
    save_nifti_mrs,
    spectroscopy,
)
from tests.analysis.readers.raw_builders import PROTOCOL, bruker, philips_raw, twix

Original = Mapping[str, bytes]
"""The files of one original by name; the first one is damaged most."""

_SPAR = """! GYROSCAN spectro parameter file
examination_name : made
scan_id : PRESS
samples : 256
rows : 1
synthesizer_frequency : 127786142
sample_frequency : 2000
nucleus : 1H
mix_number : 1
echo_time : 30
repetition_time : 2000
averages : 128
volume_selection_enable : "yes"
volumes : 1
ap_size : 20
lr_size : 20
cc_size : 20
ap_off_center : -2.0
lr_off_center : -24.3
cc_off_center : 37.6
ap_angulation : 1.5
lr_angulation : 10.5
cc_angulation : 2.5
phase_encoding_enable : "no"
"""
_SAGITTAL = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]


def originals(folder: Path, shared: Path | None) -> dict[str, list[Original]]:
    """Return originals of every format by the format's name; made ones are written into `folder` first."""
    found = _made(folder)
    for name, paths in _real(shared).items() if shared is not None else ():
        found.setdefault(name, []).extend(paths)
    return found


def _one(path: Path) -> Original:
    return {path.name: path.read_bytes()}


def _made(folder: Path) -> dict[str, list[Original]]:
    fids = np.array([[fid(METABOLITES) for _ in range(4)] for _ in range(2)])
    raw = philips_raw(folder / "raw", fids, np.array([[fid(WATER)], [fid(WATER)]]), _SPAR)
    measured = bruker(folder / "bruker", 1e5 * fids[0])
    sdat = np.random.default_rng(0).integers(0x3F80, 0x4180, 1024, dtype="<u2").tobytes()
    return {
        "DICOM spectroscopy": [_one(save(spectroscopy(1, fid(METABOLITES)), folder / "a.dcm")), _one(_grid(folder))],
        "DICOM image": [_one(save(_slice(), folder / "b.dcm")), _one(_rle(folder)), _one(_deflated(folder))],
        "DICOMDIR": [_dicomdir(folder)],
        "zip": [
            {"a.zip": _zip({"x/x.SPAR": _SPAR.encode(), "x/x.SDAT": sdat, "a.dcm": (folder / "a.dcm").read_bytes()})}
        ],
        "NIfTI": [_one(_nifti(folder, (1, 1, 1))), _one(_nifti(folder, (3, 2, 1)))],
        "Philips private": [_one(_private(folder))],
        "Philips SPAR/SDAT": [{"x.SPAR": _SPAR.encode(), "x.SDAT": sdat}],
        "Philips list/data": [{path.name: path.read_bytes() for path in sorted(raw.parent.iterdir(), reverse=True)}],
        "Bruker": [{name: (measured.parent / name).read_bytes() for name in ("method", "acqp", "fid")}],
        "Siemens TWIX": [{"x.dat": twix(fids, PROTOCOL)}, {"x.dat": twix(fids, PROTOCOL, newer=True)}],
        "jMRUI": [{"x.txt": _jmrui()}, {"x.mrui": _mrui()}],
        "LCModel RAW": [{"x.RAW": _lcmodel()}],
    }


def _real(shared: Path) -> dict[str, list[Original]]:
    siemens, tarquin = shared / "suspect/tests/test_data/siemens", shared / "tarquin"
    philips = shared / "suspect/tests/test_data/dicom/No_Name/Mrs_Dti_Qa/MRSshortTELN_401/IM-0001-0002.dcm"
    pair = {
        f"x.{suffix}": (tarquin / f"unit/philips_spar_sdat_WS.{suffix}").read_bytes() for suffix in ("SPAR", "SDAT")
    }
    return {
        "DICOM spectroscopy": [_one(siemens / "SVS_XA60.dcm"), _one(philips)],
        "DICOM image": [_one(shared / "nibabel/nibabel/nicom/tests/data/decimal_rescale.dcm")],
        "Siemens CSA": [_one(siemens / "SVS_30.IMA"), _one(tarquin / "unit/siemens_ima_WS.ima")],
        "Siemens RDA": [_one(siemens / "SVS_30.rda")],
        "Philips SPAR/SDAT": [pair],
        "GE P-file": [_one(tarquin / "ge/P1847_1.5T_030_2000.7")],
        "jMRUI": [_one(shared / "fitting_challenge_2016/datasets_JMRUI/dataset1_WS.txt")],
        "LCModel RAW": [_one(shared / "fitting_challenge_2016/datasets_LCModel/dataset1.RAW")],
        "NIfTI": [_one(shared / "nifti_mrs_tools/tests/test_data/metab.nii.gz")],
    }


def _slice() -> Dataset:
    return mr_slice(2, np.array([0.0, 0, 0]), _SAGITTAL)


def _grid(folder: Path) -> Path:
    dataset = spectroscopy(2, fid(METABOLITES))
    dataset.Rows, dataset.Columns = 2, 2
    dataset.SpectroscopyData = np.array([fid(METABOLITES)] * 4).astype("<c8").tobytes()
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PlanePositionSequence = [item(ImagePositionPatient=[1, 2, 3])]
    shared.PixelMeasuresSequence = [item(PixelSpacing=[10, 12], SliceThickness=15)]
    return save(dataset, folder / "grid.dcm")


def _rle(folder: Path) -> Path:
    dataset = _slice()
    dataset.compress(RLELossless)
    return save(dataset, folder / "rle.dcm")


def _deflated(folder: Path) -> Path:
    dataset = _slice()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return save(dataset, folder / "deflated.dcm")


def _dicomdir(folder: Path) -> Original:
    dataset = empty_object("1.2.840.10008.1.3.10", 1)
    names = (["IMAGES", "IM1"], ["..", "..", "etc", "passwd"], ["IMAGES", "NONE"])
    dataset.DirectoryRecordSequence = [_record(parts) for parts in names]
    image = save(_slice(), folder / "IM1")
    return {"DICOMDIR": save(dataset, folder / "DICOMDIR").read_bytes(), "IMAGES/IM1": image.read_bytes()}


def _record(parts: list[str]) -> Dataset:
    record = item(DirectoryRecordType="IMAGE")
    record.add(DataElement(0x00041500, "CS", parts, validation_mode=IGNORE))
    return record


def _zip(entries: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        archive.writestr("../outside.dcm", b"x")
        archive.writestr("/absolute.dcm", b"x")
    return packed.getvalue()


def _nifti(folder: Path, shape: tuple[int, int, int]) -> Path:
    data = np.broadcast_to(np.conj(fid(METABOLITES)), (*shape, 256))
    return save_nifti_mrs(folder / f"{shape[0]}.nii.gz", data, {"EchoTime": 0.03, "WaterSuppressed": True})


def _private(folder: Path) -> Path:
    dataset = spectroscopy(3, fid(METABOLITES), Manufacturer="Philips")
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.3.46.670589.11.0.0.12.1"
    dataset.private_block(0x2005, "Philips MR Imaging DD 003", create=True).add_new(
        0x70, "OF", dataset.SpectroscopyData
    )
    dataset.add_new((0x2005, 0x1270), "OF", dataset.SpectroscopyData)
    dataset.add_new((0x2005, 0x1357), "FL", 2000.0)
    dataset.SpectroscopyAcquisitionDataColumns = 256
    return save(dataset, folder / "private.dcm")


def _jmrui() -> bytes:
    numbers = "\n".join(f"{value.real:.6f}\t{value.imag:.6f}" for value in fid(METABOLITES))
    return (
        "jMRUI Data Textfile\n\nPointsInDataset: 256\nDatasetsInFile: 1\nSamplingInterval: 5E-1\nBeginTime: 0E0\n"
        "TransmitterFrequency: 1.2325E8\nMagneticField: 2.9E0\nTypeOfNucleus: 1E0\n\nSignal and FFT\n"
        f"sig(real)\tsig(imag)\nSignal 1 out of 1 in file\n{numbers}\n"
    ).encode()


def _mrui() -> bytes:
    head = np.array([0, 256, 0.5, 0, 0, 1.2325e8, 2.9, 1, 0, 0, 0, 0, 0], ">f8").tobytes()
    return head.ljust(512, b"\0") + fid(METABOLITES).astype(">c16").tobytes() + b"a name\n"


def _lcmodel() -> bytes:
    numbers = "\n".join(f" {value.real:14.6E} {value.imag:14.6E}" for value in fid(METABOLITES))
    return (
        f" $SEQPAR\n ECHOT=30\n HZPPPM=123.25\n dwellTime=0.0005\n $END\n $NMID ID='x', FMTDAT='(2E15.6)'\n"
        f" TRAMP=1, VOLUME=1 $END\n{numbers}\n"
    ).encode()


def bombs(folder: Path) -> dict[str, list[Original]]:
    """Small files that unpack to very much: a deflated object, a gzipped NIfTI, a zip archive, an RLE image."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = b"".join(body.compress(bytes(1 << 24)) for _ in range(64)) + body.flush()
    deflated = _deflated(folder).read_bytes()
    length = 144 + int.from_bytes(deflated[140:144], "little")
    gz = zlib.compressobj(9, zlib.DEFLATED, 31)
    nifti = b"".join(gz.compress(bytes(1 << 24)) for _ in range(64)) + gz.flush()
    return {
        "deflated bomb": [{"bomb.dcm": deflated[:length] + zeros}],
        "gzip bomb": [{"bomb.nii.gz": nifti}],
        "zip bomb": [{"bomb.zip": _zip({"x.dcm": bytes(1 << 28)})}],
        "RLE bomb": [_one(_rle_bomb(folder))],
    }


def _rle_bomb(folder: Path) -> Path:
    """A frame whose header claims 30000 x 30000 pixels and whose data are one repeated byte."""
    from pydicom.encaps import encapsulate

    dataset = _slice()
    dataset.compress(RLELossless)
    dataset.Rows = dataset.Columns = 30000
    segment = b"\x81\x00" * (30000 * 30000 // 128 + 1)
    dataset.PixelData = encapsulate([(1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + segment])
    return save(dataset, folder / "rle_bomb.dcm")
