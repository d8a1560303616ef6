"""Greedy k-center: the full order, and how its cost grows with N and D.

Points are random ReLU features of a Gaussian mixture (:mod:`benchmarks._embeddings`).
"""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Iterator

import numpy as np

from benchmarks._embeddings import relu_features
from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.algorithms.kcenter import greedy_order
from tests.reference import kcenter as reference


def rows(bench: Bench) -> Iterator[Row]:
    """Compare with the running minimum; then time half and a quarter of N, and other D."""
    n, d = bench.size((50_000, 512), (300, 16))
    yield from _full_order(bench, n, d)
    for step in (2, 4):
        yield from _growth(bench, n // step, d)
    for other in (d // 4, 4 * d):
        yield from _growth(bench, n // 4, other)


def _full_order(bench: Bench, n: int, d: int) -> Iterator[Row]:
    """The full size, with its goal; references make only a few picks, each at the same cost."""
    points, _ = relu_features(n, d)
    few, check = bench.size((20, 2000), (5, 100))
    same = _same_order(points[:check], points, few)
    note = f"reference on {few} picks, scaled"
    yield from bench.compare(
        f"full order of {n:,} x {d}",
        Side("ours", lambda: greedy_order(points), goal=Goal("time_s", at_most=60), note=same),
        Side(
            "running minimum, float64",
            lambda: reference.greedy_order(points, few),
            units=few / n,
            note=note,
        ),
        Side(
            "running minimum, a float32 product per pick",
            lambda: reference.greedy_order_by_products(points, few),
            units=few / n,
            note=note,
        ),
        precision="float32",
        flop=float(d) * n * n,
    )


def _same_order(few_points: np.ndarray, points: np.ndarray, few: int) -> str:
    """Compare with the running minimum: all picks of some points, the first picks of all points."""
    whole = greedy_order(few_points).tolist() == reference.greedy_order(few_points, len(few_points))
    first = greedy_order(points, few).tolist() == reference.greedy_order(points, few)
    verdict = "same order as" if whole and first else "NOT the order of"
    return f"{verdict} the running minimum ({len(few_points):,} points whole, {few} picks of all)"


def _growth(bench: Bench, n: int, d: int) -> Iterator[Row]:
    """One size, with its peak memory relative to that of the points."""
    points, _ = relu_features(n, d)
    tracemalloc.start()
    greedy_order(points)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ours = Side("ours", lambda: greedy_order(points))
    for row in bench.compare(
        f"full order of {n:,} x {d}",
        ours,
        precision="float32",
        flop=float(d) * n * n,
        value=peak / points.nbytes,
        warm_up=False,
    ):
        memory = f"peak memory {peak / points.nbytes:.1f} times the points"
        yield dataclasses.replace(row, note=memory)
