"""The composition root of the window: makes application, session, jobs and window, and takes them down in reverse."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import cast

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from app import platform_env
from app.crash import crash_log
from app.jobs import JobRunner
from app.report_desk import WriteReport
from app.resource_files import PROTOCOLS, load_protocol, load_spin_library, protocol_for, resource_path
from app.session import ReadingSession
from app.workstation import Services, Workstation
from widgets import theme
from widgets.main_window import MainWindow

SCREENSHOT_SIZE = (1920, 1080)
SCREENSHOT_LIMIT_MS = 180_000


def run(
    paths: Sequence[Path],
    *,
    screenshot: Path | None = None,
    protocol_id: str | None = None,
    services: Services | None = None,
    write_report: WriteReport | None = None,
) -> int:
    """Show the workstation until it is closed; on a study where paths are given.

    Parameters
    ----------
    screenshot : instead of waiting for the reader, wait for the reading to be complete, save a picture of the window
        here, and return; works without a display
    protocol_id : the protocol to read with; None chooses by the study's headers
    services : what reads and computes; None is the real thing
    write_report : writes the report in the background; None leaves the action out of reach

    Returns
    -------
    The exit status: 0 when done, 1 when the picture shows an unfinished reading, 2 when no study could be opened or
    there is no display.
    """
    if screenshot is None and not platform_env.has_display():
        sys.stderr.write("There is no display to show the window on; use 'discern analyse', or --screenshot.\n")
        return 2
    platform_env.prepare()
    app, owned = _application()
    settings = None if screenshot is not None else _settings()
    apply_look(app, settings)
    window = MainWindow(PROTOCOLS)
    session, jobs = ReadingSession(), JobRunner()
    workstation = Workstation(window, session, jobs, services or real_services(write_report), protocol_id)
    window.theme_requested.connect(lambda name: _change_theme(app, window, settings, name))
    try:
        with crash_log(workstation.bug_reported.emit):
            if screenshot is not None:
                status = _picture(window, workstation, session, paths, screenshot)
            else:
                status = _show(app, window, workstation, settings, paths)
    finally:
        jobs.shut_down()
        window.close()
        for item in (workstation, jobs, session, window):
            item.deleteLater()
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
        if owned:
            app.processEvents()
    return status


def real_services(write_report: WriteReport | None = None) -> Services:
    """Return the services that read files and compute; what they need is imported when first used."""
    return Services(_read_studies, _choose_protocol, _analyse, write_report)


def _read_studies(paths: Sequence[Path], progress: Progress, stop: Stop) -> tuple[Study, ...]:
    from analysis.readers import read_studies

    return read_studies(paths, progress=progress, stop=stop)


def _choose_protocol(study: Study, protocol_id: str | None) -> tuple[Protocol, str]:
    if protocol_id is not None:
        return load_protocol(protocol_id), "You chose this protocol."
    return protocol_for(study)


def _analyse(study: Study, protocol: Protocol, progress: Progress, stop: Stop) -> ExamResult:
    from analysis.pipeline import analyse
    from app.basis_cache import default_basis_cache

    simulate = default_basis_cache()
    return analyse(study, protocol, load_spin_library(), progress=progress, stop=stop, simulate=simulate)


def _application() -> tuple[QtWidgets.QApplication, bool]:
    """Return the application, and whether it was made here."""
    existing = QtWidgets.QApplication.instance()
    if existing is not None:
        return cast("QtWidgets.QApplication", existing), False
    app = QtWidgets.QApplication(sys.argv[:1])
    app.setApplicationName("Discern")
    try:
        app.setApplicationVersion(metadata.version("discern"))
    except metadata.PackageNotFoundError:
        app.setApplicationVersion("from source")
    return app, True


def _settings() -> QtCore.QSettings:
    return QtCore.QSettings(
        QtCore.QSettings.Format.IniFormat, QtCore.QSettings.Scope.UserScope, "Discern", "workstation"
    )


def apply_look(app: QtWidgets.QApplication, settings: QtCore.QSettings | None = None) -> None:
    """Load the fonts and give the application the theme that the reader chose last, dark at first."""
    _load_fonts()
    name = str(settings.value("theme", "dark", type=str)) if settings is not None else "dark"
    theme.apply_theme(app, theme.LIGHT if name == "light" else theme.DARK)


@functools.cache
def _load_fonts() -> None:
    """Add the fonts of the resources, once: each addition makes Qt forget every font it has looked up."""
    for path in sorted(resource_path("fonts").glob("*.ttf")):
        QtGui.QFontDatabase.addApplicationFont(str(path))


def _change_theme(
    app: QtWidgets.QApplication, window: MainWindow, settings: QtCore.QSettings | None, name: str
) -> None:
    theme.apply_theme(app, theme.LIGHT if name == "light" else theme.DARK)
    window.apply_theme()
    if settings is not None:
        settings.setValue("theme", name)


def _show(
    app: QtWidgets.QApplication,
    window: MainWindow,
    workstation: Workstation,
    settings: QtCore.QSettings | None,
    paths: Sequence[Path],
) -> int:
    if settings is not None:
        window.restore_layout(settings)
        window.closing.connect(lambda: window.save_layout(settings))
    window.clamp_to_screens()
    window.show()
    QtCore.QTimer.singleShot(0, workstation, lambda: workstation.open_paths(list(paths)))
    return int(app.exec())


def _picture(
    window: MainWindow, workstation: Workstation, session: ReadingSession, paths: Sequence[Path], target: Path
) -> int:
    loop = QtCore.QEventLoop()
    limit = QtCore.QTimer()
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    workstation.settled.connect(loop.quit)
    window.resize(*SCREENSHOT_SIZE)
    window.show()
    if paths:
        limit.start(SCREENSHOT_LIMIT_MS)
        QtCore.QTimer.singleShot(0, workstation, lambda: workstation.open_paths(list(paths)))
        loop.exec()
    finished = limit.isActive() or not paths
    limit.stop()
    for _ in range(5):
        QtWidgets.QApplication.processEvents()
    if not window.grab().save(str(target), "PNG"):
        sys.stderr.write(f"The screenshot could not be written to {target}.\n")
        return 2
    if paths and session.study is None:
        return 2
    return 0 if finished else 1
