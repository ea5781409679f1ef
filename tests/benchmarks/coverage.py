"""How often the stated intervals hold the truth, over simulated exams.

    .venv/bin/python -m tests.benchmarks.coverage [EXAMS] [FIRST_SEED]

Prints, for the ratios of the disc protocol, the coverage of the 90 % intervals and the mean and SD of the z scores; the
evidence classes of painful and painless discs; and the time per exam. Nothing it prints is about people.
"""

from __future__ import annotations

import os

# Many small matrices: threads of the linear algebra library only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from analysis.phantom import PhantomExam, simulate_exam
from analysis.pipeline import analyse
from analysis.types import ExamResult
from tests.benchmarks.simulated import shipped, spin_library, study_of

RATIOS = ("Lac/PG", "Ala/PG", "LAAL/PG", "Prop/PG", "Carb/PG", "Coll/PG", "Cho/PG")
CLASSES = ("higher", "lower", "indeterminate", "not evaluable", "withheld")


@dataclass
class Tally:
    """What was found so far."""

    inside: dict[str, list[bool]] = field(default_factory=lambda: {name: [] for name in RATIOS})
    z: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in RATIOS})
    classes: dict[bool, Counter[str]] = field(default_factory=lambda: {True: Counter(), False: Counter()})
    log_lr: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    misfit: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    withheld: int = 0

    def add(self, phantom: PhantomExam, result: ExamResult, seconds: float) -> None:
        """Count one exam."""
        self.seconds.append(seconds)
        self.withheld += result.withheld is not None
        for disc, voxel in zip(phantom.discs, result.voxels, strict=True):
            name = voxel.evidence.evidence_class if voxel.evidence else "withheld"
            self.classes[disc.painful][name] += 1
            if voxel.evidence and voxel.evidence.lr:
                self.log_lr[disc.painful].append(np.log(voxel.evidence.lr.median))
            if voxel.fit:
                self.misfit.append(voxel.fit.misfit)
            for ratio in RATIOS:
                self._add_ratio(ratio, disc.ratios[ratio], voxel.ratios.get(ratio))

    def _add_ratio(self, name: str, true: float, found: object) -> None:
        if found is not None and found.value is not None:
            self.inside[name].append(found.low90 <= true <= found.high90)
            self.z[name].append((found.value - true) / found.sd)

    def coverage(self, name: str) -> float:
        """Share of the intervals of one ratio that hold the truth."""
        return float(np.mean(self.inside[name]))

    def auc(self) -> float:
        """Chance that a painful disc has a larger LR than a painless one."""
        there, here = np.array(self.log_lr[True])[:, None], np.array(self.log_lr[False])[None]
        return float(np.mean((there > here) + 0.5 * (there == here)))

    def lines(self) -> list[str]:
        """Return the report, line by line."""
        count = len(self.seconds)
        text = [f"{count} exams, {np.mean(self.seconds):.2f} s each (median {np.median(self.seconds):.2f} s)", ""]
        text.append(f"{'ratio':10}{'n':>5}{'90 % interval holds':>21}{'z mean':>9}{'z SD':>7}{'max |z|':>9}")
        for name in RATIOS:
            z = np.array(self.z[name])
            row = f"{name:10}{len(z):5d}{100 * self.coverage(name):19.1f} %"
            text.append(f"{row}{z.mean():9.2f}{z.std(ddof=1):7.2f}{np.abs(z).max():9.1f}")
        text += ["", f"residual over noise variance: {np.mean(self.misfit):.2f} in the mean", ""]
        text.append(f"{'discs':10}{'n':>5}" + "".join(f"{name:>15}" for name in CLASSES))
        for painful, label in ((True, "painful"), (False, "painless")):
            total = sum(self.classes[painful].values())
            shares = "".join(f"{100 * self.classes[painful][name] / max(total, 1):13.1f} %" for name in CLASSES)
            text.append(f"{label:10}{total:5d}{shares}")
        return [*text, "", f"AUC of the LR {self.auc():.2f}; comparison withheld in {self.withheld} of {count} exams"]


def measure(exams: int, first_seed: int = 1) -> Tally:
    """Simulate and analyse exams one after another."""
    tally, protocol, library = Tally(), shipped("disc"), spin_library()
    for seed in range(first_seed, first_seed + exams):
        phantom = simulate_exam(library, seed)
        study = study_of(phantom)
        start = time.perf_counter()
        result = analyse(study, protocol, library)
        tally.add(phantom, result, time.perf_counter() - start)
    return tally


def main(arguments: list[str]) -> None:
    """Measure as many exams as the command line says and print what was found."""
    exams = int(arguments[0]) if arguments else 20
    first_seed = int(arguments[1]) if len(arguments) > 1 else 1
    sys.stdout.write("\n".join(measure(exams, first_seed).lines()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
