"""How long the jobs of a workflow still take, from what those before them took.

A job is expected to take as long as those of its rule and experiment did, else as those of its
rule; final trainings in proportion to their steps. It occupies a share of the machine: its cores,
or GPUs, of all there are. What is left is the time of all jobs, weighted by their shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SHORT_S = 3.0  # for a job beside Snakemake, a table or figure, before one of its rule has run


@dataclass(frozen=True)
class Work:
    """A job: its rule, its wildcards, and the share of the machine that it occupies."""

    rule: str
    wildcards: Mapping[str, str]
    share: float = 1.0
    is_short: bool = False

    @property
    def name(self) -> str:
        """The rule and the values of its wildcards."""
        parts = [
            name + value if name == "seed" else value for name, value in self.wildcards.items()
        ]
        return " ".join([self.rule, "/".join(parts)]).strip()

    @property
    def steps(self) -> float:
        """Steps of a final training, relative to one on the whole training set."""
        if self.rule not in ("final", "final_kept"):
            return 1.0
        return 0.5 + 0.5 * float(self.wildcards.get("density", 1))  # the rule ``steps``


class Costs:
    """Seconds that jobs took, by rule and experiment and by rule."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], float] = defaultdict(float)
        self._steps: dict[tuple[str, str], float] = defaultdict(float)

    def add(self, work: Work, seconds: float) -> None:
        """A job has taken so long."""
        for key in _keys(work):
            self._seconds[key] += seconds
            self._steps[key] += work.steps

    def expected_s(self, work: Work) -> float | None:
        """Seconds that a job will take; None where nothing is known of its rule."""
        for key in _keys(work):
            if key in self._seconds:
                return work.steps * self._seconds[key] / self._steps[key]
        return _SHORT_S if work.is_short else None


def seconds_left(
    costs: Costs, waiting: Iterable[Work], running: Iterable[tuple[Work, float]]
) -> tuple[float, bool]:
    """Seconds that all jobs still take, and whether each of them could be counted.

    A running job comes with the seconds that it has run; beyond those expected, it is about to end.
    """
    total, of_all = 0.0, True
    for work, elapsed_s in [*((work, 0.0) for work in waiting), *running]:
        expected_s = costs.expected_s(work)
        if expected_s is None:
            of_all = False
        else:
            total += work.share * max(0.0, expected_s - elapsed_s)
    return total, of_all


def in_words(seconds: float) -> str:
    """A duration in rounded words.

    Examples
    --------
    >>> in_words(8), in_words(100), in_words(5000), in_words(200_000)
    ('10 s', '2 min', '1 h 20 min', '2 days 8 h')
    """
    if seconds < 55:
        return f"{max(1, round(seconds / 10)) * 10} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        hours, rest = divmod(round(minutes, -1), 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(round(minutes / 60), 24)
    return f"{days} day{'s' * (days > 1)}" + f" {hours} h" * (hours > 0)


def _keys(work: Work) -> list[tuple[str, str]]:
    return [(work.rule, work.wildcards.get("experiment", "")), (work.rule, "*")]
