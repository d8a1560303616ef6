"""Scores of the trajectory of training, from its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np

from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.records import Record, View
from fairprune.scores import aum, dual, dynamic_uncertainty, el2n, forgetting
from tests.reference import trajectories as plain


def rows(bench: Bench) -> Iterator[Row]:
    """Each score beside whole arrays in NumPy, and beside plain Python on a few examples."""
    n_examples, n_epochs = bench.size((50_000, 160), (200, 12))
    record = _record(n_examples, n_epochs)
    query = SimpleNamespace(record=record)
    view = record.train
    scores: dict[str, tuple[Callable, Callable[[int], object], int]] = {
        "forgetting": (
            lambda: forgetting.score(query),
            lambda i: plain.forgetting(view.correct[:, i].tolist(), n_epochs),
            view.correct.nbytes,
        ),
        "dynamic uncertainty": (
            lambda: dynamic_uncertainty.score(query, view="train"),
            lambda i: plain.dynamic_uncertainty(view.probability[:, i].tolist(), 10),
            view.probability.nbytes,
        ),
        "DUAL": (
            lambda: dual.score(query),
            lambda i: plain.dual(view.probability[:, i].tolist(), 10),
            view.probability.nbytes,
        ),
        "AUM": (
            lambda: aum.score(query),
            lambda i: -sum(view.margin[:, i].tolist()) / n_epochs,
            view.margin.nbytes,
        ),
        "EL2N": (
            lambda: el2n.score(query, view="train"),
            lambda i: float(view.el2n[-1, i]),
            view.el2n[-1].nbytes,
        ),
    }
    few = bench.size(50, 5)
    for name, (ours, one, moved) in scores.items():
        yield from bench.compare(
            f"{name} of {n_examples:,} examples, {n_epochs} epochs",
            Side("ours", ours, goal=Goal("time_s", at_most=1)),
            Side(
                f"plain Python ({few} examples, scaled)",
                lambda one=one: [one(i) for i in range(few)],
                units=few / n_examples,
            ),
            moved=moved,
            threads=1,
        )


def _record(n_examples: int, n_epochs: int) -> Record:
    """A record whose examples are learned sooner or later, with noise."""
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
