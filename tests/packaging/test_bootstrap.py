"""The parts of bootstrap.py that decide; nothing here installs, downloads or opens a window."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "bootstrap.py"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(bootstrap, tmp_path, monkeypatch) -> Path:
    """An empty project that bootstrap takes for its own."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "discern-stamp.txt")
    monkeypatch.setattr(bootstrap, "STUDY", tmp_path / "demo-study")
    monkeypatch.setattr(bootstrap, "RESULTS", tmp_path / "demo-results")
    return tmp_path


@pytest.fixture
def calls(bootstrap, monkeypatch) -> list[list[str]]:
    """Record the programs bootstrap would start quietly; each succeeds."""
    made: list[list[str]] = []

    def record(command):
        made.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap, "call_quietly", record)
    return made


# --- the script itself


def test_old_python_can_parse_the_script_and_so_reach_its_one_sentence():
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_only_the_standard_library_is_imported():
    imported = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= sys.stdlib_module_names


def test_no_task_prints_the_usage_and_touches_nothing(bootstrap, calls, capsys):
    assert bootstrap.main([]) == 2
    assert "bootstrap.py run" in capsys.readouterr().out
    assert calls == []


# --- system libraries


def test_installed_packages_counts_what_is_installed_and_what_that_provides(bootstrap):
    listing = (
        "ii |libegl1|\n"
        "rc |libgl1|\n"
        "ii |libglib2.0-0t64|libglib2.0-0 (= 2.80.0-6), libglib2.0-bin-stub\n"
        "un |xvfb|xserver\n"
    )
    assert bootstrap.installed_packages(listing) == {
        "libegl1", "libglib2.0-0t64", "libglib2.0-0", "libglib2.0-bin-stub"
    }  # fmt: skip


def test_only_the_tests_want_a_virtual_display(bootstrap):
    assert "xvfb" not in bootstrap.wanted_packages("run", None)
    assert {"xvfb", "poppler-utils"} < set(bootstrap.wanted_packages("test", None))
    assert bootstrap.wanted_packages("run", "python3.11-venv")[-1] == "python3.11-venv"


def install(bootstrap, monkeypatch, *, present: set[str], root: bool, sudo: bool = False) -> None:
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap, "installed_packages", lambda listing: present)
    monkeypatch.setattr(bootstrap, "missing_venv_package", lambda: None)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0 if root else 1000, raising=False)
    monkeypatch.setattr(bootstrap, "can_sudo", lambda: sudo)
    bootstrap.install_system_packages("run")


def test_nothing_is_run_where_everything_is_installed(bootstrap, calls, monkeypatch):
    install(bootstrap, monkeypatch, present=set(bootstrap.QT_PACKAGES), root=True)
    assert [command[0] for command in calls] == ["dpkg-query"]


def test_root_installs_exactly_what_is_missing(bootstrap, calls, monkeypatch):
    install(bootstrap, monkeypatch, present=set(bootstrap.QT_PACKAGES) - {"libgl1", "libegl1"}, root=True)
    update, fetch = calls[1:]
    assert update[0] == "env"
    assert update[-1] == "update"
    assert fetch[-5:] == ["install", "-y", "--no-install-recommends", "libegl1", "libgl1"]


def test_sudo_is_never_asked_for_a_password(bootstrap, calls, monkeypatch):
    install(bootstrap, monkeypatch, present=set(), root=False, sudo=True)
    assert all(command[:3] == ["sudo", "-n", "env"] for command in calls[1:])


def test_without_rights_the_one_line_is_printed_and_nothing_run(bootstrap, calls, monkeypatch, capsys):
    install(bootstrap, monkeypatch, present=set(bootstrap.QT_PACKAGES) - {"libgl1"}, root=False)
    assert [command[0] for command in calls] == ["dpkg-query"]
    assert "  sudo apt-get install --no-install-recommends libgl1\n" in capsys.readouterr().err


def test_one_unknown_package_does_not_keep_the_others_out(bootstrap, monkeypatch, capsys):
    fetched = []

    def apt_get(command):
        packages = command[command.index("--no-install-recommends") + 1 :] if "install" in command else []
        refused = "libgl1" in packages
        if not refused:
            fetched.extend(packages)
        return subprocess.CompletedProcess(command, 100 if refused else 0, "", "E: Unable to locate package libgl1")

    monkeypatch.setattr(bootstrap, "call_quietly", apt_get)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(bootstrap, "can_sudo", lambda: False)
    bootstrap.apt_install(["libegl1", "libgl1", "xvfb"])
    assert fetched == ["libegl1", "xvfb"]
    assert capsys.readouterr().err.endswith("install --no-install-recommends libgl1\n")


