#!/usr/bin/env python3
"""Set Discern up on a fresh machine, then start it or test it. Needs nothing but Python 3.11 or newer.

python3 packaging/bootstrap.py run     open the workstation on the demonstration study (no display: read it headless)
python3 packaging/bootstrap.py test    run every check and the whole test suite headless

The first start makes `.venv` and takes minutes; later starts find the stamp of the first and go straight on.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

MINIMUM = (3, 11)
if sys.version_info < MINIMUM:  # noqa: UP036 - the line this script exists to say
    sys.exit(
        "Discern needs Python %d.%d or newer; this is Python %s. Start it with a newer one: python3.11 %s"  # noqa: UP031
        % (MINIMUM + (".".join(map(str, sys.version_info[:3])), " ".join(sys.argv)))
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "discern-stamp.txt"
STUDY = ROOT / "demo-study"
RESULTS = ROOT / "demo-results"

QT_PACKAGES = [
    "libegl1", "libgl1", "libglib2.0-0", "libdbus-1-3", "libfontconfig1", "libxkbcommon0", "libxkbcommon-x11-0",
    "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-randr0", "libxcb-render-util0",
    "libxcb-shape0", "libxcb-xinerama0", "libxcb-xkb1",
]  # fmt: skip
TEST_PACKAGES = [
    "xvfb", "poppler-utils", "dcmtk", "dicom3tools", "orthanc", "orthanc-dicomweb", "softhsm2", "libnss3-tools",
    "iproute2",
]  # fmt: skip
HEADLESS = {"QT_QPA_PLATFORM": "offscreen", "VTK_DEFAULT_OPENGL_WINDOW": "vtkOSOpenGLRenderWindow"}


class SetupError(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(text: str) -> None:
    """Report progress at once: what a child process prints next must come after it."""
    print(text, file=sys.stderr, flush=True)


def call_quietly(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program and keep what it says for the case that it fails."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)


def last_lines(text: str, count: int) -> str:
    """Return the end of what a program said."""
    return "\n".join(text.strip().splitlines()[-count:])


# --- system libraries ----------------------------------------------------------------------------------------------


def installed_packages(listing: str) -> set[str]:
    """Return what dpkg has installed, by package name and by the names a package provides.

    `listing` holds lines of ``status|name|provides`` as `query_dpkg` asks for them. Provided names matter because a
    distribution may rename a library: libglib2.0-0t64 provides libglib2.0-0.
    """
    names = set()
    for line in listing.splitlines():
        status, name, provides = line.split("|", 2)
        if status.startswith("ii"):
            names.add(name)
            names.update(entry.split()[0] for entry in provides.split(",") if entry.strip())
    return names


def query_dpkg() -> str:
    """List the packages of this system in the form `installed_packages` reads."""
    return call_quietly(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Package}|${Provides}\n"]).stdout


def wanted_packages(task: str, venv_package: str | None) -> list[str]:
    """Name the Debian packages a task needs; `venv_package` where this Python cannot make an environment yet."""
    tests_need = TEST_PACKAGES if task == "test" else []
    return [*QT_PACKAGES, *tests_need, *([venv_package] if venv_package else [])]


def missing_venv_package() -> str | None:
    """Name the package that lets this Python make environments, None where it can: Debian ships that part apart."""
    return None if importlib.util.find_spec("ensurepip") else f"python3.{sys.version_info.minor}-venv"


def apt_prefix(*, is_root: bool, has_sudo: bool) -> list[str] | None:
    """Say what apt-get must be started with, or None where this account may not install."""
    if is_root:
        return []
    return ["sudo", "-n"] if has_sudo else None


def can_sudo() -> bool:
    """Whether sudo works here without asking for a password."""
    if shutil.which("sudo") is None:
        return False
    return call_quietly(["sudo", "-n", "true"]).returncode == 0


def install_system_packages(task: str) -> None:
    """Install the system libraries that are missing; where that is impossible, say what to do and go on."""
    if not sys.platform.startswith("linux"):
        if task == "test" and shutil.which("pdftoppm") is None:
            say("Poppler (pdftoppm) is not installed and cannot be installed from here: tests that need it skip.")
        return
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        if not STAMP.exists():
            say(
                "This Linux has no apt-get, so its system libraries are left alone. Qt needs EGL, OpenGL, GLib,\n"
                "D-Bus, fontconfig, xkbcommon and the xcb libraries cursor, icccm, image, keysyms, randr,\n"
                "render-util, shape, xinerama and xkb; the tests need Xvfb and Poppler too."
            )
        return
    present = installed_packages(query_dpkg())
    missing = [package for package in wanted_packages(task, missing_venv_package()) if package not in present]
    if missing:
        apt_install(missing)


def apt_install(missing: list[str]) -> None:
    """Install Debian packages, or print the one line that does."""
    prefix = apt_prefix(is_root=os.geteuid() == 0, has_sudo=can_sudo())
    if prefix is None:
        say(
            "System libraries are missing and this account may not install them. If what follows fails, run this line "
            f"and start again:\n  {line_by_hand(missing)}"
        )
        return
    say("Installing system libraries: " + " ".join(missing))
    # `env` carries the setting through sudo, which drops it from the environment
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    install = [*apt, "install", "-y", "--no-install-recommends"]
    call_quietly([*apt, "update"])  # where one source is dead, the others may still do
    if call_quietly([*install, *missing]).returncode == 0:
        return
    # One name this distribution does not know stops the whole list; one at a time, the others get in.
    failures = {package: call_quietly([*install, package]) for package in missing}
    failures = {package: done for package, done in failures.items() if done.returncode != 0}
    if failures:
        say(
            f"{last_lines(next(iter(failures.values())).stderr, 3)}\napt-get could not install all of them. If what "
            f"follows fails, run this line and start again:\n  {line_by_hand(list(failures))}"
        )


def line_by_hand(packages: list[str]) -> str:
    """Return the one line that installs these packages."""
    return "sudo apt-get install --no-install-recommends " + " ".join(packages)


# --- the environment -----------------------------------------------------------------------------------------------


def venv_python(platform: str = sys.platform) -> Path:
    """Where the environment keeps its interpreter."""
    return VENV / "Scripts" / "python.exe" if platform == "win32" else VENV / "bin" / "python"


def stamp_text(pyproject: bytes, version: str, root: Path) -> str:
    """Describe what an environment was made for; where it differs, the environment is out of date."""
    return f"{hashlib.sha256(pyproject).hexdigest()}\npython {version}\n{root}\n"


def current_stamp() -> str:
    """Describe the environment this tree and this Python need."""
    version = ".".join(map(str, sys.version_info[:3]))
    return stamp_text((ROOT / "pyproject.toml").read_bytes(), version, ROOT)


def venv_version() -> str | None:
    """Which Python the environment runs, as ``3.11``; None where there is none or it does not start."""
    code = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = call_quietly([str(venv_python()), "-c", code])
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def was_moved(stamp: str, root: Path) -> bool:
    """Whether the environment of this stamp was made in another folder; its scripts still point there."""
    return bool(stamp) and stamp.splitlines()[-1] != str(root)


def make_environment() -> None:
    """Make `.venv` and install Discern into it, unless the stamp says that was done for this very tree."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
    usable = venv_version() == here and not was_moved(stamp, ROOT)
    if usable and stamp == current_stamp():
        return
    if not usable:
        create_venv()
    STAMP.unlink(missing_ok=True)
    say("Installing the Python packages into .venv (some minutes the first time).")
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = call_quietly([*pip, "-e", ".[dev]"])
    if done.returncode != 0:
        raise SetupError(
            f"{last_lines(done.stderr or done.stdout, 15)}\n"
            "The Python packages could not be installed; pip's last words are above. Check the network connection and, "
            "behind a proxy, HTTPS_PROXY and pip's own configuration; then start again."
        )
    STAMP.write_text(current_stamp(), encoding="utf-8")


