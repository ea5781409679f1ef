"""Names of any kind are text: they are found in the file, and neither its pages nor its structure know them apart."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report import report_bytes
from tests.app.report.conftest import source_of
from tests.app.report.pdf_reading import page_texts

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
    "han": "山田^太郎",
    "64 wide": "W" * 64,
    "64 narrow": "i" * 64,
    "64 mixed": "<b>&" * 16,
}

PDFIUM_READS_OTHERWISE = ("override", "combining", "mixed directions", "emoji")
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
        kept = part.replace("\u200d", "")
        assert kept in first or kept[::-1] in first, part


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext of poppler-utils")
@pytest.mark.parametrize("key", ["plain", "markup", "entity", "64 wide", "hebrew", "han", "emoji"])
def test_another_program_finds_the_name_too(made: dict[str, bytes], key: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made[key])
    text = subprocess.run(["pdftotext", "-l", "1", path, "-"], capture_output=True, text=True, check=True).stdout
    name = {"plain": PLAIN, **NAMES}[key].replace("\u200d", "")
    for part in re.split(r"[\^ ]", name):
        assert part in text or part[::-1] in text, part


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="needs pdffonts of poppler-utils")
@pytest.mark.parametrize("key", ["plain", "arabic", "emoji"])
def test_another_program_finds_every_font_embedded(made: dict[str, bytes], key: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made[key])
    lines = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert lines
    for line in lines:
        embedded, subset = line.split()[-5:-3]
        assert (embedded, subset) == ("yes", "yes"), line
