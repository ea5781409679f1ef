"""Windows on two monitors, and the next day on one: in processes of their own, because their screens cannot change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT = {"name": "left", "x": 0, "y": 0, "width": 1920, "height": 1080}
RIGHT = {"name": "right", "x": 1920, "y": 0, "width": 1280, "height": 1024}
SMALL = {"name": "small", "x": 0, "y": 0, "width": 1280, "height": 800}
SCRIPT = """
import json, sys
from PySide6 import QtCore, QtWidgets
from widgets.main_window import MainWindow

app = QtWidgets.QApplication([])
settings = QtCore.QSettings(sys.argv[1], QtCore.QSettings.Format.IniFormat)
window = MainWindow(("disc",))
window.setGeometry(100, 80, 1500, 900)
window.restore_layout(settings)
window.clamp_to_screens()
window.show()
app.processEvents()
for verb in sys.argv[2:]:
    if verb == "detach":
        window._detach_images()
    if verb == "far":
        window.setGeometry(2000, 60, 1100, 700)
app.processEvents()
images = window.images
said = {
    "window": window.geometry().getRect(),
    "images": images.geometry().getRect() if images.held is not None else None,
    "screens": len(app.screens()),
}
window.closing.connect(lambda: window.save_layout(settings))
window.close()
settings.sync()
print(json.dumps(said))
"""


def run(folder: Path, screens: list[dict[str, object]], *verbs: str) -> dict[str, object]:
    """Open the window on some screens, do things, close it; return where the windows were."""
    config = folder / "screens.json"
    extra = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    config.write_text(
        json.dumps({"windowFrameMargins": False, "screens": [{**screen, **extra} for screen in screens]}),
        encoding="utf-8",
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "layout.ini"), *verbs],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def within(inner: object, outer: dict[str, object]) -> bool:
    x, y, width, height = inner  # type: ignore[misc]
    left, top = int(outer["x"]), int(outer["y"])  # type: ignore[call-overload]
    right, bottom = left + int(outer["width"]), top + int(outer["height"])  # type: ignore[call-overload]
    return bool(left <= x and top <= y and x + width <= right and y + height <= bottom)


@pytest.mark.skipif(sys.platform != "linux", reason="screens of the headless platform are set up for Linux here")
def test_images_go_to_the_second_monitor_and_are_there_again(tmp_path: Path) -> None:
    first = run(tmp_path, [LEFT, RIGHT], "detach")
    assert first["screens"] == 2
    assert within(first["window"], LEFT)
    assert within(first["images"], RIGHT)
    again = run(tmp_path, [LEFT, RIGHT])
    assert again["window"] == first["window"]
    assert again["images"] == first["images"]


@pytest.mark.skipif(sys.platform != "linux", reason="screens of the headless platform are set up for Linux here")
def test_without_the_second_monitor_every_window_lies_on_the_first(tmp_path: Path) -> None:
    first = run(tmp_path, [LEFT, RIGHT], "far", "detach")
    assert within(first["window"], RIGHT)
    assert within(first["images"], LEFT)
    alone = run(tmp_path, [SMALL])
    assert within(alone["window"], SMALL)
    assert within(alone["images"], SMALL)
