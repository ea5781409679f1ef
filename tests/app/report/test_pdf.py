from __future__ import annotations

import dataclasses
import io
import re

import pikepdf
import pypdfium2
import pytest

from analysis.exam_record import ExamRecord
from analysis.protocol import Protocol
from analysis.reading import Reading
from analysis.types import ExamResult, Study
from app.report import report_bytes
from app.report.content import report_content
from app.report.pdf import report_pdf
from app.resource_files import load_protocol
from tests.app.report.conftest import source_of
from tests.app.report.pdf_reading import fonts_without_file, page_texts, whole_text


def drawn(study: Study, exam: ExamResult, protocol: Protocol) -> bytes:
    return report_pdf(report_content(source_of(study, exam, protocol), signed=False))[0]


def first_page(study: Study, exam: ExamResult, protocol: Protocol, name: str) -> tuple[bytes, str]:
    """Draw the report of one voxel under another patient's name; return it with the text of its first page."""
    renamed = dataclasses.replace(study, info=dataclasses.replace(study.info, patient_name=name))
    pdf = drawn(renamed, dataclasses.replace(exam, voxels=exam.voxels[:1]), protocol)
    return pdf, page_texts(pdf)[0]


def test_every_page_says_who_when_which_page_and_what_it_is_for(draft: bytes) -> None:
    texts = page_texts(draft)
    for number, text in enumerate(texts, 1):
        assert "Demo^Simulated · ID H00003" in text
        assert "2026-09-14" in text
        assert f"Page {number} of {len(texts)}" in text
        assert "Research use only" in text
        assert "SIMULATED DATA" in text
        assert "Unsigned draft" in text


def test_the_first_page_holds_the_whole_summary(draft: bytes, protocol: Protocol) -> None:
    first = page_texts(draft)[0]
    for words in (
        "1978-05-03",
        "female",
        "A0001",
        "3.9 [2.2–4.1]",
        "▲ higher",
        "66 % [52–67]",
        "4 of 5 discs evaluable",
        "p = 0.003",
        "Lac/PG, molar",
        "1.94 ± 0.05",
        "L3-L4: not evaluable. The signal-to-noise",
        "T2 TSE SAG",
    ):
        assert words in first, words
    assert " ".join(protocol.statement.split()) in first
    assert "✓ 4 of 6 pass; lipid index" in first


def test_evidence_and_methods_follow(draft: bytes, protocol: Protocol) -> None:
    texts = page_texts(draft)
    first = next(n for n, text in enumerate(texts) if n and "Chemical shift (ppm)" in text)
    for number, label in enumerate(("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"), first):
        assert label in texts[number]
        assert "Chemical shift (ppm)" in texts[number]
        assert "Processing, in order" in texts[number]
    last = " ".join(texts[first + 5 :])
    assert protocol.sha256 in last
    assert "design choice" in last
    assert "Files that were not used" in last
    for limit in protocol.limits:
        assert limit.split(":")[0] in last


def test_the_same_reading_gives_the_same_bytes(
    draft: bytes, study: Study, exam: ExamResult, protocol: Protocol, results: bytes
) -> None:
    again = report_bytes(source_of(study, exam, protocol, results))
    assert again == draft


def test_every_font_is_embedded(draft: bytes, signed: bytes) -> None:
    assert fonts_without_file(draft) == []
    assert fonts_without_file(signed) == []


def test_title_language_and_dates_are_set(draft: bytes) -> None:
    with pikepdf.open(io.BytesIO(draft)) as document:
        assert str(document.Root.Lang) == "en-GB"
        assert str(document.docinfo["/Title"]) == "MR spectroscopy report: Disc protocol 1"
        assert str(document.docinfo["/CreationDate"]) == "D:20261120220000+00'00'"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert "Demo" not in str(dict(document.docinfo))
        with document.open_outline() as outline:
            titles = [item.title for item in outline.root]
    assert titles[:2] == ["Exam record", "Technique"]
    assert titles[titles.index("L1-L2") + 1] == "L2-L3"


def test_nothing_is_drawn_outside_the_page_and_all_of_it_is_grey(draft: bytes) -> None:
    document = pypdfium2.PdfDocument(draft)
    try:
        for page in document:
            image = page.render(scale=1.0).to_pil().convert("RGB")
            red, green, blue = image.split()
            assert red.tobytes() == green.tobytes() == blue.tobytes()
            edge = image.crop((0, 0, 20, image.height)).convert("L").getextrema()
            assert edge == (255, 255)
            page.close()
    finally:
        document.close()


