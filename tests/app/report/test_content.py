from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from analysis.geometry import to_pixels, voxel_outline_pixels
from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Study, Volume
from app.report.content import report_content
from app.report.parts import ReportContent, Table
from app.report.pictures import close_ups, overview
from app.report.source import Amendment
from app.resource_files import load_protocol
from tests.app.report.conftest import source_of


def content_of(study: Study, exam: ExamResult, protocol: Protocol, *, signed: bool = False) -> ReportContent:
    return report_content(source_of(study, exam, protocol), signed=signed)


def words(table: Table) -> str:
    return " | ".join(f"{cell.text} {cell.small}".strip() for row in table.rows for cell in row)


def test_the_first_page_says_what_was_found(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    summary = content_of(study, exam, protocol).summary
    assert "▲ higher: L4-L5" in summary.findings[0]
    assert "○ not evaluable: L3-L4" in summary.findings[0]
    assert summary.findings[1] == "4 of 5 discs evaluable; contrast between the discs p = 0.003."
    evidence, probability = summary.beside
    assert "3.9 [2.2–4.1]" in words(evidence)
    assert "8.0 [6.9–8.0]" in words(evidence)
    assert [column.title for column in probability.columns] == ["Level", "10 %", "33 %", "50 %"]
    assert "66 % [52–67]" in words(probability)


def test_a_voxel_that_is_not_evaluable_says_why_and_its_ratios_are_bracketed(
    study: Study, exam: ExamResult, protocol: Protocol
) -> None:
    content = content_of(study, exam, protocol)
    (below,) = content.summary.below
    sections = {section.title: section for section in content.sections}
    (quality,), (ratios, *_) = sections["Quality"].tables, sections["Spectroscopy"].tables
    assert "Not evaluable: The signal-to-noise ratio of PG is 3.8, below 5." in words(quality)
    assert "✗ not evaluable" in words(below)
    assert "(0.75 ± 0.16)" in words(below)
    assert "(0.75 ± 0.16)" in words(ratios)
    assert "molar" in ratios.title.casefold()


def test_a_withheld_comparison_shows_its_reason_in_full_and_no_class(
    study: Study, exam: ExamResult, protocol: Protocol
) -> None:
    reason = "Fewer than three discs are evaluable, so the discs cannot be compared. " * 3
    plain = tuple(dataclasses.replace(v, evidence=None) for v in exam.voxels)
    withheld = dataclasses.replace(exam, voxels=plain, withheld=reason.strip(), contrast_p=None, evaluable=2)
    summary = content_of(study, withheld, protocol).summary
    assert summary.withheld == f"Comparison withheld: {reason.strip()}"
    assert summary.findings == ("2 of 5 discs evaluable.",)
    everything = " ".join(words(table) for table in (*summary.beside, *summary.below))
    assert "higher" not in everything
    assert "Score" not in " ".join(column.title for table in summary.beside for column in table.columns)


def test_a_protocol_without_evidence_has_ratios_and_no_score(study: Study, exam: ExamResult) -> None:
    voxel = dataclasses.replace(exam.voxels[0], evidence=None)
    brain = dataclasses.replace(exam, voxels=(voxel,), compares=False, evaluable=1, contrast_p=None)
    summary = content_of(study, brain, load_protocol("brain")).summary
    assert summary.findings[0].startswith("1 of 1 voxel evaluable.")
    titles = [column.title for table in (*summary.beside, *summary.below) for column in table.columns]
    assert not [title for title in titles if "Score" in title or "Likelihood" in title]
    assert summary.beside[0].title.startswith("Molar ratios")
    assert summary.reading_notes == ()


def test_what_is_unknown_is_a_dash(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    info = dataclasses.replace(
        study.info,
        patient_id=None,
        patient_name=None,
        patient_birth_date=None,
        patient_sex=None,
        study_date=None,
        accession_number=None,
        study_description=None,
    )
    banner = content_of(dataclasses.replace(study, info=info), exam, protocol).banner
    said = {item.name: item.value for item in banner}
    assert (said.pop("Indication"), said.pop("Procedure")) == ("not recorded", "0609T, 0610T, 0611T, 0612T")
    assert set(said.values()) == {"—"}


@pytest.mark.parametrize(
    ("state", "amended", "signed", "words"),
    [
        ("draft", False, False, "Unsigned draft"),
        ("preliminary", False, False, "Preliminary report, unsigned"),
        ("draft", False, True, "Preliminary, signed automatically, not read"),
        ("preliminary", False, True, "Preliminary, signed automatically, not read"),
        ("final", False, True, "Final report, signed"),
        ("final", False, False, "Unsigned draft"),
        ("amended", True, False, "Amendment, unsigned draft"),
        ("amended", True, True, "Amended report, signed"),
    ],
)
def test_only_a_report_that_was_read_and_signed_calls_itself_final(
    study: Study, exam: ExamResult, protocol: Protocol, state: Any, amended: bool, signed: bool, words: str
) -> None:
    amendment = Amendment("ab" * 32, b"%PDF", "A reason.") if amended else None
    source = source_of(study, exam, protocol, reading=Reading(state=state), amendment=amendment)
    assert report_content(source, signed=signed).state == words


def test_results_of_another_protocol_text_are_named(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    methods = {item.name: item.value for item in content_of(study, exam, protocol).methods}
    assert protocol.sha256 in methods["Warning"]
    same = dataclasses.replace(exam, protocol_sha256=protocol.sha256)
    assert "Warning" not in {item.name for item in content_of(study, same, protocol).methods}


def test_files_are_named_without_the_path_on_the_disk(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    source = dataclasses.replace(study.acquisitions[0].sources[0], path="/home/somebody/secret/study/mrs.dcm")
    acquisition = dataclasses.replace(study.acquisitions[0], sources=(source,))
    one = dataclasses.replace(study, acquisitions=(acquisition,))
    assert "study/mrs.dcm" in words(content_of(one, exam, protocol).files)
    assert "somebody" not in words(content_of(one, exam, protocol).files)


def test_the_sagittal_slice_that_most_voxels_cut_is_shown(study: Study, exam: ExamResult) -> None:
    picture = overview(study, exam.voxels)
    assert picture is not None
    assert [outline.label for outline in picture.outlines] == ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
    assert picture.edges == ("A", "P", "H", "F")
    assert picture.caption == "T2 TSE SAG, series 2, slice 6 of 11, cropped"
    rows, columns = picture.pixels.shape
    for outline in picture.outlines:
        assert np.all(outline.polygon > -0.5)
        assert np.all(outline.polygon < [columns - 0.5, rows - 0.5])


def _turned(volume: Volume, how: str) -> Volume:
    """Store the same slices with another order of rows and columns."""
    pixels, affine = volume.pixels, volume.affine.copy()
    if how == "columns":
        affine[:3, 3] += affine[:3, 0] * (pixels.shape[2] - 1)
        affine[:3, 0] *= -1
        pixels = pixels[:, :, ::-1]
    elif how == "rows":
        affine[:3, 3] += affine[:3, 1] * (pixels.shape[1] - 1)
        affine[:3, 1] *= -1
        pixels = pixels[:, ::-1]
    else:
        affine[:, [0, 1]] = affine[:, [1, 0]]
        pixels = pixels.transpose(0, 2, 1)
    return dataclasses.replace(volume, pixels=pixels, affine=affine)


@pytest.mark.parametrize("how", ["columns", "rows", "transposed"])
def test_a_slice_stored_otherwise_hangs_the_same_with_its_voxels(study: Study, exam: ExamResult, how: str) -> None:
    plain = overview(study, exam.voxels)
    turned = overview(dataclasses.replace(study, volumes=(_turned(study.volumes[0], how),)), exam.voxels)
    assert plain is not None
    assert turned is not None
    assert turned.edges == plain.edges
    assert abs(turned.pixels.shape[0] - plain.pixels.shape[0]) <= 1
    for one, other in zip(plain.outlines, turned.outlines, strict=True):
        assert np.allclose(np.ptp(one.polygon, axis=0), np.ptp(other.polygon, axis=0), atol=1e-6)
        assert np.allclose(one.polygon.mean(axis=0), other.polygon.mean(axis=0), atol=1.01)


def test_an_outline_is_the_true_cut(study: Study, exam: ExamResult) -> None:
    picture = overview(study, exam.voxels)
    assert picture is not None
    voxel = exam.voxels[3].acquisition.voxel
    assert voxel is not None
    cut = voxel_outline_pixels(voxel, study.volumes[0], 5)
    moved = picture.outlines[3].polygon - picture.outlines[3].polygon.mean(axis=0)
    assert np.allclose(moved, cut - cut.mean(axis=0))
    assert to_pixels(study.volumes[0], np.asarray(voxel.centre_mm)).shape == (1, 3)


def test_a_voxel_of_another_frame_of_reference_is_not_drawn(study: Study, exam: ExamResult) -> None:
    def elsewhere(result: Any) -> Any:
        acquisition = dataclasses.replace(result.acquisition, frame_of_reference_uid="1.2.3")
        return dataclasses.replace(result, acquisition=acquisition)

    moved = elsewhere(exam.voxels[4])
    picture = overview(study, (*exam.voxels[:4], moved))
    assert picture is not None
    assert "L5-S1" not in [outline.label for outline in picture.outlines]
    assert picture.note == "Not cut by this slice: L5-S1."
    assert close_ups(study, moved) == ()


def test_a_study_without_images_or_places_says_so(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    bare = dataclasses.replace(study, volumes=())
    assert "no MR images" in content_of(bare, exam, protocol).summary.picture_absence
    lost = tuple(dataclasses.replace(a, voxel=None) for a in study.acquisitions)
    voxels = tuple(
        dataclasses.replace(v, acquisition=dataclasses.replace(v.acquisition, voxel=None)) for v in exam.voxels
    )
    content = content_of(
        dataclasses.replace(study, acquisitions=lost), dataclasses.replace(exam, voxels=voxels), protocol
    )
    assert "do not say where" in content.summary.picture_absence
    assert content.voxels[0].pictures == ()


def test_each_voxel_has_its_gates_amplitudes_and_steps(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    block = content_of(study, exam, protocol).voxels[3]
    assert "TE 30 ms, TR 1500 ms" in {item.value for item in block.items}
    assert "20.0 × 14.0 × 5.0 mm (1.4 mL)" in {item.value for item in block.items}
    assert "R 0.5, A 6.0, F 38.0 mm" in {item.value for item in block.items}
    assert "? unknown" in words(block.gates)
    assert "1.38 ± 0.04" in words(block.amplitudes)
    assert block.steps[1] == "align: Transients were aligned in frequency and phase. (drift 2.1 Hz)"
    assert "driver: acid" in block.result


def test_a_plane_that_was_not_acquired_is_resliced_with_its_voxel(study: Study, exam: ExamResult) -> None:
    """A stack that is bright inside the voxel and dark outside: so must the picture be, inside and outside the line."""
    result = exam.voxels[0]
    voxel = result.acquisition.voxel
    assert voxel is not None
    sagittal = study.volumes[0]
    slices, rows, columns = np.meshgrid(*(np.arange(n) for n in sagittal.pixels.shape), indexing="ij")
    points = np.stack([columns, rows, slices], axis=-1) @ sagittal.affine[:3, :3].T + sagittal.affine[:3, 3]
    inside = np.abs((points - np.asarray(voxel.centre_mm)) @ np.asarray(voxel.axes).T) <= np.asarray(voxel.size_mm) / 2
    bright = np.where(inside.all(axis=-1), 700.0, 100.0).astype(np.float32)
    one = dataclasses.replace(study, volumes=(dataclasses.replace(sagittal, pixels=bright),))
    pictures = close_ups(one, result)
    assert [picture.caption.split(",")[0] for picture in pictures] == ["T2 TSE SAG", "Axial", "Coronal"]
    assert pictures[1].edges == ("R", "L", "A", "P")
    assert pictures[2].edges == ("R", "L", "H", "F")
    for picture in pictures:
        (outline,) = picture.outlines
        row, column = np.indices(picture.pixels.shape)
        low, high = outline.polygon.min(axis=0), outline.polygon.max(axis=0)
        shown = picture.pixels > 128
        within = (column >= low[0] - 3) & (column <= high[0] + 3) & (row >= low[1] - 3) & (row <= high[1] + 3)
        assert shown.any()
        assert not (shown & ~within).any()
        middle = np.argwhere(shown).mean(axis=0)[::-1]
        assert np.abs(middle - outline.polygon.mean(axis=0)).max() < 2.5


def test_a_single_slice_shows_its_own_plane_only(study: Study, exam: ExamResult) -> None:
    sagittal = study.volumes[0]
    affine = sagittal.affine.copy()
    affine[:3, 3] += 5 * affine[:3, 2]
    alone = dataclasses.replace(sagittal, pixels=sagittal.pixels[5:6], affine=affine)
    assert len(close_ups(dataclasses.replace(study, volumes=(alone,)), exam.voxels[0])) == 1


def test_a_grid_has_pages_for_its_first_voxels_and_says_so(study: Study, exam: ExamResult) -> None:
    many = dataclasses.replace(exam, voxels=tuple(exam.voxels[i % 5] for i in range(100)), compares=False)
    content = content_of(study, many, load_protocol("brain"))
    assert len(content.voxels) == 24
    assert content.warnings[0].startswith("Only the first 24 of 100 voxels")
    assert content.summary.impression[1] == "The ratios of all voxels stand in the tables."
    numbers = next(section for section in content.sections if section.title == "Spectroscopy")
    assert all(len(table.rows) == 100 for table in numbers.tables)
