"""Measure different ways of doing the same work in turns, and make rows of the table."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import torch
from threadpoolctl import threadpool_limits

from benchmarks import _limits


@dataclass(frozen=True)
class Goal:
    """A lower or an upper limit that a column of a row should meet.

    Attributes
    ----------
    column : {"time_s", "ratio", "limit_share", "value"}
    """

    column: str
    at_most: float | None = None
    at_least: float | None = None

    def met(self, row: Row) -> bool | None:
        """Whether the row meets the goal; None if the column is empty."""
        value = getattr(row, self.column)
        if value is None:
            return None
        return value <= self.at_most if self.at_least is None else value >= self.at_least

    def __str__(self) -> str:
        bound = self.at_most if self.at_least is None else self.at_least
        shown = f"{bound:.0%}" if self.column == "limit_share" else f"{bound:g}"
        unit = {"time_s": " s", "ratio": "x"}.get(self.column, "")
        return f"{'at most' if self.at_least is None else 'at least'} {shown}{unit}"


class Elapsed(float):
    """Seconds that a call returns if something other than its own duration counts."""


@dataclass(frozen=True)
class Side:
    """One way of doing the work.

    Attributes
    ----------
    name : str
        Short; the table shows it for references.
    call : callable or None
        Does the work once; its duration counts, or the :class:`Elapsed` that it returns. None if
        the work cannot be done here, for the reason in ``note``.
    units : float, default=1
        Units of work that one call does; times are given per unit. A slow reference may do fewer.
    goal : Goal, optional
        A goal of ours is for every row; a goal of a reference replaces it in that row.
    note : str
        Shown in the row.
    """

    name: str
    call: Callable[[], object] | None
    units: float = 1
    goal: Goal | None = None
    note: str = ""

    @classmethod
    def missing(cls, package: str) -> Side:
        """A reference whose package is not installed."""
        return cls(package, None, note=f"{package} is not installed: pip install '.[bench]'")


@dataclass(frozen=True)
class Row:
    """One comparison. Times are seconds per unit of work; empty fields are None.

    ``ratio`` is our median over the reference's, so that less than 1 is faster. ``limit_rate``
    is in operations or bytes per second; ``limit_share`` is our rate over it. ``value`` is any
    other number that a topic measures, in the unit that ``note`` names.
    """

    topic: str
    work: str
    unit: str
    time_s: float
    min_s: float
    max_s: float
    reference: str | None
    reference_s: float | None
    reference_min_s: float | None
    reference_max_s: float | None
    ratio: float | None
    limit: str | None
    limit_rate: float | None
    limit_share: float | None
    value: float | None
    goal: str | None
    met: bool | None
    repeats: int
    threads: int
    precision: str
    device: str
    note: str


@dataclass(frozen=True)
class Bench:
    """How much is measured, and on what.

    Attributes
    ----------
    topic : str
        Name of the topic that rows are made for.
    repeats : int
        Rounds that count, after one that does not.
    threads : int
        Threads of PyTorch and of the linear algebra library.
    quick : bool
        Tiny sizes, and no goals: to see that the benchmarks run.
    """

    topic: str
    repeats: int
    threads: int
    quick: bool = False

    def size(self, full: object, quick: object) -> object:
        """``full``, or ``quick`` in a quick run."""
        return quick if self.quick else full

    @property
    def devices(self) -> tuple[str, ...]:
        """``cpu``, and ``cuda`` where there is a GPU."""
        return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)

    def compare(
        self,
        work: str,
        ours: Side,
        *references: Side,
        unit: str = "run",
        precision: str = "float64",
        device: str = "cpu",
        threads: int | None = None,
        flop: float | None = None,
        moved: float | None = None,
        value: float | None = None,
        warm_up: bool = True,
    ) -> Iterator[Row]:
        """Measure all sides in turns; yield one row per reference, or a single row without any.

        Parameters
        ----------
        work : str
            What is done, with its size.
        ours : Side
        *references : Side
        unit : str, default="run"
            What times are per: an image, a pick, a run.
        precision : {"float64", "float32", "tf32", "bfloat16"}
        device : {"cpu", "cuda"}
        threads : int, optional
            By default those of the bench.
        flop, moved : float, optional
            Floating-point operations, or bytes read and written, of one call of ours. If given,
            the limits of the machine are measured in the same rounds.
        value : float, optional
            Any other number, explained in ``note`` or needed for ``goal``.
        warm_up : bool, default=True
            Whether a round that is not counted comes first.
        """
        threads = threads or self.threads
        probes: tuple[tuple[Callable, float], ...] = ()
        if flop is not None:
            probes = _limits.arithmetic(precision, device, self.quick)
        elif moved is not None:
            probes = _limits.memory(device, self.quick)
        present = [side for side in references if side.call is not None]
        calls = [ours.call, *(side.call for side in present), *(call for call, _ in probes)]
        with _threads(threads):
            times = _rounds(calls, self.repeats, device, warm_up)
        first = {
            "topic": self.topic,
            "work": work,
            "unit": unit,
            **_spread(times[0], ours.units, ""),
            **_share(flop, moved, times[0], probes, times[1 + len(present) :], precision),
            "value": value,
            "repeats": self.repeats,
            "threads": threads,
            "precision": precision,
            "device": _device_name(device),
        }
        measured = dict(zip((side.name for side in present), times[1:], strict=False))
        for side in references or (None,):
            yield self._row(first, ours, side, measured.get(side.name) if side else None)

    def _row(self, first: dict, ours: Side, side: Side | None, times: list[float] | None) -> Row:
        """One row, with a reference or without."""
        empty = {field.name: None for field in dataclasses.fields(Row)}
        row = {**empty, **first, "reference": side.name if side else None}
        if times:
            row |= _spread(times, side.units, "reference_")
            row["ratio"] = row["time_s"] / row["reference_s"]
        row["note"] = "; ".join(s.note for s in (ours, side) if s and s.note)
        goal = (side and side.goal) or ours.goal
        if goal is None or self.quick:
            return Row(**row)
        return Row(**row | {"goal": str(goal), "met": goal.met(Row(**row))})


def _spread(times: list[float], units: float, prefix: str) -> dict[str, float]:
    per_unit = [seconds / units for seconds in times]
    return {
        f"{prefix}{'time_s' if not prefix else 's'}": median(per_unit),
        f"{prefix}min_s": min(per_unit),
        f"{prefix}max_s": max(per_unit),
    }


def _share(
    flop: float | None,
    moved: float | None,
    times: list[float],
    probes: tuple[tuple[Callable, float], ...],
    probe_times: list[list[float]],
    precision: str,
) -> dict[str, object]:
    """Our rate against the best rate of the probes measured beside it."""
    if not probes:
        return {}
    rate = max(n / median(t) for (_, n), t in zip(probes, probe_times, strict=True))
    ours = (moved if flop is None else flop) / median(times)
    name = "memory" if flop is None else f"arithmetic, {precision}"
    return {"limit": name, "limit_rate": rate, "limit_share": ours / rate}


def _rounds(calls: list[Callable], repeats: int, device: str, warm_up: bool) -> list[list[float]]:
    """Seconds of each call in each round; the calls take turns."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(-warm_up, repeats):
        for call, seconds in zip(calls, times, strict=True):
            elapsed = _seconds(call, device)
            if number >= 0:
                seconds.append(elapsed)
    return times


def _seconds(call: Callable, device: str) -> float:
    if device != "cpu":
        torch.cuda.synchronize()
    start = time.perf_counter()
    result = call()
    if device != "cpu":
        torch.cuda.synchronize()
    return float(result) if isinstance(result, Elapsed) else time.perf_counter() - start


@contextmanager
def _threads(n: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        with threadpool_limits(n):
            yield
    finally:
        torch.set_num_threads(before)


def _device_name(device: str) -> str:
    return "cpu" if device == "cpu" else torch.cuda.get_device_name()
