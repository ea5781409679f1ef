"""Objects sent over several associations while the receiver is killed again and again: is what it acknowledged there?

    python -m tests.benchmarks.receiver_kills [--objects 2000] [--kills 20] [--associations 4]

Each sender keeps an object until it was answered with success, over as many associations as that takes. At the end each
acknowledged object is looked for in the inbox, and its data set is compared with what was sent, byte by byte.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pynetdicom import AE

from app.dicom.network.inbox import Inbox, name_of
from tests.benchmarks.receive_rate import ROOT, free_port, make_objects, say, wait_for_port

TITLE, OBJECT_BYTES = "SENDER", 32 << 10


@dataclass(frozen=True)
class Outcome:
    """How many were sent, acknowledged, are there whole, how often they were tried, how many halves were left."""

    objects: int
    acknowledged: int
    whole: int
    tries: int
    kills: int
    left_over: int
    seconds: float

    @property
    def good(self) -> bool:
        return self.objects == self.acknowledged == self.whole and self.left_over == 0


def endure(objects: int, kills: int, associations: int) -> Outcome:
    """Send, kill, and look."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        folder, port = Path(place), free_port()
        files = sorted(make_objects(folder / "sent", objects, OBJECT_BYTES).iterdir())
        waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for file in files:
            waiting.put(file)
        senders = [_Sender(port, waiting) for _ in range(associations)]
        killed = 0
        process = _start(folder, port)
        for sender in senders:
            sender.start()
        for kill in range(kills):
            while sum(len(sender.acknowledged) for sender in senders) < objects * (kill + 1) // (kills + 1):
                time.sleep(0.005)
            process.kill()
            process.wait()
            killed += 1
            process = _start(folder, port)
        for sender in senders:
            sender.join()
        process.terminate()
        process.wait(30)
        inbox = Inbox(folder / "inbox", object_bytes=1 << 30)
        acknowledged = {path for sender in senders for path in sender.acknowledged}
        whole = sum(_is_whole(inbox, path) for path in acknowledged)
        kept = {path.stem for path in inbox.folder.rglob("*.dcm")}
        known = {name_of(str(dcmread(file, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)) for file in files}
        tries = sum(sender.tries for sender in senders)
        left = len(kept - known) + len(list((inbox.folder / "incoming").iterdir()))
    return Outcome(objects, len(acknowledged), whole, tries, killed, left, time.monotonic() - began_s)


def _start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "app", "receive", "--out", str(folder / "out"), "--inbox", str(folder / "inbox"),
        "--port", str(port), "--allow", f"{TITLE}@127.0.0.1", "--no-analysis", "--quiet", "1",
    ]  # fmt: skip
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet)
    wait_for_port(port)
    return process


class _Sender(threading.Thread):
    """Sends what waits, each object until it is acknowledged."""

    def __init__(self, port: int, waiting: queue.SimpleQueue[Path]) -> None:
        super().__init__()
        self.acknowledged: list[Path] = []
        self.tries = 0
        self._port, self._waiting = port, waiting

    def run(self) -> None:
        held: Path | None = None
        while True:
            entity = AE(TITLE)
            entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 3
            entity.add_requested_context(MRImageStorage, ExplicitVRLittleEndian)
            association = entity.associate("127.0.0.1", self._port, ae_title="DISCERN")
            while association.is_established:
                if held is None:
                    try:
                        held = self._waiting.get_nowait()
                    except queue.Empty:
                        association.release()
                        return
                self.tries += 1
                with contextlib.suppress(RuntimeError):
                    status = association.send_c_store(held)
                    if "Status" in status and status.Status == 0:
                        self.acknowledged.append(held)
                        held = None
            time.sleep(0.05)


def _is_whole(inbox: Inbox, sent: Path) -> bool:
    before = dcmread(sent)
    place = inbox.place_of(str(before.SOPInstanceUID))
    return place is not None and dcmread(place) == before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--associations", type=int, default=4)
    options = parser.parse_args()
    found = endure(options.objects, options.kills, options.associations)
    say(f"{found.acknowledged} of {found.objects} acknowledged after {found.tries} tries and {found.kills} kills")
    say(f"{found.whole} of these are there and whole; {found.left_over} files too many; {found.seconds:.0f} s")
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
