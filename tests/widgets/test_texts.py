"""Texts can be translated: none is left out, each is well formed, and a translated window shows them."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import PySide6
import pytest
from PySide6 import QtCore, QtWidgets
from pytestqt.qtbot import QtBot

from analysis.exam_record import ExamRecord
from analysis.reading import Reading, VoxelReading, voxel_key
from analysis.types import ExamResult, FitSettings, Study
from analysis.voxel_settings import VoxelSettings
from app.outputs import exam_bytes
from app.report.content import report_content
from app.report_changes import report_changes
from app.resource_files import load_protocol
from app.translation import load_translation
from tests.app.report.conftest import source_of
from tests.samples import sample_exam, sample_study
from widgets.main_window import MainWindow
from widgets.network_window import NetworkWindow
from widgets.report_verify_view import ReportVerifyView
from widgets.report_workspace import ReportWorkspace
from widgets.texts import plural, tr

ROOT = Path(__file__).resolve().parents[2]
SHOWN_BY = {
    "setText", "setToolTip", "setAccessibleName", "setAccessibleDescription", "setWindowTitle", "addTab", "addMenu",
    "addAction", "setPlaceholderText", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QAction",
    "set_status", "set_waiting", "setHorizontalHeaderLabels",
}  # fmt: skip
MARKERS = ("tr", "noop", "plural")
NO_VIEW = {"theme", "disc_csv", "volume_scene"}
"""Style sheets, the columns of a file, and why a scene cannot be drawn, which its view says in other words."""
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;]? +[A-Za-z]{2,}|^&?[A-Z][a-z&]{2,}")
"""Two words, or one with a capital letter."""
KEYS = re.compile(r"^(Ctrl|Shift|Esc|Space|Return|Enter|Home|End|Down|Up|Backspace|Tab)\b")
STYLE = re.compile(r"(border|color|padding|background)[-a-z]*:|^<")
DATA = {
    "Discern", "not met", "not documented", "not recorded", "not evaluable", "open study", "given up", "lower end",
    "discern text ", "Window: ", "Images", "Spectrum", "DiscModel", "DiscOrder", "ModelIndex", "DiscTable",
    "VoxelTable", "Phase back by 1°", "Phase on by 1°", "Phase back by 10°", "Phase on by 10°", "Flip left to right",
    "Flip top to bottom", "Invert", "Show or hide the linked cursor", "Outline the nucleus", "Window presets",
    "Whole slice in its own window", "Maximise or restore the pane",
}  # fmt: skip
"""Values that the program compares, and names of commands, which are marked where their table stands."""
WORD = re.compile(r"[A-Za-z]{3,}")
PLAIN = ("Discern", "Ctrl+O", "Ctrl+Shift+O", "Pfirrmann", "Modic", "mmol", "Lac")


def sources() -> list[Path]:
    """The views and desks whose texts are marked: what has begun to be marked must be marked wholly."""
    every = [path for folder in ("widgets", "app") for path in sorted((ROOT / folder).glob("*.py"))]
    return [path for path in every if "from widgets.texts import" in path.read_text(encoding="utf-8")]


def test_the_reading_room_is_marked() -> None:
    marked = {path.stem for path in sources()}
    assert {"main_window", "slice_menu", "spectrum_view", "fit_panel", "disc_table", "morphology_panel"} <= marked
    assert len(marked) > 60


def name_of(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def bare_words(node: ast.AST) -> Iterator[str]:
    """The words in literals of an expression that no marker holds."""
    if isinstance(node, ast.Call) and name_of(node) in (*MARKERS, "mark", "join", "replace", "strftime", "key"):
        return
    if isinstance(node, ast.Compare | ast.Subscript):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (word for word in WORD.findall(node.value) if word not in PLAIN)
        return
    if isinstance(node, ast.FormattedValue):
        yield from bare_words(node.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from bare_words(child)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_no_text_that_is_shown_is_left_out(path: Path) -> None:
    missed = [
        (node.lineno, word)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and name_of(node) in SHOWN_BY
        for argument in node.args
        for word in bare_words(argument)
    ]
    assert missed == []


def views() -> list[Path]:
    return [path for path in sorted((ROOT / "widgets").glob("*.py")) if path.stem not in NO_VIEW]


def desks() -> list[Path]:
    """The modules that speak to the reader for their views."""
    more = ("session", "keeping", "live_refit", "report_state", "report_preview", "report_pages", "window_report")
    return [*sorted((ROOT / "app").glob("*_desk.py")), *(ROOT / "app" / f"{name}.py" for name in more)]


def unmarked(node: ast.AST, *, but: tuple[str, ...] = ()) -> Iterator[tuple[int, str]]:
    """All literals beneath a node that no marker holds, apart from docstrings and what is handed to `but`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    elif isinstance(node, ast.Call) and name_of(node) in (*MARKERS, *but):
        for keyword in node.keywords:
            yield from unmarked(keyword.value, but=but)
    elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        for child in ast.iter_child_nodes(node):
            yield from unmarked(child, but=but)


