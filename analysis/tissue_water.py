"""What an exam's water scaling takes from a protocol: the tissue's water and relaxation times, with their errors."""

from __future__ import annotations

from pydantic import Field

from analysis.sourced import Sourced, Strict


class Known(Sourced):
    """A number that is known to within a standard deviation, in the unit of its key."""

    value: float = Field(gt=0)
    sd: float = Field(ge=0)


class RelaxationRule(Strict):
    """Relaxation times of some signals, which share their error."""

    signals: tuple[str, ...]
    t1_s: Known
    t2_s: Known


class TissueWater(Sourced):
    """What the water scaling of an exam takes from elsewhere: the tissue's water, and how fast signals relax.

    A signal that no rule of `metabolites` names has no concentration, and no signal has one at another field.
    """

    f0_range_mhz: tuple[float, float]
    content_g_per_ml: Known
    t1_s: Known
    t2_s: Known
    metabolites: tuple[RelaxationRule, ...]

    def items(self) -> list[tuple[str, Sourced]]:
        """Return every number with its name, for the report's list of facts."""
        items: list[tuple[str, Sourced]] = [
            ("water scaling", self), ("water content, g per ml", self.content_g_per_ml),
            ("water T1, s", self.t1_s), ("water T2, s", self.t2_s),
        ]  # fmt: skip
        for rule in self.metabolites:
            names = ", ".join(rule.signals)
            items += [(f"T1 of {names}, s", rule.t1_s), (f"T2 of {names}, s", rule.t2_s)]
        return items
