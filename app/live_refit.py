"""Keeps the results at the reading: previews while a gesture lasts, and the final numbers at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6 import QtCore

from analysis.pipeline import BasisCache, analyse_voxel
from analysis.protocol import Protocol
from analysis.reading import Reading, exam_settings, same_settings, voxel_key
from analysis.reanalysis import Analysed, previewed, reanalysed, with_preview
from analysis.types import ExamResult, Fit, Progress, Stop, VoxelResult
from analysis.voxel_settings import VoxelSettings
from app.jobs import JobRunner
from app.session import NO_VOXEL, ReadingSession
from widgets.texts import tr

PREVIEW, REFIT, AUTOMATIC = "preview", "refit", "automatic"
BasesOf = Callable[[Protocol], BasisCache]


@dataclass(frozen=True, eq=False)
class _Preview:
    """A previewed voxel, and the exam with it."""

    reading: Reading
    index: int
    result: VoxelResult


class LiveRefit(QtCore.QObject):
    """Fits again whatever the reader changes; nothing here blocks the window."""

    failed = QtCore.Signal(str)
    """A sentence: the settings as they are cannot be fitted."""
    settled = QtCore.Signal()
    """The results on screen are those of the reading."""
    automatic_known = QtCore.Signal(str)
    """The key of a voxel whose automatic fit was asked for and is there now."""

    def __init__(self, session: ReadingSession, jobs: JobRunner, bases_of: BasesOf) -> None:
        super().__init__()
        self._session, self._jobs, self.bases_of = session, jobs, bases_of
        self._known: tuple[Reading, Analysed] | None = None
        self._automatic: dict[str, Fit] = {}
        self._last: _Preview | None = None
        session.study_changed.connect(self._forget)
        session.reading_changed.connect(self._on_reading)
        session.gesture_ended.connect(lambda _: self.settle())
        session.read_only_changed.connect(self.settle)

    @property
    def known(self) -> Analysed | None:
        """The last final results of the open study, with the settings that made them."""
        return self._known[1] if self._known is not None else None

    @property
    def current(self) -> bool:
        """Whether the results on screen are those of the reading."""
        known = self._known
        return (
            known is not None
            and self._session.exam is known[1].exam
            and same_settings(known[0], self._session.reading)
        )  # fmt: skip

    def know(self, reading: Reading, exam: ExamResult, protocol: Protocol) -> None:
        """Take over results that were computed for a reading of the open study."""
        if self._session.study is not None:
            settings = exam_settings(reading, self._session.study)
            self._known = reading, Analysed(self._session.study, protocol, settings, exam)
            for index, voxel in enumerate(exam.voxels):
                if voxel.fit is not None and not settings.of(index).adjusted:
                    self._automatic[voxel_key(voxel.acquisition)] = voxel.fit

    def automatic_fit(self, index: int) -> Fit | None:
        """Return what a voxel's fit is without the reader; where it is not known, it is computed and announced."""
        key = voxel_key(self._session.acquisitions[index])
        if key not in self._automatic and self._known is not None and not self._jobs.is_running(AUTOMATIC):
            known, bases = self._known[1], self.bases_of(self._known[1].protocol)

            def work(_: Progress, stop: Stop) -> tuple[str, Fit | None]:
                found = analyse_voxel(known.study.acquisitions[index], known.protocol, bases, VoxelSettings(), stop)
                return key, found.fit

            self._jobs.start(
                AUTOMATIC, tr("Fitting"), work, done=self._on_automatic, failed=self._on_failed, quiet=True
            )
        return self._automatic.get(key)

    def _on_automatic(self, found: tuple[str, Fit | None]) -> None:
        key, fit = found
        if fit is not None:
            self._automatic[key] = fit
            self.automatic_known.emit(key)

    def _forget(self) -> None:
        self._jobs.cancel(AUTOMATIC)
        self._automatic, self._last = {}, None
        self._jobs.cancel(PREVIEW)
        self._jobs.cancel(REFIT)
        self._known = None

    # --- a gesture in progress -----------------------------------------------------------------------------------

    def _on_reading(self) -> None:
        if self._known is None or not self._session.in_gesture or self._jobs.is_running(PREVIEW):
            return
        self._preview()

    def _changed_voxel(self, known: Analysed) -> int:
        """Return the voxel whose settings the gesture has changed: the selected one, or the first."""
        study, session = known.study, self._session
        settings = exam_settings(session.reading, study)
        changed = [i for i in range(len(known.exam.voxels)) if settings.of(i) != known.settings.of(i)]
        if session.selected in changed:
            return session.selected
        return changed[0] if changed else NO_VOXEL

    def _preview(self) -> None:
        if self._known is None:
            return
        known, reading = self._known[1], self._session.reading
        index = self._changed_voxel(known)
        if index == NO_VOXEL:
            return
        settings, bases = exam_settings(reading, known.study).of(index), self.bases_of(known.protocol)

        last = self._last if self._last is not None and self._last.index == index else None
        warm = last.result.fit if last is not None else None

        def work(_: Progress, stop: Stop) -> _Preview:
            return _Preview(reading, index, previewed(known, index, settings, bases, stop, warm=warm))

        self._jobs.start(PREVIEW, tr("Fitting"), work, done=self._on_previewed, failed=self._on_failed, quiet=True)

    def _on_previewed(self, preview: _Preview) -> None:
        session = self._session
        if self._known is None or not session.in_gesture or session.exam is None:
            return
        self._last = preview
        session.show_preview_voxel(preview.index, preview.result)
        if session.reading is not preview.reading:
            self._preview()
            return
        known, index = self._known[1], preview.index
        settings = exam_settings(preview.reading, known.study).of(index)

        def work(_: Progress, __: Stop) -> tuple[Reading, ExamResult]:
            return preview.reading, with_preview(known, index, preview.result, settings)

        self._jobs.start(PREVIEW, tr("Comparing"), work, done=self._on_compared, failed=self._on_failed, quiet=True)

    def _on_compared(self, found: tuple[Reading, ExamResult]) -> None:
        reading, exam = found
        if self._session.in_gesture:
            self._session.show_preview(exam)
            if self._session.reading is not reading:
                self._preview()

    # --- the end of a gesture ------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Compute the final results of the reading, unless they are known."""
        session = self._session
        if self._known is None or session.study is None:
            return
        self._jobs.cancel(PREVIEW)
        self._last = None
        reading, (known_reading, known) = session.reading, self._known
        if reading.protocol_id != known_reading.protocol_id:
            return
        if session.exam_belongs_to(reading) and session.exam is not None:
            self.know(reading, session.exam, known.protocol)
            self.settled.emit()
            return
        settings, bases = exam_settings(reading, known.study), self.bases_of(known.protocol)

        def work(_: Progress, stop: Stop) -> tuple[Reading, ExamResult]:
            return reading, reanalysed(known, settings, bases, stop)

        self._jobs.start(REFIT, tr("Fitting again"), work, done=self._on_refitted, failed=self._on_failed, quiet=True)

    def _on_refitted(self, found: tuple[Reading, ExamResult]) -> None:
        reading, exam = found
        if self._known is None:
            return
        protocol = self._known[1].protocol
        self.know(reading, exam, protocol)
        self._session.keep_results(reading, exam)
        if same_settings(reading, self._session.reading) and not self._session.in_gesture:
            self._session.set_exam(exam, protocol)
            self.settled.emit()
        elif not self._session.in_gesture:
            self.settle()

    def _on_failed(self, sentence: str) -> None:
        self.failed.emit(sentence)
