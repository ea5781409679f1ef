"""Small windows beside the reading: what was done to the signal, the keys, and what this program is."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6 import QtCore, QtWidgets

from analysis.import_summary import SkippedGroup, summary_of
from analysis.types import Study, VoxelResult
from widgets import slice_keys, spectrum_keys, wording
from widgets.commands import Commands
from widgets.notice_bar import Notice
from widgets.texts import noop, plural, tr

MOUSE: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        noop("Voxels"),
        (
            (noop("click"), noop("an outline or a row selects it everywhere")),
            (noop("1 to 5, 0"), noop("Pfirrmann grade of the row that has the focus, 0 for unknown")),
            ("F2, Return", noop("change the cell that has the focus")),
            ("Ctrl+C", noop("copy the table that has the focus")),
        ),
    ),
    (noop("Images"), slice_keys.MOUSE),
    (noop("Spectrum"), spectrum_keys.MOUSE),
)
"""What mouse and fixed keys do, by part of the window; other keys can be changed."""
_MOST_PATHS = 5
"""Files that are named for one reason; of thousands, the number says more than the names."""


class TextWindow(QtWidgets.QDialog):
    """A window of rich text that does not block the reading."""

    def __init__(self, title: str, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(720, 620)
        self.tabs = QtWidgets.QTabWidget()
        close = QtWidgets.QPushButton(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.close)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.tabs)
        layout.addWidget(close, 0, QtCore.Qt.AlignmentFlag.AlignRight)

    def set_pages(self, pages: Sequence[tuple[str, str]]) -> None:
        """Show pages of (title, HTML)."""
        here = max(self.tabs.currentIndex(), 0)
        while self.tabs.count():
            old = self.tabs.widget(0)
            self.tabs.removeTab(0)
            if old is not None:
                old.deleteLater()
        for title, text in pages:
            browser = QtWidgets.QTextBrowser()
            browser.setHtml(text)
            browser.setAccessibleName(title)
            self.tabs.addTab(browser, title)
        self.tabs.setCurrentIndex(min(here, len(pages) - 1))


def keys_page(commands: Commands) -> str:
    """Return the key sheet as HTML: the keys in force, and what mouse and fixed keys do."""
    fixed = dict(MOUSE)
    parts = [_group(tr("Window"), [(c.keys, c.title) for c in commands.all if not c.scope and c.keys])]
    for scope in fixed:
        mouse = [(tr(how), tr(what)) for how, what in fixed[scope]]
        changeable = [(c.keys, tr(c.own_name)) for c in commands.all if c.scope == scope and c.keys]
        parts.append(_group(tr(scope), [*mouse, *changeable]))
    hint = tr("Help > Change keys gives other keys to all but the first rows of a part.")
    return _paragraph(hint) + "".join(parts)


def _group(title: str, rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding: 2px 24px 2px 0'><b>{html.escape(key)}</b></td><td>{html.escape(what)}</td></tr>"
        for key, what in rows
    )
    return f"<h3>{html.escape(title)}</h3><table>{cells}</table>"


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _list(title: str, texts: Sequence[str], tag: str = "ul") -> str:
    """Return a heading with a list under it, both escaped."""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in texts)
    return f"<h3>{html.escape(title)}</h3><{tag}>{items}</{tag}>"


def about_page(version: str) -> str:
    """Return what the program is, as HTML."""
    research = tr(
        "Discern is not a medical device. Its evidence model is a design, not trained on "
        "patients; its numbers must not decide a treatment."
    )
    fonts = tr(
        "Apache License 2.0. Fonts: Noto Sans (SIL Open Font License), DejaVu Sans (Bitstream "
        "Vera licence). Built with Qt for Python, pyqtgraph, NumPy, SciPy and pydicom."
    )
    what = tr("An open reading workstation for magnetic resonance spectroscopy of the spine and brain.")
    return (
        f"<h2>Discern {html.escape(version)}</h2>{_paragraph(what)}"
        f"<p><b>{html.escape(tr('Research use only.'))}</b> {html.escape(research)}</p>{_paragraph(fonts)}"
    )


def processing_page(result: VoxelResult | None) -> str:
    """Return what was done to the selected voxel's signal, as HTML."""
    if result is None or result.spectrum is None:
        return _paragraph(tr("No spectrum has been processed for the selected voxel."))
    steps = "".join(
        f"<li><b>{html.escape(step.name)}</b>. {html.escape(step.text)}{_values(step.values)}</li>"
        for step in result.spectrum.history
    )
    warnings = (*result.spectrum.warnings, *result.warnings)
    gates = [
        tr("{gate}. Limit: {limit}. {why}", gate=wording.gate_chip(gate), limit=gate.limit, why=gate.explanation)
        for gate in result.quality.gates
    ]
    return f"<h3>{html.escape(result.label)}</h3><ol>{steps}</ol>{_fitted(result)}{_list(tr('Gates'), gates)}" + (
        _list(tr("Warnings"), warnings) if warnings else ""
    )


def _fitted(result: VoxelResult) -> str:
    fit = result.fit
    if fit is None:
        return ""
    return _paragraph(
        plural(
            "Fit: 1 iteration, {end}; the residual's variance is {misfit:.2f} times the noise's; zero-order phase "
            "{degrees:+.1f}°.",
            "Fit: {n} iterations, {end}; the residual's variance is {misfit:.2f} times the noise's; zero-order phase "
            "{degrees:+.1f}°.",
            fit.iterations,
            end=tr("converged") if fit.converged else tr("not converged"),
            misfit=fit.misfit,
            degrees=fit.phase0_rad * 57.29578,
        )
    )


def _values(values: object) -> str:
    items = dict(values).items() if values else ()  # type: ignore[call-overload]
    shown = [f"{key} = {value:.4g}" if isinstance(value, float) else f"{key} = {value}" for key, value in items]
    return f"<br><small>{html.escape(', '.join(shown))}</small>" if shown else ""


def files_page(study: Study | None) -> str:
    """Return what was read, and which files were left out and why, as HTML."""
    if study is None:
        return _paragraph(tr("No study is open."))
    summary = summary_of([study])
    read = (
        plural("{n} file with images", "{n} files with images", summary.image_files),
        plural("{n} file with spectra", "{n} files with spectra", summary.spectrum_files),
        plural("{n} file skipped", "{n} files skipped", summary.skipped_files),
    )
    rows = "".join(_skipped(group) for group in summary.skipped)
    skipped = f"<ul>{rows}</ul>" if rows else _paragraph(tr("No file was skipped."))
    warned = _list(tr("Warnings"), study.warnings) if study.warnings else ""
    return f"{_paragraph(', '.join(read) + '.')}{warned}<h3>{html.escape(tr('Skipped'))}</h3>{skipped}"


def _skipped(group: SkippedGroup) -> str:
    count = len(group.paths)
    title = plural("{n} file", "{n} files", count)
    shown = "<br>".join(html.escape(path) for path in group.paths[:_MOST_PATHS])
    if count > _MOST_PATHS:
        shown += "<br>" + html.escape(plural("and {n} more", "and {n} more", count - _MOST_PATHS))
    return f"<li><b>{html.escape(title)}</b>: {html.escape(group.reason)}<br><small>{shown}</small></li>"


def messages_page(log: Sequence[Notice]) -> str:
    """Return every message of this session, as HTML."""
    rows = "".join(f"<li>{html.escape(notice.severity)}: {html.escape(notice.text)}</li>" for notice in log)
    return f"<ul>{rows}</ul>" if rows else _paragraph(tr("There was no message."))
