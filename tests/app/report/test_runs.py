"""Lines of every script: shaped, placed, and read back by another program as they were written."""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from app.report.fonts import REGULAR, register_fonts
from app.report.runs import clusters, missing_characters, runs, text_width
from app.report.stamp import StampText, stamp_pdf
from app.report.text import Style, draw_line, shortened, wrapped
from app.report.wording import clean
from tests.app.report.pdf_reading import page_texts, undefined_glyphs

LINES = {
    "adlam": "𞤀𞤣𞤤𞤢𞤥",
    "amharic": "አበበ^ቢቂላ",
    "arabic": "محمد^الأحمد",
    "arabic marks": "محمّد^لا",
    "armenian": "Վարդան",
    "bengali": "শ্রীকান্ত^চট্টোপাধ্যায়",
    "burmese": "အောင်ဆန်း^မြွှေ",
    "combining": "Z̈̌oe",
    "georgian": "გიორგი",
    "greek": "Ἀλέξανδρος",
    "gujarati": "ગુજરાતી^ક્ષમા",
    "hebrew": "שלום^דוד",
    "hebrew marks": "עִבְרִית^שׁלום",
    "hindi": "क्षितिज^श्रीवास्तव",
    "japanese": "山田^たろう^タロウ",
    "japanese variant": "葛\U000e0100城",
    "kannada": "ಕನ್ನಡ^ಕೃಷ್ಣ",
    "khmer": "ស្រីមុំ^សុខ",
    "korean": "김^민수",
    "lao": "ກິ່ງແກ້ວ",
    "malayalam": "ക്രിസ്ത്യൻ",
    "odia": "ଓଡ଼ିଆ^କୃଷ୍ଣ",
    "persian": "می\u200cخواهم",
    "punjabi": "ਗੁਰਪ੍ਰੀਤ^ਸਿੰਘ",
    "rare han": "䶮^㛃",
    "santali": "ᱥᱟᱱᱛᱟᱲᱤ",
    "simplified chinese": "欧阳^娜娜",
    "sinhala": "ශ්\u200dරී^ලංකා",
    "tamil": "தமிழ்ச்செல்வன்^கோ",
    "telugu": "తెలుగు^శ్రీ",
    "thaana": "ޑިވެހި",
    "thai": "น้ำใจ^สมชาย",
    "tibetan": "བསྒྲུབས་རྒྱལ",
    "traditional chinese": "歐陽^娜娜",
    "vietnamese": "Nguyễn^Văn Ộ",
}
_TURNING = "\u200e\u200f\u202a\u202b\u202c"
"""What poppler writes around text that runs right to left."""


def drawn(*lines: str) -> bytes:
    register_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, (500, 24 * len(lines) + 20), initialFontName=REGULAR, invariant=1)
    for number, line in enumerate(lines):
        draw_line(canvas, 10, 24 * (len(lines) - number), line, Style(12, 16))
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_name_has_all_its_glyphs(line: str) -> None:
    name = clean(line)
    assert name == unicodedata.normalize("NFC", line)
    assert not missing_characters(name)
    assert not undefined_glyphs(drawn(f"Patient: {name} (born 1970)"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext of poppler-utils")
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_another_program_reads_the_name_as_it_was_written(line: str, tmp_path: Path) -> None:
    name = clean(line)
    path = tmp_path / "line.pdf"
    path.write_bytes(drawn(f"Patient: {name} (born 1970)"))
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    assert name in "".join(character for character in text if character not in _TURNING)


def test_letters_are_joined_reordered_and_stacked() -> None:
    (devanagari,) = runs("क्षि")
    alone, after = runs("ि")[0].glyphs, devanagari.glyphs
    assert len(after) == 2  # the conjunct is one glyph, and the vowel sign is drawn in front of it
    assert after[0].start == 0
    assert alone
    joined, apart = (text_width(text, 10) for text in ("بب", "ب\u200cب"))
    assert joined < apart
    marked = next(run for run in runs("Z̈oe") if run.glyphs)
    assert marked.glyphs[1].dx != 0 or marked.glyphs[1].dy != 0


def test_numbers_beside_right_to_left_text_keep_their_order() -> None:
    assert "".join(run.shown for run in runs("דוד 12"))[:2] == "12"
    bracketed = [run.shown for run in runs("דוד (לוי) jr")]
    assert bracketed[0] == ")"  # turned by the font: what closes stands on the left
    assert bracketed[-1] == " jr"


def test_lines_are_cut_between_letters_never_inside_one() -> None:
    assert clusters("क्षिति") == ["क्षि", "ति"]
    style = Style(10, 12)
    word = "क्षितिश्री" * 12
    whole = clusters(word)
    lines = wrapped(word, 90, style)
    assert len(lines) > 1
    assert [cluster for line in lines for cluster in clusters(line)] == whole
    short = shortened(word, 90, style)
    assert text_width(short, 10) <= 90
    assert clusters(short[:-1]) == whole[: len(clusters(short[:-1]))]


def test_a_character_without_a_glyph_is_a_box_that_can_be_searched() -> None:
    assert missing_characters("Doe 𠮷\n𠮷 Jane") == ("𠮷",)
    assert missing_characters("Doe □ 12") == ()
    (box,) = runs("𠮷")
    assert (box.shown, box.exact) == ("□", "𠮷")


def test_the_same_line_gives_the_same_bytes_whatever_was_drawn_before() -> None:
    first = drawn(LINES["hindi"], LINES["arabic marks"])
    drawn(LINES["arabic"], "क्षत्रिय^मित्र", "شلال")
    assert drawn(LINES["hindi"], LINES["arabic marks"]) == first


def test_the_stamp_of_a_signature_shapes_names_too() -> None:
    when = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    stamp = stamp_pdf(StampText("டாக்டர் செல்வன்", "王小明 reviewed", when, demo=False, simulated=False), 260, 70)
    assert not undefined_glyphs(stamp)
    (text,) = page_texts(stamp)
    assert "Signed by டாக்டர் செல்வன்" in text
    assert "王小明 reviewed" in text


def test_pdfium_reads_them_too() -> None:
    (text,) = page_texts(drawn(*(LINES[key] for key in ("korean", "tamil", "japanese", "sinhala"))))
    for key in ("korean", "tamil", "japanese", "sinhala"):
        assert LINES[key] in text
