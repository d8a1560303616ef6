"""Quotas and index sets for a training set of the size of ImageNet."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np

import fairprune
from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.selection import keep, strategy_counts
from tests.reference.selection import keep_by_class

_GOAL = Goal("time_s", at_most=1)


def rows(bench: Bench) -> Iterator[Row]:
    """MetriQ with and without scores, and a strategy's quotas, keeping half of the examples."""
    n, n_classes = bench.size((1_280_000, 1000), (3000, 20))
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.arange(n) % n_classes)
    scores, recall = generator.random(n), generator.uniform(0.3, 0.95, n_classes)
    counts = np.bincount(labels)
    quotas = fairprune.quotas(fairprune.metriq(recall, counts, 0.5), counts, n_keep=n // 2)
    size = f"{n:,} examples, {n_classes:,} classes"
    yield from bench.compare(
        f"score + MetriQ: quotas and selection, {size}",
        Side(
            "ours", lambda: fairprune.prune(labels, 0.5, scores=scores, recall=recall), goal=_GOAL
        ),
        Side(
            "a mask and a sort per class",
            lambda: keep_by_class(labels, quotas, scores),
            note="reference without the quotas",
        ),
        threads=1,
    )
    yield from bench.compare(
        f"Random+MetriQ: quotas and selection, {size}",
        Side("ours", lambda: fairprune.prune(labels, 0.5, recall=recall), goal=_GOAL),
        _datacull(labels, recall),
        threads=1,
    )
    yield from bench.compare(
        f"counts that a strategy leaves, {size}",
        Side("ours", lambda: strategy_counts(labels, n // 2, scores=scores), goal=_GOAL),
        Side(
            "a sort of everything",
            lambda: np.bincount(labels[np.argsort(-scores, kind="stable")[: n // 2]]),
        ),
        threads=1,
    )
    yield from bench.compare(
        f"selection by score over all classes, {size}",
        Side("ours", lambda: keep(labels, n // 2, scores=scores), goal=_GOAL),
        Side(
            "a sort of everything",
            lambda: np.sort(np.argsort(-scores, kind="stable")[: n // 2]),
        ),
        threads=1,
    )


def _datacull(labels: np.ndarray, recall: np.ndarray) -> Side:
    """MetriQ in datacull, where it is a data loader, up to its index set."""
    if find_spec("datacull") is None:
        return Side.missing("datacull")
    from datacull.data import DCDataset
    from datacull.methods.MetriQ import MetriQDataLoader

    class Labels(SimpleNamespace):
        def __len__(self) -> int:
            return len(self.targets)

    dataset = DCDataset(Labels(targets=labels))
    return Side(
        "datacull",
        lambda: MetriQDataLoader(dataset, 0.5, recall, batch_size=1).resample(None),
        note="datacull floors the quotas and is not seeded",
    )
