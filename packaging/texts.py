"""Collect the window's texts for translation: writes a Qt translation file (TS) for Qt Linguist and lrelease.

    python3 packaging/texts.py resources/translations/discern_de.ts de     # what is translated there already stays
    .venv/bin/pyside6-lrelease resources/translations/discern_de.ts

Uses the standard library only. Texts are the literals in `tr`, `noop` and `plural` of widgets/texts.py.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("app", "widgets")
CONTEXT = "discern"
_MARKERS = {"tr": 0, "noop": 0, "plural": 1}
"""Which argument of a marker is the text that is looked up."""


def marked(source: str) -> Iterator[tuple[str, bool]]:
    """Yield the marked texts of a module, each with whether it has plural forms."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _MARKERS:
            continue
        place = _MARKERS[node.func.id]
        if len(node.args) > place:
            text = node.args[place]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value, node.func.id == "plural"


def collect(root: Path = ROOT) -> dict[str, bool]:
    """Return all texts in the order of the files, each with whether it has plural forms."""
    found: dict[str, bool] = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            for text, numerus in marked(path.read_text(encoding="utf-8")):
                found[text] = found.get(text, False) or numerus
    return found


def write(path: Path, language: str, texts: Mapping[str, bool], known: Mapping[str, list[str]]) -> None:
    """Write a translation file; `known` holds what is translated, one text or all plural forms."""
    tree = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(tree, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text, numerus in texts.items():
        message = ET.SubElement(context, "message", {"numerus": "yes"} if numerus else {})
        ET.SubElement(message, "source").text = text
        translation = ET.SubElement(message, "translation")
        forms = known.get(text, [])
        if not forms:
            translation.set("type", "unfinished")
        if numerus:
            for form in forms or [""]:
                ET.SubElement(translation, "numerusform").text = form
        elif forms:
            translation.text = forms[0]
    ET.indent(tree)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ET.tostring(tree, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def read(path: Path) -> dict[str, list[str]]:
    """Return what a translation file holds; nothing where there is none."""
    if not path.is_file():
        return {}
    found: dict[str, list[str]] = {}
    for message in ET.parse(path).getroot().iter("message"):
        translation = message.find("translation")
        if translation is None:
            continue
        forms = [form.text or "" for form in translation.findall("numerusform")] or [translation.text or ""]
        if any(forms):
            found[message.findtext("source", "")] = forms
    return found


def main(arguments: list[str]) -> int:
    """Write or bring up to date one translation file."""
    if len(arguments) != 2:
        sys.stderr.write("Give the file to write and its language, for example discern_de.ts de.\n")
        return 2
    path, language = Path(arguments[0]), arguments[1]
    texts, known = collect(), read(path)
    write(path, language, texts, known)
    left = sum(text not in known for text in texts)
    sys.stdout.write(f"{path}: {len(texts)} texts, {left} of them to translate.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