@pytest.mark.parametrize(
    "name",
    [
        "<img src='/etc/passwd'/>Doe^Jane",
        "<a href='javascript:alert(1)'>Doe</a>^Jane",
        "</para><b>Doe^Jane",
        "<font color='white'>Doe^Jane",
        "&amp;&#x41;Doe^Jane",
    ],
)
def test_markup_in_a_name_is_plain_text(study: Study, exam: ExamResult, protocol: Protocol, name: str) -> None:
    pdf, first = first_page(study, exam, protocol, name)
    assert name in first
    assert "Limits" in whole_text(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert not any("/Annots" in page for page in document.pages)


@pytest.mark.parametrize("name", ["山田^太郎=ヤマダ^タロウ", "محمد^بن علي", "שלום^דוד", "Ελένη^Иван", "हिन्दी^नाम"])
def test_names_of_any_script_are_drawn_and_found(study: Study, exam: ExamResult, protocol: Protocol, name: str) -> None:
    _, first = first_page(study, exam, protocol, name)
    for part in re.split(r"[\^= ]", name):
        assert part in first or part[::-1] in first, part


def test_characters_beyond_the_first_plane_do_not_crash(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    _, first = first_page(study, exam, protocol, "\U0001f600\U00020bb7^Doe")
    assert "^Doe" in first


def test_a_character_without_a_glyph_is_explained(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    assert "□ stands for U+182E, U+1823, U+1829 and " in first_page(study, exam, protocol, "ᠮᠣᠩᠭᠣᠯ^བོད")[1]
    assert "□ stands for" not in first_page(study, exam, protocol, "Ελένη")[1]


def test_controls_and_overrides_are_dropped(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    _, first = first_page(study, exam, protocol, "Do\x00e\x1b^\u202eJane\u2066\n")
    assert "Doe^Jane" in first


def test_overlong_texts_wrap_and_nothing_crashes(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    info = dataclasses.replace(
        study.info, patient_name="W" * 5000, patient_id="9" * 5000, study_description="long words " * 500
    )
    wordy = ("Because. " * 200,) * 20
    voxels = tuple(
        dataclasses.replace(v, quality=dataclasses.replace(v.quality, evaluable=False, reasons=wordy))
        for v in exam.voxels
    )
    pdf = drawn(dataclasses.replace(study, info=info), dataclasses.replace(exam, voxels=voxels), protocol)
    assert len(page_texts(pdf)) >= 8


@pytest.mark.parametrize("count", [0, 1, 12])
def test_any_number_of_voxels_fits(study: Study, exam: ExamResult, protocol: Protocol, count: int) -> None:
    voxels = tuple(exam.voxels[i % 5] for i in range(count))
    texts = page_texts(drawn(study, dataclasses.replace(exam, voxels=voxels), protocol))
    assert f"of {count} discs evaluable" in texts[0]
    assert len(texts) > count


def test_the_spectrum_of_a_single_voxel_is_on_the_first_page(study: Study, exam: ExamResult) -> None:
    voxel = dataclasses.replace(exam.voxels[3], evidence=None)
    brain = dataclasses.replace(exam, voxels=(voxel,), compares=False, evaluable=1, contrast_p=None)
    texts = page_texts(drawn(study, brain, load_protocol("brain")))
    assert "Chemical shift (ppm)" in texts[0]
    assert "fitted signals" not in texts[0]
    assert any("fitted signals" in text for text in texts[1:])


def test_a_voxel_without_a_fit_still_has_its_page(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    quality = dataclasses.replace(exam.voxels[0].quality, evaluable=False, gates=(), reasons=("The signal is empty.",))
    bare = dataclasses.replace(
        exam.voxels[0], fit=None, spectrum=None, metabolites={}, ratios={}, evidence=None, quality=quality
    )
    texts = page_texts(drawn(study, dataclasses.replace(exam, voxels=(bare, *exam.voxels[1:])), protocol))
    text = next(text for text in texts if "There is no fitted" in text)
    assert "The signal is empty." in text
    assert "There is no fitted spectrum to show." in text


def test_an_overlong_record_and_many_series_fit_their_pages(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    record = ExamRecord(
        indication="pain " * 2000,
        icd10=("M51.36",) * 500,
        prior_care="W" * 5000,
        authorisation_number="9" * 5000,
        screen_detail="clip " * 2000,
        left_out={f"T{i}-T{i + 1}": "motion " * 200 for i in range(60)},
    )
    series = tuple(dataclasses.replace(study.volumes[0], description=f"T2 {i} " * 40) for i in range(150))
    reading = Reading(record=record, impression="{L4-L5 LR} and so on. " * 500)
    source = source_of(dataclasses.replace(study, volumes=series), exam, protocol, reading=reading)
    texts = page_texts(report_pdf(report_content(source, signed=False))[0])
    assert "and 48 more" in " ".join(texts)
    assert "and 138 more" in " ".join(texts)