@pytest.mark.parametrize("path", views(), ids=lambda path: path.stem)
def test_no_view_has_words_that_are_not_marked(path: Path) -> None:
    missed = [
        (line, text)
        for line, text in unmarked(ast.parse(path.read_text(encoding="utf-8")))
        if SENTENCE.search(text) and not KEYS.match(text) and not STYLE.search(text) and text not in DATA
    ]
    assert missed == []


NOT_SHOWN = ("AuditEvent", "report_written", "setDocName")
"""What is handed to these stays English: the audit trail, and the name of a print job."""


@pytest.mark.parametrize("path", desks(), ids=lambda path: path.stem)
def test_no_desk_has_sentences_that_are_not_marked(path: Path) -> None:
    """Names of jobs and events of the audit trail are no sentences: they begin with a small letter."""
    missed = [
        (line, text)
        for line, text in unmarked(ast.parse(path.read_text(encoding="utf-8")), but=NOT_SHOWN)
        if re.match(r"&?[A-Z][a-z&]", text) and not KEYS.match(text) and text not in DATA
    ]
    assert missed == []


def marker_calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("app", "widgets"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name == "texts.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
                    yield f"{path.name}:{node.lineno}", node


def test_every_text_is_a_literal_and_its_values_have_the_names_that_stand_in_it() -> None:
    wrong = []
    for where, call in marker_calls():
        count = {"plural": 2}.get(call.func.id, 1)  # type: ignore[attr-defined]
        texts = call.args[:count]
        if any(isinstance(text, ast.JoinedStr | ast.BinOp) for text in texts):
            wrong.append((where, "a text that is put together cannot be looked up"))
        given = {keyword.arg for keyword in call.keywords} | ({"n"} if count == 2 else set())
        for text in texts:
            if not (isinstance(text, ast.Constant) and call.keywords):
                continue
            named = {name for _, name, _, _ in string.Formatter().parse(text.value) if name}
            if not named <= given or (count == 1 and named != given):
                wrong.append((where, f"{sorted(named)} against {sorted(given)}"))
    assert wrong == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_no_text_is_translated_before_the_language_is_known(path: Path) -> None:
    """Module level and default values are computed when the program starts to import; only `noop` may stand there."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    inside = {id(node) for function in functions for part in _bodies(function) for node in ast.walk(part)}
    early = [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and name_of(node) in ("tr", "plural") and id(node) not in inside
    ]
    assert early == []


def _bodies(function: ast.FunctionDef | ast.Lambda) -> list[ast.AST]:
    return list(function.body) if isinstance(function, ast.FunctionDef) else [function.body]


def test_a_text_without_a_translation_is_english(qapp: QtWidgets.QApplication) -> None:
    assert tr("Fitted {count} of {all}", count=1, all=2) == "Fitted 1 of 2"
    assert plural("1 file in {folder}", "{n} files in {folder}", 1, folder="a") == "1 file in a"
    assert plural("1 file in {folder}", "{n} files in {folder}", 3, folder="a") == "3 files in a"


# --- a made-up language ----------------------------------------------------------------------------------------------

LETTERS = str.maketrans("aeiouAEIOU", "àéîõüÀÉÎÕÜ")


def pseudo(text: str) -> str:
    """The text with accents, its placeholders as they are."""
    parts = re.split(r"(\{[^}]*\})", text)
    return "[" + "".join(part if part.startswith("{") else part.translate(LETTERS) for part in parts) + "]"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("texts_tool", ROOT / "packaging" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pseudo_language(tool: ModuleType, qapp: QtWidgets.QApplication, tmp_path: Path) -> Iterator[None]:
    """All texts of the window in a made-up language, compiled as a translator would do it."""
    release = Path(PySide6.__file__).parent / "lrelease"
    if not release.is_file():
        pytest.skip("lrelease of PySide6 is not here")
    texts = tool.collect()
    known = {text: [pseudo(text)] * (2 if numerus else 1) for text, numerus in texts.items()}
    known["{n:,} files"] = ["[one fîlé]", "[{n:,} fîlés]"]
    tool.write(tmp_path / "discern_de.ts", "de", texts, known)
    assert tool.read(tmp_path / "discern_de.ts") == known
    subprocess.run([release, tmp_path / "discern_de.ts"], check=True, capture_output=True)
    installed = load_translation(qapp, "de", tmp_path)
    assert installed
    yield
    for translator in installed:
        qapp.removeTranslator(translator)


def test_the_tool_finds_the_texts_of_the_window(tool: ModuleType) -> None:
    texts = tool.collect()
    assert len(texts) > 500
    assert {"Open &folder…", "Likelihood ratio", "Flip left to right", "Opening the study"} <= set(texts)
    assert texts["{n:,} files"]


def test_a_translated_window_shows_translated_texts(
    pseudo_language: None, qtbot: QtBot, study: Study, exam: ExamResult
) -> None:
    window = MainWindow(("disc",))
    qtbot.addWidget(window)
    menus = [action.text() for action in window.menuBar().actions()]
    assert "[&Réàdîng]" in menus
    assert window.discs.copy_button.text() == "[Cõpy tàblé]"
    window.discs.set_exam(study.acquisitions, exam, ("Lac/PG",), (0.33,))
    headers = [
        str(window.discs.model.headerData(at, QtCore.Qt.Orientation.Horizontal))
        for at in range(window.discs.model.columnCount())
    ]
    assert "[Lîkélîhõõd ràtîõ]" in headers
    assert (
        window.discs.model.index(0, window.discs.model.column_of("lr"))
        .data(QtCore.Qt.ItemDataRole.ToolTipRole)
        .startswith("[Hõw màny")
    )
    assert window.undo_action.text() == "[&Ündõ]"
    assert "Undo" in window.commands.keys  # settings know commands by names that no language changes
    titles = {command.name: command.title for command in window.commands.all}
    assert titles["Images: Invert"] == "[Ìmàgés]: [Ìnvért]".replace("Ì", "Î")
    left = [
        label.text()
        for label in window.findChildren(QtWidgets.QLabel)
        if WORD.search(label.text()) and "[" not in label.text()
    ]
    assert [text for text in left if not re.match(r"L\d|T\d|[A-Z][a-z]{0,3}/", text)] == []


def test_the_rooms_of_report_and_network_are_translated(pseudo_language: None, qtbot: QtBot) -> None:
    report, network, check = ReportWorkspace(), NetworkWindow(), ReportVerifyView()
    report.record.set_record(ExamRecord(left_out={"L1-L2": "motion"}), ("L1-L2", "L2-L3"))
    report.amendment.set_amendment("a reason", begun=True)
    report.amendment.set_changes(())
    for room in (report, network, check):
        qtbot.addWidget(room)
        shown = [label.text() for label in room.findChildren(QtWidgets.QLabel)]
        shown += [button.text() for button in room.findChildren(QtWidgets.QAbstractButton)]
        shown += [button.toolTip() for button in room.findChildren(QtWidgets.QAbstractButton)]
        shown += [edit.placeholderText() for edit in room.findChildren(QtWidgets.QLineEdit)]
        every = (room, *room.findChildren(QtWidgets.QWidget))
        # The buttons in a tab bar are Qt's.
        shown += [one.accessibleName() for one in every if not isinstance(one.parent(), QtWidgets.QTabBar)]
        for tabs in room.findChildren(QtWidgets.QTabWidget):
            shown += [tabs.tabText(at) for at in range(tabs.count())]
        assert [text for text in shown if WORD.search(text) and "[" not in text] == []
        assert len([text for text in shown if "[" in text]) > 10


def test_reports_are_english_in_every_language(pseudo_language: None) -> None:
    study, exam = sample_study(), sample_exam()
    key = voxel_key(exam.voxels[0].acquisition)
    turned = VoxelReading(VoxelSettings(fit=FitSettings(phase0_rad=0.1, left_out=("Tau",))))
    reading = Reading(voxels={key: turned})
    source = source_of(study, exam, load_protocol("disc"), reading=reading)
    (lines,) = [s.lines for s in report_content(source, signed=False).sections if s.title == "Changed by the reader"]
    assert lines == ("L1-L2: zero-order phase +5.7°, without Tau.", "L1-L2: the reader gave no reason.")
    before, after = (json.loads(exam_bytes(study, exam, one)) for one in (Reading(), reading))
    assert report_changes(before, after, {key: "L1-L2"}) == ("L1-L2: zero-order phase +5.7°, without Tau",)
    assert tr("Copy table") == "[Cõpy tàblé]"


def test_plural_forms_are_those_of_the_language(pseudo_language: None) -> None:
    assert plural("1 file", "{n:,} files", 1) == "[one fîlé]"
    assert plural("1 file", "{n:,} files", 1012) == "[1,012 fîlés]"


def test_a_translation_with_wrong_names_costs_no_sentence(qapp: QtWidgets.QApplication) -> None:
    class Wrong(QtCore.QTranslator):
        def translate(self, *_: object) -> str:
            return "{nobody}"

        def isEmpty(self) -> bool:
            return False

    wrong = Wrong()
    qapp.installTranslator(wrong)
    try:
        assert tr("Fitted {count} of {all}", count=1, all=2) == "Fitted 1 of 2"
    finally:
        qapp.removeTranslator(wrong)


def test_without_a_translation_of_the_window_nothing_is_installed(qapp: QtWidgets.QApplication, tmp_path: Path) -> None:
    assert load_translation(qapp, "de", tmp_path) == []
