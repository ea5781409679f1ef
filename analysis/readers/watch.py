"""Progress and stopping, handed down through everything that takes long."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import Cancelled
from analysis.types import Progress, Stop


@dataclass(frozen=True)
class Watch:
    """The caller's progress and stop functions, with the part of the whole that is being worked on."""

    progress: Progress | None = None
    stop: Stop | None = None
    start: float = 0.0
    end: float = 1.0

    def part(self, start: float, end: float) -> Watch:
        """Return a watch whose 0 to 1 is a part of the whole."""
        return Watch(self.progress, self.stop, start, end)

    def check(self) -> None:
        """Raise `Cancelled` once the user asked to stop."""
        if self.stop is not None and self.stop():
            raise Cancelled("Reading was stopped; nothing was changed.")

    def tell(self, fraction: float, text: str) -> None:
        """Check, and pass on how much of this part is done."""
        self.check()
        if self.progress is not None:
            self.progress(self.start + (self.end - self.start) * fraction, text)
