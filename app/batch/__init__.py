"""Many studies without a window: one after another, or side by side on this computer or a cluster (Dask)."""

from __future__ import annotations

from app.batch.one_source import AnalyseRequest, Outcome
from app.batch.run import Plan, analyse_sources

__all__ = ["AnalyseRequest", "Outcome", "Plan", "analyse_sources"]
