"""Which version of Discern this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the installed version, or what stands in for it in an uninstalled checkout."""
    try:
        return metadata.version("discern")
    except metadata.PackageNotFoundError:
        return "0.1.0+source"
