"""The reader's language: loads the texts of the window, and Qt's own, where there is a translation of them."""

from __future__ import annotations

from pathlib import Path

from PySide6 import QtCore, QtWidgets

from app.resource_files import resource_path


def load_translation(
    app: QtWidgets.QApplication, language: str = "", folder: Path | None = None
) -> list[QtCore.QTranslator]:
    """Install the translations of a language before any view is made.

    Parameters
    ----------
    language : for example ``de`` or ``pt_BR``; empty takes that of the system
    folder : where ``discern_<language>.qm`` lies; None takes ``resources/translations``

    Returns
    -------
    The translators that were installed, owned by the application; without a translation the texts stay English.
    """
    locale = QtCore.QLocale(language) if language else QtCore.QLocale.system()
    qt = QtCore.QLibraryInfo.path(QtCore.QLibraryInfo.LibraryPath.TranslationsPath)
    own = str(folder or resource_path("translations"))
    installed = []
    for name, place in (("qtbase", qt), ("discern", own)):
        translator = QtCore.QTranslator(app)
        if translator.load(locale, name, "_", place) and app.installTranslator(translator):
            installed.append(translator)
    if not any(Path(translator.filePath()).name.startswith("discern") for translator in installed):
        for translator in installed:  # half a window in another language helps nobody
            app.removeTranslator(translator)
        return []
    return installed
