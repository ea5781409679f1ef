"""Names of any kind are text: they are found in the file, and neither its pages nor its structure know them apart."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report import report_bytes
from app.report.runs import runs
from app.report.text import BODY, wrapped
from tests.app.report.conftest import source_of
from tests.app.report.pdf_reading import page_texts, undefined_glyphs

PLAIN = "Doe^Jane"
NAMES = {
    "markup": "<b>Doe</b>^<font color='white'>Jane",
    "entity": "Doe &amp; Doe & Sons^<",
    "image": "<img src='/etc/passwd'/>^Jane",
    "pdf syntax": "Doe) Tj ET Q BT (^\\052 endstream endobj",
    "hebrew": "שלום^דוד",
    "arabic": "محمد^بن علي",
    "mixed directions": "Levi לוי^Dan 12 דן (jr)",
    "override": "Doe\u202e^enaJ",
    "emoji": "Doe😀^Jane👩🏽‍⚕️",
    "combining": "Z" + "\u0301\u0300\u0302" * 20 + "oe^Jane",
    "japanese": "山田^太郎 やまだ タロウ",
    "chinese": "歐陽菲菲^王小明",
    "korean": "김철수^홍길동",
    "hindi": "राजेश्वरी^शर्मा क्षत्रिय",
    "tamil": "தமிழ்ச்செல்வன்^கோபால்",
    "thai": "สมชาย^ใจดี",
    "no font": "𠮷野^太郎",
    "64 marks": "क्षि" * 16,
    "64 wide": "W" * 64,
    "64 narrow": "i" * 64,
    "64 mixed": "<b>&" * 16,
}

PDFIUM_READS_OTHERWISE = ("override", "combining", "mixed directions", "emoji", "no font")
"""What is dropped on purpose, and what pdfium extracts in another order or not at all; poppler does."""


@pytest.fixture(scope="module")
def made(study: Study, exam: ExamResult, protocol: Protocol) -> dict[str, bytes]:
    one = dataclasses.replace(exam, voxels=exam.voxels[:1])

    def pdf(name: str) -> bytes:
        info = dataclasses.replace(study.info, patient_name=name)
        return report_bytes(source_of(dataclasses.replace(study, info=info), one, protocol))

    return {key: pdf(name) for key, name in {"plain": PLAIN, **NAMES}.items()}


def places(pdf: bytes) -> dict[str, list[tuple[int, ...]]]:
    """Return where fixed words stand on each page, in whole points."""
    document = pypdfium2.PdfDocument(pdf)
    found: dict[str, list[tuple[int, ...]]] = {}
    try:
        for number, page in enumerate(document):
            text = page.get_textpage()
            for word in ("Patient ID", "Impression", "Evidence for pain", "Exam record", "Quality gates", "Limits"):
                searcher = text.search(word)
                while (hit := searcher.get_next()) is not None:
                    rectangle = text.get_charbox(hit[0])
                    found.setdefault(word, []).append((number, *(round(edge) for edge in rectangle)))
                searcher.close()
            text.close()
            page.close()
    finally:
        document.close()
    return found


def structure(pdf: bytes) -> Counter[str]:
    """Count the kinds of objects in a file; fonts are left out, since another script brings another one."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        kinds = [
            f"{thing.get('/Type')} {thing.get('/Subtype')} {thing.get('/S')}"
            for thing in document.objects
            if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream)
        ]
        assert not any("/Annots" in page for page in document.pages)
    return Counter(kind for kind in kinds if "Font" not in kind and kind != "None None None")


@pytest.mark.parametrize("key", NAMES)
def test_no_name_moves_anything_or_adds_anything(made: dict[str, bytes], key: str) -> None:
    assert places(made[key]) == places(made["plain"])
    assert structure(made[key]) == structure(made["plain"])
    assert len(page_texts(made[key])) == len(page_texts(made["plain"]))


@pytest.mark.parametrize("key", [key for key in NAMES if key not in PDFIUM_READS_OTHERWISE])
def test_a_name_is_found_as_it_is_written(made: dict[str, bytes], key: str) -> None:
    first = page_texts(made[key])[0]
    for part in re.split(r"[\^ ]", NAMES[key]):
        assert part.replace("\u200d", "") in first, part


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext of poppler-utils")
@pytest.mark.parametrize("key", [key for key in NAMES if key not in ("override", "combining", "mixed directions")])
def test_another_program_finds_the_name_too(made: dict[str, bytes], key: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made[key])
    text = subprocess.run(["pdftotext", "-l", "1", path, "-"], capture_output=True, text=True, check=True).stdout
    for part in re.split(r"[\^ ]", unicodedata.normalize("NFC", NAMES[key]).replace("\u200d", "")):
        assert part in text, part


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="needs pdffonts of poppler-utils")
@pytest.mark.parametrize("key", ["plain", "arabic", "emoji", "chinese", "hindi"])
def test_another_program_finds_every_font_embedded(made: dict[str, bytes], key: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made[key])
    lines = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert lines
    for line in lines:
        embedded, subset = line.split()[-5:-3]
        assert (embedded, subset) == ("yes", "yes"), line


@pytest.mark.parametrize("key", NAMES)
def test_every_character_has_a_glyph_or_the_page_says_which_has_none(made: dict[str, bytes], key: str) -> None:
    assert not undefined_glyphs(made[key])
    said = "which the fonts lack" in page_texts(made[key])[0]
    assert said == (key in ("emoji", "no font"))


def test_the_page_names_the_character_that_no_font_has(made: dict[str, bytes]) -> None:
    assert "□ stands for U+20BB7, which the fonts lack." in page_texts(made["no font"])[0]
    assert "U+1F469, U+1F3FD" in page_texts(made["emoji"])[0]


def test_the_bytes_do_not_depend_on_reports_made_before(made: dict[str, bytes], study, exam, protocol) -> None:
    one = dataclasses.replace(exam, voxels=exam.voxels[:1])
    info = dataclasses.replace(study.info, patient_name=NAMES["hindi"])
    source = source_of(dataclasses.replace(study, info=info), one, protocol)
    assert report_bytes(source) == made["hindi"]


@pytest.mark.parametrize(
    ("text", "glyphs"),
    [("क्ष", 1), ("শ্রী", 2), ("ที่", 3)],
    ids=["one ligature", "ligature and vowel sign", "stacked marks"],
)
def test_letters_join_as_their_script_wants(text: str, glyphs: int) -> None:
    """The number of glyphs is what the scripts' rules ask for, not what the characters count."""
    (run,) = runs(text)
    assert run.exact == text
    assert len(run.glyphs) == glyphs


def test_marks_stand_above_their_letter() -> None:
    (run,) = runs("ที่")
    assert [round(glyph.advance) for glyph in run.glyphs[1:]] == [0, 0]


def test_a_line_never_begins_with_a_mark() -> None:
    lines = wrapped("क्षि" * 30, 60, BODY)
    assert len(lines) > 3
    assert "".join(lines) == "क्षि" * 30
    assert not any(unicodedata.category(line[0]).startswith("M") for line in lines)
