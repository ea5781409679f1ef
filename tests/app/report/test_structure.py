"""The report is tagged: what each piece of its pages is, in reading order, and nothing is left without a name."""

from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from analysis.protocol import Protocol
from analysis.types import ExamResult, Study
from app.report import layout, report_bytes
from app.report.content import report_content
from app.report.parts import Cell, Column, Table
from app.report.pdf import report_pdf
from app.report.structure import Element, Mark, Structure
from app.report.tables import bullet, table_parts
from tests.app.report.conftest import source_of


@pytest.fixture(scope="module")
def pdf(study: Study, exam: ExamResult, protocol: Protocol) -> bytes:
    return report_bytes(source_of(study, exam, protocol))


def nodes(node: Any) -> Iterator[Any]:
    """Give a node and all beneath it, in reading order."""
    yield node
    for kid in kids(node):
        yield from nodes(kid)


def kids(node: Any) -> list[Any]:
    held = node.get("/K", [])
    held = list(held) if isinstance(held, pikepdf.Array) else [held]
    return [kid for kid in held if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="needs pdfinfo of poppler-utils")
def test_another_program_reads_the_text_in_order(
    study: Study, exam: ExamResult, protocol: Protocol, tmp_path: Path
) -> None:
    """Of one voxel, because pdfinfo takes the longer for each page the more there are."""
    path = tmp_path / "report.pdf"
    path.write_bytes(report_bytes(source_of(study, dataclasses.replace(exam, voxels=exam.voxels[:1]), protocol)))
    info = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Tagged: +yes", info)
    text = subprocess.run(["pdfinfo", "-struct-text", path], capture_output=True, text=True, check=True).stdout
    order = [
        'H1 (block)\n    "MR spectroscopy report',
        'Lbl (block)\n        "Patient"',
        'P (block)\n    "Evidence for pain',
        'H2 (block)\n    "Impression"',
        "  Figure",
        'TH:\n         /Scope /Column\n        "Level"',
        'H2 (block)\n    "Exam record"',
        'H2 (block)\n    "L1-L2',
        'H2 (block)\n    "Methods, limits and sources"',
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "published figures is provocation discography" in text  # words stay apart where a line ends


def test_no_level_of_heading_is_left_out(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        kinds = [str(node.S) for node in nodes(document.Root.StructTreeRoot.K)]
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H\d", kind)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert {1, 2, 3} == set(levels)
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_every_table_has_a_head_and_rows_as_wide(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        tables = [node for node in nodes(document.Root.StructTreeRoot.K) if node.S == "/Table"]
        assert len(tables) > 10
        for table in tables:
            head, *rows = kids(table)
            assert {str(cell.S) for cell in kids(head)} == {"/TH"}
            assert all(cell.A.Scope == "/Column" for cell in kids(head))
            assert rows
            for row in rows:
                assert [str(cell.S) for cell in kids(row)] == ["/TD"] * len(kids(head))


def test_every_figure_has_words_in_its_place(pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        figures = [str(node.Alt) for node in nodes(document.Root.StructTreeRoot.K) if node.S == "/Figure"]
    assert any(words.startswith("MR image") and "L4-L5" in words for words in figures)
    assert any(words.startswith("Spectrum from") for words in figures)


def test_pages_and_tree_agree(pdf: bytes) -> None:
    """Each marked piece of a page has the one element that names it, and everything that is drawn is marked."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        root = document.Root.StructTreeRoot
        assert document.Root.MarkInfo.Marked
        numbers = list(root.ParentTree.Nums)
        parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for index, page in enumerate(document.pages):
            assert page.obj.StructParents == index
            pieces = list(marked_pieces(page))
            assert [number for number, _ in pieces] == list(range(len(parents[index])))
            assert [kind for _, kind in pieces] == [str(parent.S) for parent in parents[index]]


def marked_pieces(page: Any) -> Iterator[tuple[int, str]]:
    """Give number and kind of a page's pieces; fail where text or a picture stands outside them and of artifacts."""
    open_marks: list[str] = []
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name in ("BDC", "BMC"):
            kind = str(operands[0])
            is_piece = name == "BDC" and "/MCID" in operands[1]
            assert not is_piece or not open_marks, "marked pieces do not nest"
            open_marks.append(kind)
            if is_piece:
                yield int(operands[1].MCID), kind
        elif name == "EMC":
            open_marks.pop()
        elif name in ("Tj", "Do", "S", "f", "B", "s"):
            assert open_marks, (name, operands)
    assert not open_marks


def test_a_table_torn_over_pages_is_one_table_with_one_head() -> None:
    rows = tuple((Cell(f"row {number}"), Cell("value")) for number in range(40))
    parts = table_parts(Table("", (Column("name", 1), Column("value", 1)), rows), 400)
    canvas = _canvas()
    (grid,) = parts
    pieces = []
    while grid is not None:
        grid.wrap(400, 200)
        first, *rest = grid.split(400, 200)
        pieces.append(first)
        grid = rest[0] if rest else None
    assert len(pieces) > 2
    for piece in pieces:
        piece.wrap(400, 200)
        piece.drawOn(canvas, 0, 0)
        canvas.showPage()
    (table,) = canvas.structure.root.kids
    assert isinstance(table, Element)
    assert [row.kind for row in table.kids if isinstance(row, Element)] == ["TR"] * 41
    heads = [cell for row in table.kids for cell in row.kids if cell.kind == "TH"]
    assert len(heads) == 2


def test_points_that_follow_each_other_are_one_list() -> None:
    canvas = _canvas()
    for text in ("one", "two"):
        part = bullet(text)
        part.wrap(300, 100)
        part.drawOn(canvas, 0, 0)
    (points,) = canvas.structure.root.kids
    assert isinstance(points, Element)
    assert [kid.kind for kid in points.kids] == ["LI", "LI"]
    assert [piece.kind for piece in points.kids[1].kids] == ["Lbl", "LBody"]


def test_the_tree_is_the_same_each_time(study: Study, exam: ExamResult, protocol: Protocol) -> None:
    content = report_content(source_of(study, exam, protocol), signed=False)
    assert list(_flat(report_pdf(content)[1])) == list(_flat(report_pdf(content)[1]))


def _flat(element: Element) -> Iterator[tuple[str, str] | Mark]:
    yield element.kind, element.alternative
    for kid in element.kids:
        if isinstance(kid, Element):
            yield from _flat(kid)
        else:
            yield kid


def _canvas() -> Any:
    from reportlab.pdfgen.canvas import Canvas

    from app.report.fonts import REGULAR, register_fonts

    register_fonts()
    canvas = Canvas(io.BytesIO(), layout.SIZES["A4"], initialFontName=REGULAR)
    canvas.structure = Structure()
    return canvas