def test_a_linux_without_apt_is_told_what_to_install_once(bootstrap, tree, calls, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    bootstrap.install_system_packages("run")
    assert "no apt-get" in capsys.readouterr().err
    bootstrap.STAMP.parent.mkdir()
    bootstrap.STAMP.touch()
    bootstrap.install_system_packages("run")
    assert capsys.readouterr().err == ""
    assert calls == []


# --- the environment


def test_the_stamp_changes_with_whatever_makes_an_environment_stale(bootstrap):
    base = bootstrap.stamp_text(b"a", "3.11.7", Path("/one"))
    assert base == bootstrap.stamp_text(b"a", "3.11.7", Path("/one"))
    others = {
        bootstrap.stamp_text(b"b", "3.11.7", Path("/one")),
        bootstrap.stamp_text(b"a", "3.12.1", Path("/one")),
        bootstrap.stamp_text(b"a", "3.11.7", Path("/two")),
    }
    assert len({base, *others}) == 4


def test_interpreter_paths(bootstrap, tree):
    assert bootstrap.venv_python("linux") == tree / ".venv/bin/python"
    assert bootstrap.venv_python("darwin") == tree / ".venv/bin/python"
    assert bootstrap.venv_python("win32") == tree / ".venv/Scripts/python.exe"


def test_a_matching_stamp_skips_the_installation(bootstrap, tree, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "venv_version", lambda: HERE)
    bootstrap.VENV.mkdir()
    bootstrap.STAMP.write_text(bootstrap.current_stamp(), encoding="utf-8")
    bootstrap.make_environment()
    assert calls == []


def test_a_changed_pyproject_installs_again_into_the_same_environment(bootstrap, tree, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "venv_version", lambda: HERE)
    bootstrap.VENV.mkdir()
    bootstrap.STAMP.write_text(bootstrap.current_stamp(), encoding="utf-8")
    (tree / "pyproject.toml").write_text("[project]\nname = 'discern'\n")
    bootstrap.make_environment()
    (pip,) = calls
    assert pip[1:3] == ["-m", "pip"]
    assert pip[-2:] == ["-e", ".[dev]"]
    assert bootstrap.STAMP.read_text(encoding="utf-8") == bootstrap.current_stamp()


@pytest.mark.parametrize("found", [None, "3.10"])
def test_a_broken_or_older_environment_is_made_again(bootstrap, tree, calls, monkeypatch, found):
    monkeypatch.setattr(bootstrap, "venv_version", lambda: found)
    bootstrap.VENV.mkdir()
    bootstrap.STAMP.write_text(bootstrap.current_stamp(), encoding="utf-8")
    bootstrap.make_environment()
    assert calls[0][1:4] == ["-m", "venv", "--clear"]
    assert len(calls) == 2


def test_a_moved_environment_is_made_again(bootstrap, tree, calls, monkeypatch):
    monkeypatch.setattr(bootstrap, "venv_version", lambda: HERE)
    bootstrap.VENV.mkdir()
    bootstrap.STAMP.write_text(bootstrap.stamp_text(b"[project]\n", HERE, Path("/elsewhere")), encoding="utf-8")
    bootstrap.make_environment()
    assert calls[0][1:4] == ["-m", "venv", "--clear"]


def test_a_failed_installation_leaves_no_stamp_and_says_what_to_do(bootstrap, tree, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "venv_version", lambda: HERE)
    monkeypatch.setattr(bootstrap, "install_system_packages", lambda task: None)
    monkeypatch.setattr(
        bootstrap, "call_quietly", lambda command: subprocess.CompletedProcess(command, 1, "", "no route to host")
    )
    bootstrap.VENV.mkdir()
    bootstrap.STAMP.write_text(bootstrap.stamp_text(b"old", HERE, tree), encoding="utf-8")
    assert bootstrap.main(["run"]) == 1
    assert not bootstrap.STAMP.exists()
    message = capsys.readouterr().err
    assert "no route to host" in message
    assert "Check the network connection" in message


def test_a_missing_interpreter_is_not_an_environment(bootstrap, tree):
    assert bootstrap.venv_version() is None


# --- run


@pytest.mark.parametrize(
    ("platform", "environ", "shows"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ("win32", {}, True),
        ("darwin", {}, True),
    ],
)
def test_display(bootstrap, platform, environ, shows):
    assert bootstrap.has_display(platform, environ) is shows


STUB = """
import pathlib, sys
arguments = sys.argv[1:]
print("chatter on stdout", *arguments)
with open("log.txt", "a") as log:
    log.write(" ".join(arguments) + "\\n")
if arguments[0] == "demo":
    pathlib.Path(arguments[1], "signer").mkdir(parents=True)
elif arguments[0] == "analyse":
    folder = pathlib.Path(arguments[arguments.index("--out") + 1], "1.2.3")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("results.json", "report.pdf"):
        (folder / name).write_text("x")
elif arguments[0] == "--screenshot":
    pathlib.Path(arguments[1]).write_text("x")
sys.exit({status})
"""


@pytest.fixture
def stub_app(bootstrap, tree, monkeypatch):
    """Put a small program in the place of Discern's command line; it writes what it was asked for."""

    def place(status: str = "0") -> Path:
        (tree / "app.py").write_text(STUB.replace("{status}", status))
        monkeypatch.setattr(bootstrap, "venv_python", lambda: Path(sys.executable))
        monkeypatch.setattr(bootstrap.sys, "stderr", sys.__stderr__)
        return tree

    return place


def test_headless_run_signs_with_the_demonstration_certificate_and_prints_three_paths(
    bootstrap, stub_app, monkeypatch, capfd
):
    tree = stub_app("1 if arguments[0] == 'analyse' else 0")  # status 1: read, but a file was of no use
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    assert bootstrap.run() == 0
    study, out = tree / "demo-study", tree / "demo-results"
    assert (tree / "log.txt").read_text().splitlines() == [
        f"demo {study}.partial",
        f"analyse {study} --out {out} --sign {study}/signer/demo-signer.p12 "
        f"--passphrase-file {study}/signer/demo-signer.passphrase",
        f"--screenshot {out}/reading-window.png {study}",
    ]
    assert capfd.readouterr().out.splitlines() == [
        f"signed report: {out}/1.2.3/report.pdf",
        f"results: {out}/1.2.3/results.json",
        f"screenshot: {out}/reading-window.png",
    ]


def test_the_study_is_written_once_and_the_window_opened_on_it(bootstrap, stub_app, monkeypatch):
    tree = stub_app()
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: True)
    assert bootstrap.run() == 0
    assert bootstrap.run() == 0
    study = tree / "demo-study"
    assert (tree / "log.txt").read_text().splitlines() == [f"demo {study}.partial", str(study), str(study)]


