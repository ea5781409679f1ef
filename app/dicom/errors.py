"""What can go wrong with objects for the archive; each is a sentence for the user and names no patient."""

from __future__ import annotations

from analysis.errors import DiscernError


class ExportProblem(DiscernError):
    """The objects of a report cannot be made or written."""