def create_venv() -> None:
    """Make an empty environment in place of whatever stands there."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        raise SetupError("This Python lives in the unusable .venv itself. Start with the system's Python instead.")
    say(f"Making the environment {VENV}")
    done = call_quietly([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError(
            f"{last_lines(done.stdout + done.stderr, 5)}\nThe environment could not be made. On Debian and Ubuntu "
            f"install python3.{sys.version_info.minor}-venv; elsewhere use a complete Python. Then start again."
        )


# --- run -----------------------------------------------------------------------------------------------------------


def has_display(platform: str, environ: Mapping[str, str]) -> bool:
    """Whether a window can be shown: always on Windows and macOS, on others where a display server is named."""
    if environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def app_command(*arguments: str | Path) -> list[str]:
    """Call Discern's command line in its environment."""
    return [str(venv_python()), "-m", "app", *map(str, arguments)]


def analyse_arguments(study: Path, out: Path) -> list[str | Path]:
    """Read the demonstration study and sign its report with the throw-away certificate that lies beside it."""
    signer = study / "signer"
    return [
        "analyse", study, "--out", out,
        "--sign", signer / "demo-signer.p12", "--passphrase-file", signer / "demo-signer.passphrase",
    ]  # fmt: skip


def call_app(*arguments: str | Path, accepted: tuple[int, ...] = (0,), env: dict[str, str] | None = None) -> int:
    """Run one command of Discern; what it prints goes to stderr, so that stdout holds only our own result."""
    done = subprocess.run(
        app_command(*arguments), cwd=ROOT, env={**os.environ, **(env or {})}, stdout=sys.stderr.fileno(), check=False
    )
    if done.returncode not in accepted:
        raise SetupError(f"discern {arguments[0]} ended with status {done.returncode}; its own words are above.")
    return done.returncode


