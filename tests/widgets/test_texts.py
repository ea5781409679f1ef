"""Texts can be translated: none is left out, each is well formed, and a translated window shows them."""

from __future__ import annotations

import ast
import importlib.util
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

from analysis.types import ExamResult, Study
from app.translation import load_translation
from widgets.main_window import MainWindow
from widgets.texts import plural, tr

ROOT = Path(__file__).resolve().parents[2]
SHOWN_BY = {
    "setText", "setToolTip", "setAccessibleName", "setAccessibleDescription", "setWindowTitle", "addTab", "addMenu",
    "addAction", "setPlaceholderText", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QAction",
    "set_status", "set_waiting", "setHorizontalHeaderLabels",
}  # fmt: skip
MARKERS = ("tr", "noop", "plural")
WORD = re.compile(r"[A-Za-z]{3,}")
PLAIN = ("Discern", "Ctrl+O", "Ctrl+Shift+O", "Pfirrmann", "Modic", "mmol", "Lac")


def sources() -> list[Path]:
    """The views and desks whose texts are marked: what has begun to be marked must be marked wholly.

    Those of report, signing and network are not yet.
    """
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
