"""Scores of the training trajectory, from a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np

from benchmarks._measure import Bench, Goal, Row, Side
from fairprune import registry
from fairprune.scores import aum, dual, dynamic_uncertainty, forgetting
from fairprune.training.record import Record, View
from tests.reference import trajectories as reference


def rows(bench: Bench) -> Iterator[Row]:
    """Compare each score with whole arrays in NumPy, and with plain Python on a few examples."""
    n_examples, n_epochs = bench.size((50_000, 160), (200, 12))
    few = bench.size(50, 5)
    record = _record(n_examples, n_epochs)
    for name, (ours, array, one, seen) in _scores(record).items():
        yield from bench.compare(
            f"{name} of {n_examples:,} examples, {n_epochs} epochs",
            Side("ours", ours, goal=Goal("time_s", at_most=1)),
            Side("whole arrays in NumPy", array),
            Side(
                "plain Python, one at a time",
                lambda one=one: [one(i) for i in range(few)],
                units=few / n_examples,
                note=f"reference on {few} examples, scaled",
            ),
            moved=seen.nbytes,
            threads=1,
        )


def _scores(record: Record) -> dict[str, tuple[Callable, Callable, Callable, np.ndarray]]:
    """By name: ours, the reference on arrays, the reference on example i, and the data read."""
    query, view, window = SimpleNamespace(record=record), record.train, 10
    el2n = registry.load("scores", "el2n")
    probability, n_epochs = view.probability, len(view.epochs)
    return {
        "forgetting": (
            lambda: forgetting(view.correct),
            lambda: reference.array_forgetting(view.correct),
            lambda i: reference.forgetting(view.correct[:, i].tolist(), n_epochs),
            view.correct,
        ),
        "dynamic uncertainty": (
            lambda: dynamic_uncertainty(probability),
            lambda: reference.array_dynamic_uncertainty(probability, window),
            lambda i: reference.dynamic_uncertainty(probability[:, i].tolist(), window),
            probability,
        ),
        "DUAL": (
            lambda: dual(probability),
            lambda: reference.array_dual(probability, window),
            lambda i: reference.dual(probability[:, i].tolist(), window),
            probability,
        ),
        "AUM": (
            lambda: aum(view.margin),
            lambda: -view.margin.astype(np.float64).mean(axis=0),
            lambda i: -sum(view.margin[:, i].tolist()) / n_epochs,
            view.margin,
        ),
        "EL2N": (
            lambda: el2n.score(query, view="train"),
            lambda: view.el2n[-1].astype(np.float64),
            lambda i: float(view.el2n[-1, i]),
            view.el2n[-1],
        ),
    }


def _record(n_examples: int, n_epochs: int) -> Record:
    """A record whose examples are learned at different epochs, with noise."""
    generator = np.random.default_rng(0)
    epochs = np.arange(1, n_epochs + 1, dtype=np.int32)
    learned = generator.normal(n_epochs / 4, n_epochs / 4, n_examples)
    level = (epochs[:, None] - learned) / 10 + generator.normal(size=(n_epochs, n_examples))
    probability = (1 / (1 + np.exp(-level))).astype(np.float32)
    view = View(
        epochs=epochs,
        probability=probability,
        correct=probability > 0.5,
        el2n=(np.sqrt(2) * (1 - probability)).astype(np.float32),
        margin=level.astype(np.float32),
    )
    return Record(np.zeros(n_examples, np.int64), 10, train=view)
