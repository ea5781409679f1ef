"""The worklist window: asks the store in the background, and opens what the reader chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6 import QtCore

from analysis.types import Progress, Stop
from analysis.worklist import FileTrouble, Preparation, StudyId, WorklistFilter, WorklistRow
from app.jobs import JobRunner
from app.store import Store
from widgets.main_window import MainWindow
from widgets.texts import tr
from widgets.worklist_view import WorklistView

LIST, TROUBLE, COPY = "worklist", "worklist files", "worklist copy"
_SIZE = (1200, 640)


class WorklistDesk(QtCore.QObject):
    """Shows the store's studies in a window of their own."""

    def __init__(
        self,
        window: MainWindow,
        jobs: JobRunner,
        store: Store | None,
        open_paths: Callable[[Sequence[Path]], None],
        open_prior: Callable[[int], None],
    ) -> None:
        super().__init__(window)
        self._window, self._jobs, self._store, self._open_paths = window, jobs, store, open_paths
        self._open_prior = open_prior
        self._filter = WorklistFilter()
        self._preparation: dict[StudyId, Preparation] = {}
        self.view: WorklistView | None = None
        window.worklist_action.setEnabled(store is not None)
        window.closing.connect(self.close)

    def show(self) -> None:
        """Open the worklist, or bring it to the front, with the studies as they are now."""
        if self._store is None:
            return
        if self.view is None:
            self.view = self._build()
        self.refresh()
        self.view.set_prior_offered(self._window.pages.currentWidget() is self._window.columns)
        self.view.show()
        self.view.raise_()
        self.view.filters.search.setFocus()

    def close(self) -> None:
        """Close the worklist with the window it belongs to."""
        if self.view is not None:
            self.view.close()

    def _build(self) -> WorklistView:
        view = WorklistView(self._window)
        view.setWindowFlag(QtCore.Qt.WindowType.Window)
        view.setWindowTitle(tr("Discern worklist"))
        view.resize(*_SIZE)
        view.set_preparation(self._preparation)
        view.filter_changed.connect(self._on_filter)
        view.open_requested.connect(self._on_open)
        view.prior_requested.connect(self._open_prior)
        view.check_requested.connect(self._check)
        view.copy_requested.connect(self._copy)
        return view

    def set_preparation(self, states: Mapping[StudyId, Preparation]) -> None:
        """Show how far the studies are that came in by themselves; one that is new appears in the list."""
        self._preparation = dict(states)
        if self.view is not None:
            self.view.set_preparation(states)
            if self.view.isVisible():
                self.refresh()

    def _on_filter(self, wanted: WorklistFilter) -> None:
        self._filter = wanted
        self.refresh()

    def refresh(self) -> None:
        """Ask the store again."""
        store, wanted, view = self._store, self._filter, self.view
        if store is None or view is None:
            return

        def work(_: Progress, __: Stop) -> list[WorklistRow]:
            return store.worklist(wanted)

        self._jobs.start(
            LIST, tr("Looking up the worklist"), work, done=self._show_rows, failed=view.set_problem, quiet=True
        )

    def _show_rows(self, rows: Sequence[WorklistRow]) -> None:
        store, view = self._store, self.view
        if store is None or view is None:
            return
        view.set_rows(rows)
        numbers = [row.study_id for row in rows]

        def work(_: Progress, stop: Stop) -> dict[StudyId, int]:
            return store.count_missing(numbers, stop)

        self._jobs.start(
            TROUBLE, tr("Looking for the files"), work, done=self._show_trouble, failed=self._say, quiet=True
        )

    def _show_trouble(self, trouble: Mapping[StudyId, int]) -> None:
        if self.view is not None:
            self.view.set_trouble(trouble)

    def _say(self, sentence: str) -> None:
        self._window.notices.add("error", sentence)

    def _on_open(self, number: int) -> None:
        if self._store is None:
            return
        places = self._store.places(StudyId(number))
        if not any(place.exists() for place in places):
            self._say(tr("The files of this study are no longer where they were read; open them where they are now."))
            return
        if self.view is not None:
            self.view.close()
        self._open_paths(places)

    def _check(self, number: int) -> None:
        store = self._store
        if store is None:
            return

        def work(_: Progress, __: Stop) -> tuple[FileTrouble, ...]:
            return store.missing_files(StudyId(number), by_content=True)

        self._jobs.start(TROUBLE, tr("Checking the files"), work, done=self._say_checked, failed=self._say)

    def _say_checked(self, found: tuple[FileTrouble, ...]) -> None:
        if not found:
            text = tr("Every file of the study is as it was read.")
        else:
            kinds = ", ".join(f"{sum(f.trouble == kind for f in found)} {kind}" for kind in _kinds(found))
            text = tr("Not every file of the study is as it was read: {kinds}.", kinds=kinds)
        self._window.notices.add("info" if not found else "warning", text)
        self.refresh()

    def _copy(self, number: int) -> None:
        store = self._store
        if store is None:
            return

        def work(_: Progress, __: Stop) -> Path:
            return store.copy_study(StudyId(number))

        self._jobs.start(COPY, tr("Copying the study"), work, done=lambda _: self._copied(), failed=self._say)

    def _copied(self) -> None:
        self._window.notices.add("info", tr("The study's files are kept with the readings now."))
        self.refresh()


def _kinds(found: Sequence[FileTrouble]) -> list[str]:
    return list(dict.fromkeys(item.trouble for item in found))