def make_demo_study(env: dict[str, str]) -> None:
    """Write the demonstration study once; a half-written one is never taken for whole."""
    if STUDY.exists():
        return
    say(f"Writing the demonstration study {STUDY}")
    partial = STUDY.with_name(STUDY.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    call_app("demo", partial, env=env)
    partial.rename(STUDY)


def newest(folder: Path, name: str) -> Path:
    """Return the file of this name that was written last in a results folder."""
    found = list(folder.glob(f"*/{name}"))
    if not found:
        raise SetupError(f"Discern reported success but wrote no {name} in {folder}.")
    return max(found, key=lambda path: path.stat().st_mtime)


def read_headless() -> None:
    """Read the demonstration study without a window and print what was written."""
    say("There is no display: reading the demonstration study without a window.")
    call_app(*analyse_arguments(STUDY, RESULTS), accepted=(0, 1), env=HEADLESS)
    results = newest(RESULTS, "results.json")
    report = newest(RESULTS, "report.pdf")
    screenshot = RESULTS / "reading-window.png"
    screenshot.unlink(missing_ok=True)
    call_app("--screenshot", screenshot, STUDY, env=HEADLESS)
    if not screenshot.exists():
        raise SetupError(f"Discern reported success but wrote no screenshot {screenshot}.")
    print(f"signed report: {report}\nresults: {results}\nscreenshot: {screenshot}", flush=True)


def run() -> int:
    """Open the workstation on the demonstration study, or read it headless where there is no display."""
    shows = has_display(sys.platform, os.environ)
    make_demo_study({} if shows else HEADLESS)
    if shows:
        return subprocess.run(app_command(STUDY), cwd=ROOT, check=False).returncode
    read_headless()
    return 0


# --- test ----------------------------------------------------------------------------------------------------------


def checks() -> list[tuple[str, list[str]]]:
    """Name every check with its command; pytest is last so that its summary closes the output."""
    python = str(venv_python())
    lint_imports = venv_python().with_name("lint-imports" + (".exe" if sys.platform == "win32" else ""))
    return [
        ("ruff", [python, "-m", "ruff", "check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("import-linter", [str(lint_imports)]),
        ("pytest", [python, "-m", "pytest"]),
    ]


def test() -> int:
    """Run every check even where an earlier one fails; 0 only when all passed."""
    env = {**os.environ, **HEADLESS}
    verdicts: list[str] = []
    failed = False
    for name, command in checks():
        if name == "pytest":
            print("\n== so far: " + ", ".join(verdicts))
        print(f"\n== {name}", flush=True)
        ok = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0
        verdicts.append(f"{name} {'passed' if ok else 'FAILED'}")
        failed = failed or not ok
    return int(failed)


# --- entry ---------------------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    """Set up, then do the task."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", nargs="?", choices=["run", "test"])
    task = parser.parse_args(argv).task
    if task is None:
        print((__doc__ or "").strip())
        return 2
    try:
        install_system_packages(task)
        make_environment()
        return run() if task == "run" else test()
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"Set-up stopped: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
