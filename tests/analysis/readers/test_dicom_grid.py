"""Spectroscopic imaging in DICOM and NIfTI-MRS: one voxel per cell, each with its own signal and place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import FileDataset

from analysis.errors import UnreadableFile
from analysis.readers import inspect_file, read_signal, read_studies
from analysis.readers.records import InputFile, Signal
from analysis.readers.registry import read_file
from tests.analysis.readers.builders import METABOLITES, POINTS, fid, item, save, save_nifti_mrs, spectroscopy

ROW, COLUMN = np.array([0.0, 0.8, 0.6]), np.array([1.0, 0.0, 0.0])
NORMAL = np.cross(ROW, COLUMN)
FIRST = np.array([10.0, -20.0, 30.0])
ROWS, COLUMNS, SLICES = 2, 3, 2


def signals(path: Path) -> tuple[Signal, ...]:
    return read_file(InputFile(path, str(path))).signals


def factor(row: int, column: int, plane: int) -> float:
    """A number that tells the cells apart."""
    return 100 * plane + 10 * row + column


def grid(**values: object) -> FileDataset:
    """A grid of 2 rows, 3 columns and 2 slices; columns lie 12 mm apart, rows 10 mm, slices 15 mm."""
    data = np.array(
        [
            [[factor(row, column, plane) * fid(METABOLITES) for column in range(1, COLUMNS + 1)] for row in (1, 2)]
            for plane in (1, 2)
        ]
    )
    dataset = spectroscopy(1, fid(METABOLITES))
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = SLICES, ROWS, COLUMNS
    dataset.SpectroscopyData = data.astype("<c8").tobytes()
    del dataset.VolumeLocalizationSequence
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence = [item(ImageOrientationPatient=[*ROW, *COLUMN])]
    shared.PixelMeasuresSequence = [item(PixelSpacing=[10.0, 12.0], SliceThickness=15.0)]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=item(ImagePositionPatient=list(FIRST + plane * 15 * NORMAL))) for plane in range(2)
    ]
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_every_cell_has_its_signal_and_its_place(tmp_path):
    """PS3.3 C.7.6.2.1.1: the first index along the row is the column, and rows are one row spacing apart."""
    found = {signal.cell: signal for signal in signals(save(grid(), tmp_path / "grid.dcm"))}
    assert len(found) == ROWS * COLUMNS * SLICES
    for (row, column, plane), signal in found.items():
        assert signal.fids[0, 0, 0].real == pytest.approx(factor(row, column, plane) * fid(METABOLITES)[0].real)
        centre = FIRST + (column - 1) * 12 * ROW + (row - 1) * 10 * COLUMN + (plane - 1) * 15 * NORMAL
        assert signal.voxel.centre_mm == pytest.approx(centre)
        assert signal.voxel.size_mm == pytest.approx((12, 10, 15))


def test_the_study_names_every_voxel_by_row_and_column(tmp_path):
    (study,) = read_studies([save(grid(), tmp_path / "grid.dcm")])
    labels = {one.label for one in study.acquisitions}
    assert {"Row 1, column 1", "Row 2, column 3", "Row 2, column 3, slice 2"} <= labels
    assert len(labels) == len(study.acquisitions) == 12
    assert all(any("no real file confirmed" in text for text in one.warnings) for one in study.acquisitions)


def test_inspect_counts_the_voxels(tmp_path):
    text, readable = inspect_file(save(grid(), tmp_path / "grid.dcm"))
    assert readable
    assert text.startswith("Spectroscopic imaging of 12 voxels, each: 1 coil element")


def test_a_single_signal_is_not_taken_from_a_grid(tmp_path):
    with pytest.raises(UnreadableFile, match="12 voxels; open it as a study"):
        read_signal(save(grid(), tmp_path / "grid.dcm"))


def test_masked_cells_are_left_out(tmp_path):
    dataset = grid()
    data = np.frombuffer(dataset.SpectroscopyData, "<c8").reshape(-1, POINTS).copy()
    data[3:] = 0
    dataset.SpectroscopyData = data.tobytes()
    assert [one.cell for one in signals(save(dataset, tmp_path / "g.dcm"))] == [(1, 1, 1), (1, 2, 1), (1, 3, 1)]
    dataset.SpectroscopyData = np.zeros_like(data).tobytes()
    with pytest.raises(UnreadableFile, match="all zero"):
        signals(save(dataset, tmp_path / "z.dcm"))


def test_a_maker_with_other_habits_gets_no_place(tmp_path):
    for signal in signals(save(grid(Manufacturer="UIH"), tmp_path / "uih.dcm")):
        assert signal.voxel is None
        assert any("in its own way" in text for text in signal.warnings)
        # and its signal turns the other way (spec2nii, uih.py)
        assert np.angle(signal.fids[0, 0, 1]) == pytest.approx(-np.angle(fid(METABOLITES)[1]), abs=1e-5)


def test_united_imagings_own_water_is_taken_along(tmp_path):
    dataset = spectroscopy(1, fid(METABOLITES), Manufacturer="UIH")
    dataset.add_new((0x0065, 0xFF07), "OB", (1000 * fid({4.65: 1.0})).astype("<c8").tobytes())
    (signal,) = signals(save(dataset, tmp_path / "uih.dcm"))
    assert signal.water.shape == (1, 1, POINTS)
    assert np.allclose(signal.water[0, 0], 1000 * np.conj(fid({4.65: 1.0})), rtol=1e-5)


def test_frames_of_one_slice_are_no_grid(tmp_path):
    dataset = grid()
    first = dataset.PerFrameFunctionalGroupsSequence[0]
    dataset.PerFrameFunctionalGroupsSequence = [first, first]
    with pytest.raises(UnreadableFile, match="several frames of one slice"):
        signals(save(dataset, tmp_path / "g.dcm"))


def test_voxels_in_frames_at_different_places_are_voxels_of_their_own(tmp_path):
    dataset = spectroscopy(1, np.array([fid(METABOLITES), 2 * fid(METABOLITES)]))
    dataset.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=item(ImagePositionPatient=[0, 0, z])) for z in (0, 20)
    ]
    found = signals(save(dataset, tmp_path / "two.dcm"))
    assert [one.cell for one in found] == [(1, 1, 1), (1, 1, 2)]
    assert [one.voxel for one in found] == [None, None]


def test_edited_philips_frames_are_not_taken_for_transients(tmp_path):
    dataset = spectroscopy(1, np.array([fid(METABOLITES), fid(METABOLITES)]), Manufacturer="Philips")
    dataset.add_new((0x2005, 0x1597), "CS", "Y")
    with pytest.raises(UnreadableFile, match="edited"):
        signals(save(dataset, tmp_path / "mega.dcm"))


def test_a_nifti_grid_is_placed_by_its_affine(tmp_path):
    affine = np.diag([-12.0, 10.0, 15.0, 1.0])
    affine[:3, 3] = [5, 6, 7]
    data = np.zeros((COLUMNS, ROWS, 1, POINTS, 2), complex)
    for column, row in np.ndindex(COLUMNS, ROWS):
        data[column, row, 0] = factor(row + 1, column + 1, 1) * np.conj(fid(METABOLITES))[:, None]
    header = {"dim_5": "DIM_DYN", "ProtocolName": "csi"}
    path = save_nifti_mrs(tmp_path / "grid.nii.gz", data, header, affine)
    found = {signal.cell: signal for signal in signals(path)}
    assert len(found) == COLUMNS * ROWS
    for (row, column, plane), signal in found.items():
        assert signal.fids.shape == (1, 2, POINTS)
        assert np.allclose(signal.fids[0, 0], factor(row, column, plane) * fid(METABOLITES), rtol=1e-5)
        ras = affine @ [column - 1, row - 1, 0, 1]
        assert signal.voxel.centre_mm == pytest.approx((-ras[0], -ras[1], ras[2]))
        assert signal.voxel.size_mm == pytest.approx((12, 10, 15))
