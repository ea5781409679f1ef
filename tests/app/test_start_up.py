"""What starting the window loads: libraries that only some work needs must wait for that work."""

from __future__ import annotations

import subprocess
import sys

LATE = (
    "pynetdicom", "requests", "dicomweb_client", "pydicom", "reportlab", "highdicom", "pyhanko", "cryptography",
    "pikepdf", "vtkmodules", "nibabel", "dask",
)  # fmt: skip


def test_the_window_starts_without_the_libraries_of_network_report_and_readers() -> None:
    code = f"import sys, app.main, app.window_report; print(*sorted(set({LATE!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
