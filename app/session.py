"""The reading in memory: one study, its reading, its results and one selection. The only writer; the views listen."""

from __future__ import annotations

from dataclasses import replace

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.reading import Reading, VoxelReading, same_settings, voxel_key
from analysis.types import Acquisition, ExamResult, Study, VoxelResult
from app.history import History, Moment
from widgets.texts import tr

NO_VOXEL = -1


class ReadingSession(QtCore.QObject):
    """Holds frozen records and says when one was replaced.

    A change is announced from the general to the particular: study, reading, exam, then selection; a listener of any of
    them may read all properties, which already agree with each other. A gesture is one step of undo: what changes while
    it lasts is announced, but only its end is kept.
    """

    study_changed = QtCore.Signal()
    reading_changed = QtCore.Signal()
    exam_changed = QtCore.Signal()
    selection_changed = QtCore.Signal(int)
    preview_changed = QtCore.Signal(int)
    """One voxel shows what a gesture in progress would give; its evidence follows with `exam_changed`."""
    pretest_changed = QtCore.Signal(float)
    gesture_ended = QtCore.Signal(str)
    """The text of a gesture that changed the reading, or of an undo or redo: what is to be kept for good."""
    history_changed = QtCore.Signal()
    read_only_changed = QtCore.Signal()
    """The reading was signed, or an amendment of it begins."""

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._exam: ExamResult | None = None
        self._protocol: Protocol | None = None
        self._selected = NO_VOXEL
        self._reading = Reading()
        self._history = History()
        self._gesture: tuple[str, Moment] | None = None
        self._read_only = ""
        self._exam_for: Reading | None = None

    # --- what there is -------------------------------------------------------------------------------------------

    @property
    def study(self) -> Study | None:
        """The open study."""
        return self._study

    @property
    def reading(self) -> Reading:
        """What the reader has said and chosen so far."""
        return self._reading

    @property
    def history(self) -> History:
        """What can be undone and done again."""
        return self._history

    @property
    def in_gesture(self) -> bool:
        """Whether a gesture is in progress."""
        return self._gesture is not None

    @property
    def read_only(self) -> str:
        """Why nothing can be changed, as a sentence; empty where it can."""
        return self._read_only

    @property
    def exam(self) -> ExamResult | None:
        """The results of the open study, None until they are computed."""
        return self._exam

    @property
    def protocol(self) -> Protocol | None:
        """The protocol that made `exam`."""
        return self._protocol

    @property
    def selected(self) -> int:
        """Index of the selected voxel among `acquisitions`, or `NO_VOXEL`."""
        return self._selected

    @property
    def pretest(self) -> float:
        """The pre-test probability that the reader chose, 0 to 1."""
        return self._reading.pretest

    @property
    def acquisitions(self) -> tuple[Acquisition, ...]:
        """The voxels in the order of the results where there are any, else as they were read."""
        if self._exam is not None:
            return tuple(voxel.acquisition for voxel in self._exam.voxels)
        return self._study.acquisitions if self._study is not None else ()

    @property
    def selected_acquisition(self) -> Acquisition | None:
        """The selected voxel's acquisition."""
        return self.acquisitions[self._selected] if self._selected != NO_VOXEL else None

    @property
    def selected_result(self) -> VoxelResult | None:
        """What was found for the selected voxel, None until it is computed."""
        if self._exam is None or self._selected == NO_VOXEL:
            return None
        return self._exam.voxels[self._selected]

    def voxel_reading(self, index: int) -> VoxelReading:
        """Return what the reader has said about a voxel."""
        return self._reading.of(voxel_key(self.acquisitions[index]))

    # --- study and results ---------------------------------------------------------------------------------------

    def open_study(self, study: Study | None, reading: Reading | None = None, *, read_only: str = "") -> None:
        """Replace the study; its results are not known yet, and its first voxel is selected."""
        before = self._reading.pretest
        self._study, self._exam, self._protocol, self._exam_for = study, None, None, None
        self._reading, self._history, self._gesture = reading or Reading(pretest=before), History(), None
        self._read_only = read_only
        self._selected = 0 if self.acquisitions else NO_VOXEL
        self.study_changed.emit()
        self.reading_changed.emit()
        self.history_changed.emit()
        self.exam_changed.emit()
        self.selection_changed.emit(self._selected)
        if self._reading.pretest != before:
            self.pretest_changed.emit(self._reading.pretest)

    def set_exam(
        self, exam: ExamResult | None, protocol: Protocol | None = None, reading: Reading | None = None
    ) -> None:
        """Replace the results, and name the protocol and the reading (the present one) that made them.

        The selected voxel stays selected, also where the results come in another order.
        """
        before = self.selected_acquisition
        self._exam, self._protocol, self._exam_for = exam, protocol, reading or self._reading
        self._selected = self._index_like(before)
        if exam is not None:
            self._history = self._history.with_results(self._exam_for, exam)
        self.exam_changed.emit()
        self.selection_changed.emit(self._selected)

    def exam_belongs_to(self, reading: Reading) -> bool:
        """Whether `exam` holds the final results of a reading, and not those of a preview or of another one."""
        return self._exam_for is not None and same_settings(self._exam_for, reading)

    def keep_results(self, reading: Reading, exam: ExamResult) -> None:
        """Keep final results for undo and redo, also where the reading has moved on."""
        self._history = self._history.with_results(reading, exam)

    def show_preview_voxel(self, index: int, result: VoxelResult) -> None:
        """Show one voxel of a gesture in progress, before the exam is compared anew."""
        if self._exam is None:
            return
        voxels = list(self._exam.voxels)
        voxels[index] = result
        self._exam, self._exam_for = replace(self._exam, voxels=tuple(voxels)), None
        self.preview_changed.emit(index)

    def show_preview(self, exam: ExamResult) -> None:
        """Show results of a gesture in progress; undo knows nothing of them."""
        self._exam, self._exam_for = exam, None
        self.exam_changed.emit()

    def _index_like(self, before: Acquisition | None) -> int:
        acquisitions = self.acquisitions
        if before is not None:
            for index, acquisition in enumerate(acquisitions):
                if acquisition is before or acquisition.sources == before.sources != ():
                    return index
        return 0 if acquisitions else NO_VOXEL

    # --- selection -----------------------------------------------------------------------------------------------

    def select(self, index: int) -> None:
        """Select a voxel; an index outside the study is left unheard."""
        if index == self._selected or not 0 <= index < len(self.acquisitions):
            return
        self._selected = index
        self.selection_changed.emit(index)

    def step(self, by: int) -> None:
        """Select the next or previous voxel, stopping at the ends."""
        if self.acquisitions:
            self.select(min(max(self._selected + by, 0), len(self.acquisitions) - 1))

    # --- editing -------------------------------------------------------------------------------------------------

    def begin_gesture(self, text: str) -> None:
        """Start a gesture: whatever changes until its end is one step of undo. A gesture in progress ends first."""
        self.end_gesture()
        if not self._read_only:
            self._gesture = (text, self._moment())

    def change(self, reading: Reading) -> None:
        """Replace the reading; outside a gesture this is left unheard."""
        if self._gesture is None or reading == self._reading:
            return
        pretest = self._reading.pretest
        self._reading = reading
        self.reading_changed.emit()
        if reading.pretest != pretest:
            self.pretest_changed.emit(reading.pretest)

    def change_voxel(self, index: int, voxel: VoxelReading) -> None:
        """Say something else about one voxel; outside a gesture this is left unheard."""
        self.change(self._reading.with_voxel(voxel_key(self.acquisitions[index]), voxel))

    def end_gesture(self) -> None:
        """End the gesture in progress; one that changed nothing leaves no trace."""
        if self._gesture is None:
            return
        (text, before), self._gesture = self._gesture, None
        if not self.exam_belongs_to(self._reading) and before.exam is not None:
            unchanged = same_settings(before.reading, self._reading)
            self._exam, self._exam_for = (before.exam, before.reading) if unchanged else (self._exam, self._exam_for)
        history = self._history.with_gesture(text, before, self._moment())
        if history is not self._history:
            self._history = history
            self.history_changed.emit()
            self.gesture_ended.emit(text)

    def _moment(self) -> Moment:
        """Return the reading as it is, with its results where they are final."""
        return Moment(self._reading, self._exam if self.exam_belongs_to(self._reading) else None)

    def edit(self, text: str, reading: Reading) -> None:
        """Replace the reading in one gesture."""
        self.begin_gesture(text)
        self.change(reading)
        self.end_gesture()

    def edit_voxel(self, text: str, index: int, voxel: VoxelReading) -> None:
        """Say something else about one voxel in one gesture."""
        self.edit(text, self._reading.with_voxel(voxel_key(self.acquisitions[index]), voxel))

    def set_pretest(self, pretest: float) -> None:
        """Choose the pre-test probability, 0 to 1."""
        if pretest != self.pretest:
            self.edit(
                tr("pre-test probability {percent:.0f} %", percent=100 * pretest),
                replace(self._reading, pretest=pretest),
            )

    def turn_page(self, reading: Reading, *, read_only: str = "") -> None:
        """Replace the reading where a signature ends it or an amendment begins: nothing before can be undone.

        The results stay until others are computed, where `reading` has other settings than those that made them.
        """
        self.end_gesture()
        pretest = self.pretest
        self._reading, self._history, self._read_only = reading, History(), read_only
        self.reading_changed.emit()
        self.history_changed.emit()
        if reading.pretest != pretest:
            self.pretest_changed.emit(reading.pretest)
        self.read_only_changed.emit()

    def undo(self) -> None:
        """Take the last gesture back, with its results."""
        self.end_gesture()
        if self._history.done and not self._read_only:
            text = self._history.undo_text
            self._history, moment = self._history.undo()
            self._go_to(moment, tr("undo {text}", text=text))

    def redo(self) -> None:
        """Do the last undone gesture again, with its results."""
        self.end_gesture()
        if self._history.undone and not self._read_only:
            text = self._history.redo_text
            self._history, moment = self._history.redo()
            self._go_to(moment, tr("redo {text}", text=text))

    def _go_to(self, moment: Moment, text: str) -> None:
        pretest = self._reading.pretest
        self._reading = moment.reading
        if moment.exam is not None:
            self._exam, self._exam_for = moment.exam, moment.reading
        self.reading_changed.emit()
        self.history_changed.emit()
        self.exam_changed.emit()
        self.selection_changed.emit(self._selected)
        if moment.reading.pretest != pretest:
            self.pretest_changed.emit(moment.reading.pretest)
        self.gesture_ended.emit(text)