def test_a_study_that_was_not_finished_is_not_kept(bootstrap, stub_app, monkeypatch):
    tree = stub_app("2")
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    with pytest.raises(bootstrap.SetupError, match="demo ended with status 2"):
        bootstrap.run()
    assert not (tree / "demo-study").exists()


def test_an_earlier_result_does_not_hide_a_failure(bootstrap, stub_app, monkeypatch):
    tree = stub_app("2 if arguments[0] == 'analyse' else 0")
    old = tree / "demo-results" / "1.2.3"
    old.mkdir(parents=True)
    (old / "report.pdf").write_text("old")
    monkeypatch.setattr(bootstrap, "has_display", lambda *_: False)
    with pytest.raises(bootstrap.SetupError, match="analyse ended with status 2"):
        bootstrap.run()


# --- test


def test_pytest_is_the_last_check(bootstrap):
    assert [name for name, _ in bootstrap.checks()] == ["ruff", "mypy", "import-linter", "pytest"]


@pytest.mark.parametrize(("failing", "status"), [(None, 0), ("ruff", 1), ("pytest", 1)])
def test_every_check_runs_and_one_failure_fails_all(bootstrap, tree, monkeypatch, capfd, failing, status):
    names = ["ruff", "mypy", "import-linter", "pytest"]
    code = "import sys; print('output of', sys.argv[1]); sys.exit(sys.argv[1] == sys.argv[2])"
    monkeypatch.setattr(
        bootstrap, "checks", lambda: [(name, [sys.executable, "-c", code, name, str(failing)]) for name in names]
    )
    assert bootstrap.test() == status
    output = capfd.readouterr().out
    assert [line.removeprefix("output of ") for line in output.splitlines() if line.startswith("output")] == names
    assert output.splitlines()[-1] == "output of pytest"
    assert ("ruff FAILED" in output) is (failing == "ruff")
