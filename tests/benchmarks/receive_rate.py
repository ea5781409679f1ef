"""How fast the receiver takes objects beside dcmtk's storescp, which does not wait for the disk.

    python -m tests.benchmarks.receive_rate [--objects 200] [--rounds 5]

The sender is dcmtk's storescu on one association; each round sends the same new objects of 512 KiB to one program and
then to the other, and the median of the rounds' ratios counts. The receiver runs in a process of its own, as storescp
does. Before each run the disk is settled, and nothing is deleted between: else the receiver, which waits for the disk,
would wait for what the benchmark and storescp left to be written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

ROOT = Path(__file__).resolve().parents[2]
OBJECT_BYTES = 512 << 10


@dataclass(frozen=True)
class Rates:
    """Each round's objects per second of the receiver and of storescp, and the disk's time per object in s."""

    ours: list[float]
    theirs: list[float]
    disk_s: list[float]

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where the objects are written (default: the system's for such)")
    options = parser.parse_args()
    found = compare(options.objects, options.rounds, options.folder)
    for number, (ours, theirs, disk_s) in enumerate(zip(found.ours, found.theirs, found.disk_s, strict=True)):
        text = f"discern receive {ours:7.1f}, storescp {theirs:7.1f} objects/s, ratio {ours / theirs:.2f}"
        say(f"round {number + 1}: {text}; the disk alone {1e3 * disk_s:.2f} ms per object, {2 / disk_s:.0f} fsync/s")
    say(f"median: discern receive, durable {statistics.median(found.ours):7.1f} objects/s")
    say(f"        dcmtk storescp           {statistics.median(found.theirs):7.1f} objects/s")
    say(f"        ratio                    {found.ratio:7.2f}")
    say(f"        write, fsync, link, fsync of the folder: {1e3 * statistics.median(found.disk_s):.2f} ms per object")
    return 0


def compare(objects: int, rounds: int, place: Path | None = None) -> Rates:
    """Return the rates of the receiver and of storescp, measured in turn."""
    if shutil.which("storescp") is None or shutil.which("storescu") is None:
        raise SystemExit("dcmtk is needed (apt-get install dcmtk)")
    folder = Path(tempfile.mkdtemp(prefix="receive-rate-", dir=place))
    try:
        rates: dict[str, list[float]] = {"ours": [], "theirs": [], "disk": []}
        ports = {"ours": free_port(), "theirs": free_port()}
        with running(ours_command(folder / "ours", ports["ours"]), ports["ours"]):
            (folder / "theirs").mkdir()
            storescp = ["storescp", "-od", str(folder / "theirs"), str(ports["theirs"])]
            with running(storescp, ports["theirs"]):
                for number in range(rounds):
                    sent = make_objects(folder / f"sent-{number}", objects)
                    for name in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                        settle()
                        rates[name].append(objects / send(sent, ports[name]))
                    settle()
                    rates["disk"].append(disk_s(folder / f"disk-{number}"))
        return Rates(rates["ours"], rates["theirs"], rates["disk"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settle() -> None:
    """Have everything written that waits to be, and let the receiver sort what came."""
    time.sleep(1.0)
    os.sync()


def ours_command(folder: Path, port: int) -> list[str]:
    """Return what starts our receiver without processing."""
    return [
        sys.executable, "-m", "app", "receive", "--out", str(folder / "out"), "--inbox", str(folder / "inbox"),
        "--port", str(port), "--allow", "STORESCU@127.0.0.1", "--no-analysis",
    ]  # fmt: skip


class running:  # noqa: N801 - a context manager, named like one
    """Runs a program until the end, and waits until its port answers."""

    def __init__(self, command: list[str], port: int) -> None:
        self.command, self.port = command, port

    def __enter__(self) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        # Without TCP_NODELAY in their surroundings dcmtk's programs wait 40 ms for every object.
        surroundings = {**os.environ, "TCP_NODELAY": "1"}
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=quiet, stderr=quiet, env=surroundings)
        wait_for_port(self.port)
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def wait_for_port(port: int, limit_s: float = 60.0) -> None:
    """Return once something listens."""
    end_s = time.monotonic() + limit_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def make_objects(folder: Path, count: int, size: int = OBJECT_BYTES, seed: int = 1) -> Path:
    """Write MR images of a size, each of another content, and return their folder."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    study, series = generate_uid(), generate_uid()
    rows = int(np.sqrt(size / 2))
    for number in range(count):
        made = Dataset()
        made.SOPClassUID, made.SOPInstanceUID = MRImageStorage, generate_uid()
        made.StudyInstanceUID, made.SeriesInstanceUID = study, series
        made.PatientID, made.PatientName, made.Modality, made.InstanceNumber = "TEST", "Test^Object", "MR", number + 1
        made.Rows = made.Columns = rows
        made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
        made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
        made.PixelData = rng.integers(0, 4096, rows * rows, dtype="<u2").tobytes()
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"{number:05d}.dcm"
        FileDataset(str(path), made, preamble=b"\0" * 128, file_meta=meta).save_as(path, enforce_file_format=True)
    return folder


def send(folder: Path, port: int) -> float:
    """Send a folder with dcmtk on one association and return how long that took in s."""
    began_s = time.monotonic()
    command = ["storescu", "--max-pdu", "131072", "-aec", "DISCERN", "127.0.0.1", str(port), "+sd", str(folder)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "TCP_NODELAY": "1"})
    return time.monotonic() - began_s


def disk_s(folder: Path, count: int = 50) -> float:
    """Return what it costs in s to make one object durable, without any network."""
    from app.dicom.network.sink import Sink

    target, data, times = folder / "kept", os.urandom(OBJECT_BYTES), []
    target.mkdir(parents=True)
    for number in range(count):
        began_s = time.monotonic()
        sink = Sink(folder, OBJECT_BYTES)
        sink.write(data)
        sink.keep(target / f"{number}.dcm")
        times.append(time.monotonic() - began_s)
    return statistics.median(times)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
