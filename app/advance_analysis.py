"""Studies that came in are analysed before anybody opens them, one after the other; what is open is not touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.types import ExamResult, Progress, Stop, Study
from analysis.voxel_settings import ExamSettings
from analysis.worklist import Preparation, StudyId
from app.advance_process import Listed, Prepared, prepare
from app.jobs import JobRunner
from app.services import Analyse
from app.store import Store, common_folder, files_of
from widgets.texts import noop, tr

ADVANCE, LISTING = "analysis in advance", "listing"
MOST_KEPT = 8
"""Results that wait for their reader, some 20 MB each; the oldest go first, and are computed anew when opened."""
WAITING, READY = noop("received"), noop("ready")
_STOPPED = noop("stopped; it is analysed when it is opened.")


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A folder that is to be analysed; `tell` takes the state in words, and whether that is the end of it."""

    folder: Path
    tell: Callable[[str, bool], None]


class AdvanceAnalysis(QtCore.QObject):
    """Queues folders, keeps the results, and gives them to whoever analyses the same files in the same way."""

    changed = QtCore.Signal()
    """`states` is new, or a study stands in the worklist now."""
    ready = QtCore.Signal()
    """A study can be opened without waiting."""
    _listed = QtCore.Signal(object, object)
    """Studies that were read, and the folder."""

    def __init__(self, store: Store | None) -> None:
        super().__init__()
        self._store = store
        self._jobs = JobRunner(self, threads=2)
        self._waiting: list[_Waiting] = []
        self._current: _Waiting | None = None
        self._studies: list[StudyId] = []
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._numbers: dict[str, StudyId] = {}
        self.states: dict[StudyId, Preparation] = {}
        self._listed.connect(self._on_listed, QtCore.Qt.ConnectionType.QueuedConnection)
        self._jobs.progressed.connect(self._on_progress)

    @property
    def is_running(self) -> bool:
        """Whether a study is being analysed."""
        return self._current is not None

    def add(self, folder: Path, tell: Callable[[str, bool], None]) -> None:
        """Analyse the studies of a folder when those before it are done."""
        tell(tr(WAITING), False)
        self._waiting = [*(one for one in self._waiting if one.folder != folder), _Waiting(folder, tell)]
        if self._current is not None:
            self._list(folder)
        self._next()

    def stop(self) -> None:
        """Stop the analysis that is under way; the next begins."""
        self._jobs.cancel(ADVANCE)

    def close(self) -> None:
        """Stop all; what was not done is analysed at another time."""
        self._waiting.clear()
        self._current = None
        self._jobs.shut_down()

    def through(self, analyse: Analyse) -> Analyse:
        """Return an analysis that takes what is ready, and computes all else."""

        def analysed(
            study: Study, protocol: Protocol, settings: ExamSettings, progress: Progress, stop: Stop
        ) -> ExamResult:
            found = self._exam_of(study, protocol, settings)
            return found if found is not None else analyse(study, protocol, settings, progress, stop)

        return analysed

    def _exam_of(self, study: Study, protocol: Protocol, settings: ExamSettings) -> ExamResult | None:
        """Return the results of the very same files, protocol and settings; called on a worker thread."""
        kept = self._kept.get(study.info.study_instance_uid)
        if kept is None or kept.exam is None or settings.voxels or kept.exam.protocol_sha256 != protocol.sha256:
            return None
        contents = sorted(file.sha256 for file in kept.listed.files)
        if contents != sorted(file.sha256 for file in files_of(study)):
            return None
        if [voxel.label for voxel in kept.exam.voxels] != [one.label for one in study.acquisitions]:
            return None
        pairs = zip(kept.exam.voxels, study.acquisitions, strict=True)
        return replace(kept.exam, voxels=tuple(replace(voxel, acquisition=one) for voxel, one in pairs))

    # --- one after the other ----------------------------------------------------------------------------------------

    def _next(self) -> None:
        if self._current is not None or not self._waiting:
            return
        current = self._current = self._waiting.pop(0)
        self._studies = []

        def work(progress: Progress, stop: Stop) -> tuple[Prepared, ...]:
            return prepare(current.folder, lambda found: self._remember(found, current.folder), progress, stop)

        current.tell(tr("being read"), False)
        self._jobs.start(
            ADVANCE,
            tr("Analysing a study that came in"),
            work,
            done=self._on_done,
            failed=lambda reason: self._end(Preparation("failed", reason), reason),
            cancelled=lambda: self._end(Preparation("failed", tr(_STOPPED)), tr(_STOPPED)),
        )

    def _list(self, folder: Path) -> None:
        """Put a study that has to wait into the worklist; what is wrong with it is said when its turn comes."""

        def work(progress: Progress, stop: Stop) -> None:
            prepare(folder, lambda found: self._remember(found, folder), progress, stop, only_list=True)

        title = tr("Reading a study that came in")
        self._jobs.start(f"{LISTING} {folder}", title, work, done=_ignored, failed=_ignored, quiet=True)

    def _remember(self, found: list[Listed], folder: Path) -> None:
        """Put what was read into the worklist, on the worker thread: nobody opened it, so nobody holds it."""
        store = self._store
        if store is not None:
            now = datetime.now(UTC)
            studies = [store.remember_study(one.info, one.files, common_folder(one.files), now) for one in found]
            self._listed.emit(studies, folder)

    def _on_listed(self, studies: list[StudyId], folder: Path) -> None:
        if self._current is not None and self._current.folder == folder:
            self._studies = studies
            self.states |= dict.fromkeys(studies, Preparation("analysing"))
        elif any(one.folder == folder for one in self._waiting):
            self.states |= dict.fromkeys(studies, Preparation("received"))
        self.changed.emit()

    def _on_progress(self, key: str, fraction: float, text: str) -> None:
        if self._current is not None and key == ADVANCE:
            self._current.tell(tr("being analysed, {percent:.0f} %", percent=100 * fraction), False)

    def _on_done(self, prepared: tuple[Prepared, ...]) -> None:
        good = [one for one in prepared if one.exam is not None]
        reasons = [one.reason for one in prepared if one.reason]
        if len(self._studies) == len(prepared):
            for study, one in zip(self._studies, prepared, strict=True):
                self._numbers[one.listed.info.study_instance_uid] = study
                self.states[study] = Preparation("ready" if one.exam is not None else "failed", one.reason)
        for one in good:
            self._keep(one)
        self._go_on(tr(READY) if good else reasons[0])
        if good:
            self.ready.emit()

    def _keep(self, prepared: Prepared) -> None:
        """Keep results, and let the oldest go: a study whose results went is not called ready any more."""
        uid = prepared.listed.info.study_instance_uid
        self._kept[uid] = prepared
        self._kept.move_to_end(uid)
        while len(self._kept) > MOST_KEPT:
            gone, _ = self._kept.popitem(last=False)
            number = self._numbers.get(gone)
            if number is not None:
                self.states.pop(number, None)

    def _end(self, state: Preparation, words: str) -> None:
        self.states |= dict.fromkeys(self._studies, state)
        self._go_on(words)

    def _go_on(self, words: str) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.tell(words, True)
        self.changed.emit()
        self._next()


def _ignored(_: object) -> None:
    """Take an answer that says nothing new."""
