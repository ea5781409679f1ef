"""Rules of the tree that no linter knows: data says where it comes from, and one command tests everything."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"
STATUSES = {"read", "derived", "unverified", "design choice"}
TEST_COMMAND = "python3 packaging/bootstrap.py test"
FOLDERS = ("protocols", "spins", "integration")
DATA_FILES = sorted(file for folder in FOLDERS for file in RESOURCES.glob(f"{folder}/*.toml"))


def holds_number(value: object) -> bool:
    """Whether a value is a number or a list with one in it; a table answers for itself."""
    if isinstance(value, list):
        return any(holds_number(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def unsourced(table: dict, path: tuple[str, ...] = (), covered: bool = False) -> Iterator[str]:
    """Yield the dotted name of every number that neither its table nor one above it accounts for.

    The document as a whole covers nothing: one source line on top cannot stand for every number below it.
    """
    if path and "source" in table and "status" in table:
        covered = True
        if table["status"] not in STATUSES or not str(table["source"]).strip():
            yield ".".join((*path, "status"))
    for key, value in table.items():
        if isinstance(value, dict):
            yield from unsourced(value, (*path, key), covered)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            for index, item in enumerate(value):
                yield from unsourced(item, (*path, f"{key}[{index}]"), covered)
        elif not covered and key != "schema" and holds_number(value):
            yield ".".join((*path, key))


@pytest.mark.parametrize("file", DATA_FILES, ids=lambda file: file.name)
def test_every_shipped_number_says_where_it_comes_from(file):
    assert list(unsourced(tomllib.loads(file.read_text(encoding="utf-8")))) == []


def test_there_is_data_to_check():
    assert {file.parent.name for file in DATA_FILES} == set(FOLDERS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[Lac]\nsource = "a paper"\nstatus = "read"\n[[Lac.groups]]\nppm = [1.3]', []),
        ("[Lac]\n[[Lac.groups]]\nppm = [1.3]", ["Lac.groups[0].ppm"]),
        ('source = "somewhere"\nstatus = "read"\n[gate]\nlimit = 5', ["gate.limit"]),
        ('[gate]\nsource = "a paper"\nstatus = "certain"\nlimit = 5', ["gate.status"]),
        ('[gate]\nsource = " "\nstatus = "read"\nlimit = 5', ["gate.status"]),
        ("apodisation_hz = 3.0", ["apodisation_hz"]),
        ('schema = 1\n[gate]\non = true\nname = "snr"', []),
    ],
)
def test_an_unsourced_number_is_found(text, found):
    assert list(unsourced(tomllib.loads(text))) == found


def test_ci_calls_the_command_the_readme_gives():
    script = ROOT / ".ci" / "run"
    assert f"exec {TEST_COMMAND}\n" in script.read_text(encoding="utf-8")
    assert TEST_COMMAND in (ROOT / "README.md").read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert os.access(script, os.X_OK)


def test_the_documents_point_at_files_that_exist():
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        assert [target for target in targets if not (ROOT / target).exists()] == [], name


@pytest.mark.parametrize("folder", ["analysis", "app", "widgets"])
def test_every_folder_of_code_is_a_package(folder):
    """import-linter does not look into a folder without __init__.py, so its imports would go unchecked."""
    folders = {file.parent for file in (ROOT / folder).rglob("*.py")}
    assert [str(path.relative_to(ROOT)) for path in folders if not (path / "__init__.py").exists()] == []


@pytest.mark.parametrize("folder", ["analysis", "app", "widgets"])
def test_no_qt_object_lives_at_module_scope(folder):
    """A Qt object that outlives the application crashes the interpreter on exit."""
    offenders = []
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            value = getattr(node, "value", None)
            if isinstance(value, ast.Call) and re.match(r"Q(t\w+\.)?Q\w|pg\.", ast.unparse(value.func)):
                offenders.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert offenders == []
