"""How often intervals of the worst-class accuracy contain the truth, and how wide they are.

Each row simulates a kind of study, with 18 runs in 9 pairs of methods, many times. It gives the
share of 95% intervals that contain the true value, and their mean width over that of the central
95% of the errors. The goal is a coverage of 0.93 to 0.97 and a relative width of at most 1.3:
``Held.miss`` at most 1. A row takes 12 times ``--repeats`` studies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from benchmarks._interval_studies import Scenario, SimulatedRun, study
from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.reporting.measurement import Measurement, combined, measure
from fairprune.reporting.uncertainty import Estimate, interval, learned_spread

STATISTIC = "worst_class_accuracy"
SIZES = ((10, 100), (100, 50))  # classes, test images per class
SEEDS = (2, 3, 5)
_STUDIES = 12
_USUAL = Scenario("clear", 10, 100, 3)
OFF = {  # cases outside the intervals' assumptions, or that they cannot recognise
    "one class not clearly worst": (
        replace(_USUAL, classes="close"),
        replace(_USUAL, classes="close", n_classes=100, n_test=50),
    ),
    "seeds agree less on an image (0.33)": (replace(_USUAL, images=0.5),),
    "seeds agree more on an image (0.79)": (replace(_USUAL, images=0.95),),
    "methods agree less on an image": (replace(_USUAL, methods=0.6),),
}


@dataclass(frozen=True)
class Held:
    """Errors of values, widths of their intervals, and which intervals contain the truth."""

    errors: np.ndarray
    widths: np.ndarray
    holds: np.ndarray

    @property
    def coverage(self) -> float:
        """Share of the intervals that contain the truth."""
        return float(self.holds.mean())

    @property
    def width(self) -> float:
        """Mean width."""
        return float(self.widths.mean())

    @property
    def relative_width(self) -> float:
        """Mean width over that of the central 95% of the errors."""
        return self.width / float(np.diff(np.quantile(self.errors, (0.025, 0.975)))[0])

    @property
    def miss(self) -> float:
        """At most 1 if the coverage is 0.93 to 0.97 and the relative width at most 1.3."""
        return max(abs(self.coverage - 0.95) / 0.02, self.relative_width / 1.3)

    def __str__(self) -> str:
        return (
            f"coverage {self.coverage:.3f}, width {self.width:.3f}, "
            f"{self.relative_width:.2f} times the errors'"
        )


def rows(bench: Bench) -> Iterator[Row]:
    """Worst-class accuracies and their differences, over sizes, kinds of study and seeds."""
    n_studies = bench.size(_STUDIES * bench.repeats, 1)
    sizes, seeds = bench.size((SIZES, SEEDS), (SIZES[:1], SEEDS[:1]))
    for (n_classes, n_test), classes, n_seeds in product(sizes, ("clear", "tied", "spread"), seeds):
        scenario = Scenario(classes, n_classes, n_test, n_seeds)
        yield from _rows(bench, classes, scenario, n_studies)
    for name, scenarios in bench.size(OFF, {}).items():
        for scenario in scenarios:
            yield from _rows(bench, name, scenario, n_studies)


def simulate(scenario: Scenario, n_studies: int, seed: int = 0) -> dict[str, Held]:
    """Intervals of ``runs`` and ``differences``; of spread runs also as ``wide`` and ``narrow``."""
    generator = np.random.default_rng(seed)
    outcomes: dict[str, list[tuple[float, float, bool]]] = {}
    for _ in range(n_studies):
        pairs = list(study(scenario, generator))
        runs, differences = intervals(pairs, scenario.n_test)
        truths = [run for pair in pairs for run in pair]
        for estimate, run in zip(runs, truths, strict=True):
            outcome = _outcome(estimate, run.truth)
            outcomes.setdefault("runs", []).append(outcome)
            if scenario.classes == "spread":
                outcomes.setdefault("wide" if run.wide else "narrow", []).append(outcome)
        for estimate, (first, second) in zip(differences, pairs, strict=True):
            outcome = _outcome(estimate, first.truth - second.truth)
            outcomes.setdefault("differences", []).append(outcome)
    return {
        name: Held(*(np.array(column) for column in zip(*values, strict=True)))
        for name, values in outcomes.items()
    }


def intervals(
    pairs: list[tuple[SimulatedRun, SimulatedRun]], n_test: int
) -> tuple[list[Estimate], list[Estimate]]:
    """Intervals as in the headline table: runs learn from runs, differences from differences."""
    measured: list[Measurement] = []
    for number, run in enumerate(run for pair in pairs for run in pair):
        test = np.full(run.correct.shape[1], n_test)
        measurements = measure(run.correct, test, [STATISTIC], images=0, own=(1, number))
        measured.append(measurements[STATISTIC])
    couples = zip(measured[::2], measured[1::2], strict=True)
    apart = [combined(couple, [1, -1]) for couple in couples]
    spreads = learned_spread(measured), learned_spread(apart)
    return (
        [interval(each, spreads[0]) for each in measured],
        [interval(each, spreads[1], bounds=(-1, 1)) for each in apart],
    )


def _outcome(estimate: Estimate, truth: float) -> tuple[float, float, bool]:
    lower, upper = estimate.lower, estimate.upper
    return estimate.value - truth, upper - lower, lower <= truth <= upper


def _rows(bench: Bench, name: str, scenario: Scenario, n_studies: int) -> Iterator[Row]:
    """One row per result of :func:`simulate`, with the time that an interval takes."""
    pairs = list(study(scenario, np.random.default_rng(0)))
    size = f"{scenario.n_classes} x {scenario.n_test}, {scenario.n_seeds} seeds"
    for kind, held in simulate(scenario, n_studies).items():
        ours = Side(
            "ours",
            lambda: intervals(pairs, scenario.n_test),
            units=3 * len(pairs),
            goal=Goal("value", at_most=1),
            note=f"{held}; {len(held.errors):,} intervals",
        )
        yield from bench.compare(
            f"{name}, {size}: {kind}", ours, unit="interval", threads=1, value=held.miss
        )
