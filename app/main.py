"""The composition root of the window: makes application, session, jobs and window, and takes them down in reverse."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import cast

from PySide6 import QtCore, QtGui, QtWidgets

from analysis.pipeline import BasisCache
from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.voxel_settings import ExamSettings
from app import platform_env
from app.audit.events import AuditEvent
from app.collector import leave_libraries_alone
from app.crash import crash_log
from app.jobs import JobRunner
from app.live_refit import BasesOf
from app.report_preview import MakeReport
from app.resource_files import PROTOCOLS, chosen_protocol, load_spin_library, resource_path
from app.services import Analyse, Services
from app.session import ReadingSession
from app.settings import store_address, workstation_settings
from app.store import Store, StoreDamaged, StoreError, user_name
from app.translation import load_translation
from app.workstation import Workstation
from widgets import theme
from widgets.key_editor import KeyEditor
from widgets.main_window import MainWindow

SCREENSHOT_SIZE = (1920, 1080)
SCREENSHOT_LIMIT_MS = 180_000


def run(
    paths: Sequence[Path],
    *,
    screenshot: Path | None = None,
    protocol_id: str | None = None,
    services: Services | None = None,
    make_report: MakeReport | None = None,
) -> int:
    """Show the workstation until it is closed; on a study where paths are given.

    Parameters
    ----------
    screenshot : instead of waiting for the reader, wait for the reading to be complete, save a picture of the window
        here, and return; works without a display
    protocol_id : the protocol to read with; None chooses by the study's headers
    services : what reads and computes; None is the real thing
    make_report : makes the bytes of reports; None leaves them out of reach

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
    settings = None if screenshot is not None else workstation_settings()
    load_translation(app, str(settings.value("language", "", type=str)) if settings is not None else "en")
    apply_look(app, settings)
    window = MainWindow(PROTOCOLS)
    session, jobs = ReadingSession(), JobRunner()
    if services is None:
        services = real_services(make_report)
        if screenshot is None:
            services = _with_store(services, _open_store(window, settings), settings)
    workstation = Workstation(window, session, jobs, services, protocol_id)
    window.theme_requested.connect(lambda name: _change_theme(app, workstation, settings, name))
    try:
        with crash_log(workstation.bug_reported.emit):
            if screenshot is not None:
                status = _picture(window, workstation, session, paths, screenshot)
            else:
                status = _show(app, window, workstation, settings, paths)
    finally:
        workstation.keeping.shut_down()
        jobs.shut_down()
        workstation.reports.shut_down()
        window.close()
        for item in (workstation, jobs, session, window):
            item.deleteLater()
        QtCore.QCoreApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)
        if owned:
            app.processEvents()
    return status


def real_services(make_report: MakeReport | None = None) -> Services:
    """Return the services that read files and compute; what they need is imported when first used."""
    bases_of = _bases_of()
    analyse = _analyse_with(bases_of)
    return Services(_read_studies, chosen_protocol, analyse, bases_of, make_report, first_look=_first_look)


def _with_store(services: Services, store: Store | None, settings: QtCore.QSettings | None) -> Services:
    """Return services that keep readings, and whose reports anchor the store's audit trail."""
    make = services.make_report
    if store is not None and make is not None:
        trail_end = store.audit.head
        return replace(
            services,
            store=store,
            settings=settings,
            make_report=lambda made_from: make(replace(made_from, trail_end=trail_end)),
        )
    return replace(services, store=store, settings=settings)


def _open_store(window: MainWindow, settings: QtCore.QSettings | None) -> Store | None:
    """Open the store that the settings name, else this user's own; after a damaged one a new one begins."""
    url = store_address(settings) if settings is not None else None
    for _ in range(2):
        try:
            store = Store.open(url)
            store.audit.record(AuditEvent("program started", user_name()))
            return store
        except StoreDamaged as error:
            window.notices.add("error", str(error))
        except StoreError as error:
            window.notices.add("error", f"Neither readings nor the audit trail are saved. {error}")
            return None
    return None


def _read_studies(paths: Sequence[Path], progress: Progress, stop: Stop) -> tuple[Study, ...]:
    from analysis.readers import read_studies

    leave_libraries_alone("reading")
    return read_studies(paths, progress=progress, stop=stop)


def _first_look(paths: Sequence[Path], stop: Stop) -> Study | None:
    from analysis.readers import first_look

    return first_look(paths, stop)


def _analyse_with(bases_of: BasesOf) -> Analyse:
    """Return what analyses a study with the bases that the live refit uses too."""

    def analysed(
        study: Study, protocol: Protocol, settings: ExamSettings, progress: Progress, stop: Stop
    ) -> ExamResult:
        from analysis.pipeline import analyse

        bases = bases_of(protocol)
        return analyse(
            study, protocol, load_spin_library(), settings=settings, progress=progress, stop=stop, bases=bases
        )

    return analysed


def _bases_of() -> BasesOf:
    """Return what hands out the bases of a protocol, each simulated once."""
    made: dict[str, BasisCache] = {}

    def bases_of(protocol: Protocol) -> BasisCache:
        from app.basis_cache import default_basis_cache

        if protocol.sha256 not in made:
            made[protocol.sha256] = BasisCache(protocol, load_spin_library(), default_basis_cache())
        return made[protocol.sha256]

    return bases_of


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
    app: QtWidgets.QApplication, workstation: Workstation, settings: QtCore.QSettings | None, name: str
) -> None:
    theme.apply_theme(app, theme.LIGHT if name == "light" else theme.DARK)
    workstation.apply_theme()
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
        window.commands.set_keys(_kept_keys(settings))
        window.key_editor_requested.connect(lambda: _edit_keys(window, settings))
        window.closing.connect(lambda: window.save_layout(settings))
    window.clamp_to_screens()
    window.show()
    QtCore.QTimer.singleShot(0, workstation, lambda: workstation.open_paths(list(paths)))
    workstation.network.resume()
    return int(app.exec())


def _kept_keys(settings: QtCore.QSettings) -> dict[str, str]:
    """Return the reader's keys; what is not a table of texts counts as none."""
    try:
        kept = json.loads(str(settings.value("keys", "{}", type=str)))
    except json.JSONDecodeError:
        return {}
    return {str(name): str(keys) for name, keys in kept.items()} if isinstance(kept, dict) else {}


def _edit_keys(window: MainWindow, settings: QtCore.QSettings) -> None:
    """Let the reader change the window's keys, and keep them."""
    editor = KeyEditor(window.commands, window)
    editor.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    editor.keys_changed.connect(lambda changed: settings.setValue("keys", json.dumps(changed)))
    editor.open()


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
