"""Recognise a file by what is in it; its name only helps to word the reason why it is not read."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from analysis.readers.records import InputFile

HEAD_BYTES = 64 * 1024
_DICOM_GROUP = re.compile(rb"(\x02\x00|\x08\x00)[\x00-\xff]\x00", re.DOTALL)
_VALUE_REPRESENTATION = re.compile(rb"[A-Z]{2}")
_CONVERT = "this version does not read it yet; convert it to NIfTI-MRS (spec2nii does that)"
_RESULT = "it holds results, not a measured signal"

COMPANION_SUFFIXES = frozenset(
    f".{suffix}"
    for group in (
        ("json", "txt", "md", "rst", "csv", "tsv", "xml", "xsl", "html", "htm", "css", "js", "log", "bval", "bvec"),
        ("ini", "inf", "cfg", "toml", "yaml", "yml", "db", "lnk", "url", "sha256", "md5", "p12", "pem", "key", "crt"),
        ("passphrase",),
        ("pdf", "ps", "eps", "doc", "docx", "rtf", "xls", "xlsx", "png", "jpg", "jpeg", "gif", "bmp", "svg", "ico"),
        ("exe", "dll", "so", "jar", "bat", "cmd", "sh", "py", "m", "icns"),
    )
    for suffix in group
)
"""Documents and programs that lie beside image data (a viewer on a CD, a sidecar): nothing is lost without them."""


@dataclass(frozen=True)
class Head:
    """The first bytes of a file.

    Attributes
    ----------
    raw : as they are on disk
    data : the same after gunzip, where the file is gzipped
    name : lower-case file name, for wording only
    """

    raw: bytes
    data: bytes
    name: str

    @property
    def gzipped(self) -> bool:
        """Whether the file is compressed with gzip."""
        return self.raw[:2] == b"\x1f\x8b"

    @property
    def text(self) -> str:
        """The head as text, for formats that are text."""
        return self.data[:8192].decode("latin-1")

    @property
    def is_text(self) -> bool:
        """Whether the head looks like text in any common encoding."""
        sample = self.data[:4096]
        control = sum(byte < 9 or 13 < byte < 32 for byte in sample)
        return bool(sample) and b"\x00" not in sample and control <= len(sample) // 100


def read_head(file: InputFile) -> Head:
    """Return the first bytes of a file; OSError as the system raises it."""
    with file.path.open("rb") as stream:
        raw = stream.read(HEAD_BYTES)
    return Head(raw, _gunzipped(raw), file.name.lower())


def _gunzipped(raw: bytes) -> bytes:
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return zlib.decompressobj(31).decompress(raw, HEAD_BYTES)
    except zlib.error:
        return b""


def is_dicom(head: Head) -> bool:
    """Whether the file is DICOM, with the preamble of PS3.10 section 7.1 or, as some old files are, without."""
    raw = head.raw
    if raw[128:132] == b"DICM":
        return True
    if not _DICOM_GROUP.match(raw) or len(raw) < 12:
        return False
    # Explicit VR, or implicit VR with a short first value: text and other binaries do not start like this.
    return bool(_VALUE_REPRESENTATION.match(raw, 4)) or int.from_bytes(raw[4:8], "little") <= 256


def is_nifti(head: Head) -> bool:
    """Whether the file is a single-file NIfTI-1 or NIfTI-2, gzipped or not."""
    return head.data[344:348] in (b"n+1\x00", b"ni1\x00") or head.data[4:8] in (b"n+2\x00", b"ni2\x00")


def is_zip(head: Head) -> bool:
    """Whether the file is a zip archive."""
    return head.raw[:4] in (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Unsupported:
    """A format that is known and not read: its name, how it is recognised, and what to say."""

    name: str
    recognises: Callable[[Head], bool]
    advice: str = _CONVERT
    companion: bool = False
    """Such a file may lie beside others without being missed."""


def _starts(*prefixes: bytes) -> Callable[[Head], bool]:
    return lambda head: head.data.lstrip()[:80].startswith(prefixes)


def _holds(*parts: str) -> Callable[[Head], bool]:
    return lambda head: head.is_text and all(part in head.text for part in parts)


def _named(*suffixes: str) -> Callable[[Head], bool]:
    return lambda head: head.name.endswith(suffixes) and not head.is_text


def _is_bruker_data(head: Head) -> bool:
    return head.name in ("ser", "2dseq", "rawdata.job0") and not head.is_text


UNSUPPORTED: tuple[Unsupported, ...] = (
    Unsupported("Philips PAR image header", _holds("# === DATA DESCRIPTION FILE"), "export the images as DICOM"),
    Unsupported(
        "GE SAGE header", _starts(b"# SAGE Data Header"), "it holds no signal; open the P-file beside it", True
    ),
    Unsupported("LCModel basis set", _holds("$BASIS"), "it is a basis set, not a measured signal"),
    Unsupported("LCModel control file", _starts(b"$LCMODL"), "it is a control file, not a measured signal"),
    Unsupported("LCModel results", _starts(b"LCModel (Version"), _RESULT, True),
    Unsupported("Tarquin data (DPT)", _starts(b"Dangerplot_version")),
    Unsupported("Bruker ParaVision data", _starts(b"##TITLE=Parameter", b"##TITLE=Parameter List")),
    Unsupported("Bruker ParaVision data", _is_bruker_data),
    Unsupported(
        "Analyze image header",
        lambda head: head.data[:4] in (b"\x00\x00\x01\x5c", b"\x5c\x01\x00\x00"),
        "it has no reliable geometry; export the images as DICOM or NIfTI",
    ),
    Unsupported("Vespa header (VASF)", _holds("[FILE INFORMATION]", "data_format")),
    Unsupported("Vespa data (VASF)", _named(".rsd")),
    Unsupported("MATLAB data", _starts(b"MATLAB 5.0 MAT-file"), "it is not a measured signal in a known format", True),
    Unsupported("HDF5 data", _starts(b"\x89HDF"), "it is not a measured signal in a known format"),
    Unsupported("PDF document", _starts(b"%PDF"), "it is not a medical image or spectrum", True),
    Unsupported("PostScript document", _starts(b"%!PS"), "it is not a medical image or spectrum", True),
    Unsupported("PNG picture", _starts(b"\x89PNG"), "it is not a medical image or spectrum", True),
    Unsupported("JPEG picture", _starts(b"\xff\xd8\xff"), "it is not a medical image or spectrum", True),
)


def unsupported(head: Head) -> Unsupported | None:
    """Return the known format that this file has, or None."""
    return next((known for known in UNSUPPORTED if known.recognises(head)), None)


def why_not(head: Head) -> str:
    """Return the sentence that says why a file, which no reader takes, is not read."""
    known = unsupported(head)
    if known is not None:
        return f"{known.name}: {known.advice}."
    if not head.raw:
        return "the file is empty."
    if head.is_text:
        return "the file is plain text in no format that Discern reads."
    return "the file is in no format that Discern reads."


def is_companion(head: Head) -> bool:
    """Whether a file that no reader takes may be passed over in silence when it was found in a folder."""
    known = unsupported(head)
    if known is not None:
        return known.companion
    return "." in head.name and "." + head.name.rsplit(".", 1)[-1] in COMPANION_SUFFIXES
