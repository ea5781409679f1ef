"""Classic MR images: what was written comes back, pixel by pixel and place by place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.readers import read_studies
from app.dicom.write_image import write_images
from tests.app.dicom.objects import STUDY, oblique_stack


def test_every_slice_keeps_its_pixels_and_its_place(tmp_path: Path) -> None:
    stack = oblique_stack()
    paths = write_images(tmp_path, STUDY, stack)
    assert [path.name for path in paths] == ["0001.dcm", "0002.dcm", "0003.dcm"]
    for index, path in enumerate(paths):
        file = pydicom.dcmread(path)
        np.testing.assert_array_equal(file.pixel_array, stack.pixels[index])
        along = np.asarray(file.ImageOrientationPatient, dtype=float)
        down, across = (float(value) for value in file.PixelSpacing)
        position = np.asarray(file.ImagePositionPatient, dtype=float)
        np.testing.assert_allclose(along[:3] * across, stack.affine[:3, 0], atol=1e-9)
        np.testing.assert_allclose(along[3:] * down, stack.affine[:3, 1], atol=1e-9)
        np.testing.assert_allclose(position, (stack.affine @ [0, 0, index, 1])[:3], atol=1e-9)
        assert (float(file.SliceThickness), float(file.SpacingBetweenSlices)) == (3.5, 4.0)
        assert file.ImageType == ["ORIGINAL", "PRIMARY", "OTHER", "SIMULATED"]


def test_the_reader_finds_the_same_voxel_of_space_under_every_pixel(tmp_path: Path) -> None:
    stack = oblique_stack()
    write_images(tmp_path, STUDY, stack)
    (study,) = read_studies([tmp_path])
    (volume,) = study.volumes
    assert volume.frame_of_reference_uid == STUDY.frame_of_reference_uid
    assert study.info.study_description == STUDY.description
    for column, row, index in ((0, 0, 0), (3, 4, 2), (1, 2, 1)):
        place = np.linalg.inv(volume.affine) @ stack.affine @ [column, row, index, 1]
        found = np.rint(place[:3]).astype(int)
        np.testing.assert_allclose(place[:3], found, atol=1e-6)
        assert volume.pixels[found[2], found[1], found[0]] == stack.pixels[index, row, column]


def test_the_same_stack_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_images(tmp_path / folder, STUDY, oblique_stack())
    assert (tmp_path / "a/0002.dcm").read_bytes() == (tmp_path / "b/0002.dcm").read_bytes()


@pytest.mark.parametrize("largest", [4095, 4096, 65535])
def test_bits_stored_hold_the_largest_value(tmp_path: Path, largest: int) -> None:
    stack = oblique_stack(1)
    stack.pixels[0, 0, 0] = largest
    (path,) = write_images(tmp_path, STUDY, stack)
    file = pydicom.dcmread(path)
    assert file.pixel_array[0, 0] == largest
    assert file.BitsStored == (12 if largest < 4096 else 16)


def test_what_classic_images_cannot_say_is_refused(tmp_path: Path) -> None:
    stack = oblique_stack()
    sheared = stack.affine.copy()
    sheared[0, 2] = 1.0
    with pytest.raises(ValueError, match="sheared"):
        write_images(tmp_path, STUDY, replace(stack, affine=sheared))
    with pytest.raises(ValueError, match="65535"):
        write_images(tmp_path, STUDY, replace(stack, pixels=stack.pixels - 1))
    with pytest.raises(ValueError, match="UID"):
        write_images(tmp_path, STUDY, replace(stack, sop_instance_uids=stack.sop_instance_uids[:1]))
    assert list(tmp_path.iterdir()) == []
