"""Joins the outlines of the nucleus to the session: drawn on a slice or proposed by the images, kept in the reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6 import QtCore

from analysis.disc_measure import NotMeasurable
from analysis.nucleus import Contour, NucleusOutline, NucleusShare, Point, holds_part_of, nucleus_share
from analysis.nucleus_proposal import propose_nucleus
from analysis.reslice import BodyPlane
from analysis.types import Progress, Stop, Voxel
from app.jobs import JobRunner
from app.session import NO_VOXEL, ReadingSession
from widgets.main_window import MainWindow
from widgets.texts import tr

PROPOSE, SHARES = "nucleus proposal", "nucleus shares"
_Key = tuple[Voxel, NucleusOutline]


class NucleusDesk(QtCore.QObject):
    """Holds what the images propose until the reader takes it, and the shares that outlines amount to."""

    offered_changed = QtCore.Signal()

    def __init__(self, window: MainWindow, session: ReadingSession, jobs: JobRunner) -> None:
        super().__init__(window)
        self._window, self._session, self._jobs = window, session, jobs
        self._offered: tuple[int, NucleusOutline] | None = None
        self._shares: dict[_Key, NucleusShare] = {}
        self._connect()
        session.study_changed.connect(self._forget)
        session.selection_changed.connect(lambda _: self._on_selection())
        session.gesture_ended.connect(lambda _: self._refresh())
        session.exam_changed.connect(self._refresh)

    def _connect(self) -> None:
        row, drawing = self._window.morphology.nucleus, self._window.grid.drawing
        row.draw_requested.connect(drawing.toggle)
        row.propose_requested.connect(self._propose)
        row.accept_requested.connect(self._accept)
        row.discard_requested.connect(lambda: self._offer(None))
        row.remove_requested.connect(self._remove)
        drawing.drawn.connect(self._on_drawn)
        drawing.changed.connect(self._on_changed)
        drawing.toggled.connect(row.set_drawing)
        drawing.refused.connect(self._say)

    def offered_for(self, index: int) -> NucleusOutline:
        """Return what the images propose for a voxel; nothing of it is in the reading."""
        return self._offered[1] if self._offered is not None and self._offered[0] == index else NucleusOutline()

    # --- what the reader asks for --------------------------------------------------------------------------------

    def _on_drawn(self, points: Sequence[Point], plane: BodyPlane) -> None:
        contour = Contour(tuple(points), plane)
        index = self._disc_within(contour)
        if index is None:
            self._say(tr("The outline holds no part of a voxel, so it was not kept; draw it about the selected disc."))
            return
        self._session.select(index)
        outline = self._session.voxel_reading(index).nucleus.but(contour)
        self._edit(tr("nucleus outline of {label}", label=self._label(index)), index, outline)

    def _on_changed(self, contour: Contour) -> None:
        index = self._session.selected
        if index == NO_VOXEL:
            return
        outline = self._session.voxel_reading(index).nucleus.but(contour)
        self._edit(tr("nucleus outline of {label}", label=self._label(index)), index, outline)
        self.offered_changed.emit()  # where nothing may be changed, the slices show the outline as it is kept

    def _disc_within(self, contour: Contour) -> int | None:
        """Return the voxel that an outline was drawn about: the selected one where it holds a part of it."""
        held = [
            index
            for index, acquisition in enumerate(self._session.acquisitions)
            if acquisition.voxel is not None and holds_part_of(contour, acquisition.voxel)
        ]
        selected = self._session.selected
        return selected if selected in held else next(iter(held), None)

    def _remove(self) -> None:
        index = self._session.selected
        if index != NO_VOXEL:
            self._edit(tr("no nucleus outline of {label}", label=self._label(index)), index, NucleusOutline())

    def _accept(self) -> None:
        if self._offered is None:
            return
        index, offered = self._offered
        outline = self._session.voxel_reading(index).nucleus
        for contour in offered.contours:
            outline = outline.but(contour)
        self._offered = None
        self._edit(tr("proposed nucleus of {label}", label=self._label(index)), index, outline)
        self._offer(None)

    def _edit(self, text: str, index: int, outline: NucleusOutline) -> None:
        self._session.edit_voxel(text, index, replace(self._session.voxel_reading(index), nucleus=outline))

    def _label(self, index: int) -> str:
        return self._session.acquisitions[index].label

    def _propose(self) -> None:
        study, index = self._session.study, self._session.selected
        acquisition = self._session.selected_acquisition
        if study is None or acquisition is None or acquisition.voxel is None:
            return
        voxel, uid, volumes = acquisition.voxel, acquisition.frame_of_reference_uid, study.volumes

        def work(_: Progress, __: Stop) -> NucleusOutline:
            sagittal = propose_nucleus(voxel, uid, volumes, "sagittal")
            try:
                return NucleusOutline((sagittal, propose_nucleus(voxel, uid, volumes, "axial")))
            except NotMeasurable:  # one outline is still an offer; the panel says that the second is missing
                return NucleusOutline((sagittal,))

        def done(outline: NucleusOutline) -> None:
            if self._session.selected == index and self._session.study is study:
                self._offer((index, outline))

        self._jobs.start(PROPOSE, tr("Looking for the nucleus"), work, done=done, failed=self._say, quiet=True)

    def _offer(self, offered: tuple[int, NucleusOutline] | None) -> None:
        self._offered = offered
        self.offered_changed.emit()
        self._refresh()

    # --- what is shown -------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._window.grid.drawing.stop()
        self._jobs.cancel(PROPOSE)
        self._shares.clear()
        self._offer(None)

    def _on_selection(self) -> None:
        self._window.grid.drawing.stop()
        if self._offered is not None and self._offered[0] != self._session.selected:
            self._offer(None)
        self._show()

    def _refresh(self) -> None:
        """Compute the shares that are not known yet, and show those that are."""
        missing = [key for key in self._keys() if key[1].contours and key not in self._shares]
        self._show()
        if not missing:
            return

        def work(_: Progress, stop: Stop) -> dict[_Key, NucleusShare]:
            return {key: nucleus_share(*key) for key in missing if not stop()}

        def done(found: dict[_Key, NucleusShare]) -> None:
            self._shares.update(found)
            self._show()

        self._jobs.start(SHARES, tr("Measuring the nucleus"), work, done=done, failed=self._say, quiet=True)

    def _keys(self) -> list[_Key]:
        """Return voxel and outline of every voxel whose place is known, and of the offer."""
        session = self._session
        keys = [
            (acquisition.voxel, session.voxel_reading(index).nucleus)
            for index, acquisition in enumerate(session.acquisitions)
            if acquisition.voxel is not None
        ]
        offer = self._offer_key()
        return [*keys, offer] if offer is not None else keys

    def _offer_key(self) -> _Key | None:
        if self._offered is None:
            return None
        voxel = self._session.acquisitions[self._offered[0]].voxel
        return (voxel, self._offered[1]) if voxel is not None else None

    def _show(self) -> None:
        session, row = self._session, self._window.morphology.nucleus
        self._window.discs.set_nuclei([self._share_of(index) for index in range(len(session.acquisitions))])
        if session.selected == NO_VOXEL:
            row.set_share(None, known=False)
            return
        known = bool(session.voxel_reading(session.selected).nucleus.contours)
        offer = self._offer_key()
        share = self._shares.get(offer) if offer is not None else self._share_of(session.selected)
        row.set_share(share, known=known, offered=offer is not None)

    def _share_of(self, index: int) -> NucleusShare | None:
        voxel, outline = self._session.acquisitions[index].voxel, self._session.voxel_reading(index).nucleus
        return self._shares.get((voxel, outline)) if voxel is not None else None

    def _say(self, sentence: str) -> None:
        self._window.notices.add("warning", sentence)
