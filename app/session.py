"""The reading in memory: one study, its results and one selection. The only writer; the views only listen."""

from __future__ import annotations

from PySide6 import QtCore

from analysis.protocol import Protocol
from analysis.types import Acquisition, ExamResult, Study, VoxelResult

NO_VOXEL = -1


class ReadingSession(QtCore.QObject):
    """Holds frozen records and says when one was replaced.

    A change is announced from the general to the particular: study, then exam, then selection; a listener of any of
    them may read all properties, which already agree with each other.
    """

    study_changed = QtCore.Signal()
    exam_changed = QtCore.Signal()
    selection_changed = QtCore.Signal(int)
    pretest_changed = QtCore.Signal(float)

    def __init__(self, parent: QtCore.QObject | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._exam: ExamResult | None = None
        self._protocol: Protocol | None = None
        self._selected = NO_VOXEL
        self._pretest = 0.33

    @property
    def study(self) -> Study | None:
        """The open study."""
        return self._study

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
        return self._pretest

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

    def open_study(self, study: Study | None) -> None:
        """Replace the study; its results are not known yet, and its first voxel is selected."""
        self._study, self._exam, self._protocol = study, None, None
        self._selected = 0 if self.acquisitions else NO_VOXEL
        self.study_changed.emit()
        self.exam_changed.emit()
        self.selection_changed.emit(self._selected)

    def set_exam(self, exam: ExamResult | None, protocol: Protocol | None = None) -> None:
        """Replace the results and name the protocol that made them.

        The selected voxel stays selected, also where the results come in another order.
        """
        before = self.selected_acquisition
        self._exam, self._protocol = exam, protocol
        self._selected = self._index_like(before)
        self.exam_changed.emit()
        self.selection_changed.emit(self._selected)

    def _index_like(self, before: Acquisition | None) -> int:
        acquisitions = self.acquisitions
        if before is not None:
            for index, acquisition in enumerate(acquisitions):
                if acquisition is before or acquisition.sources == before.sources != ():
                    return index
        return 0 if acquisitions else NO_VOXEL

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

    def set_pretest(self, pretest: float) -> None:
        """Choose the pre-test probability, 0 to 1."""
        if pretest != self._pretest:
            self._pretest = pretest
            self.pretest_changed.emit(pretest)
