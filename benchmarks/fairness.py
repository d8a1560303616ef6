"""Metrics of a tested model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sklearn.metrics import accuracy_score, recall_score

import fairprune
from benchmarks._measure import Bench, Row, Side
from fairprune.metrics import count_correct, recalls


def rows(bench: Bench) -> Iterator[Row]:
    """All metrics from predictions, beside scikit-learn's recalls and accuracy."""
    n, n_classes = bench.size((50_000, 1000), (500, 10))
    generator = np.random.default_rng(0)
    labels = generator.integers(n_classes, size=n)
    wrong = generator.random(n) < 0.2
    predicted = np.where(wrong, generator.integers(n_classes, size=n), labels)

    def ours() -> dict[str, float]:
        n_correct, n_test = count_correct(predicted == labels, labels, n_classes)
        return fairprune.fairness(recalls(n_correct, n_test), n_test=n_test)

    def scikit_learn() -> dict[str, float]:
        recall = recall_score(labels, predicted, average=None)
        return {
            "average_accuracy": accuracy_score(labels, predicted),
            "worst_class_accuracy": recall.min(),
            "worst_tenth_accuracy": np.sort(recall)[: -(-len(recall) // 10)].mean(),
            "difference": recall.max() - recall.min(),
            "standard_deviation": recall.std(),
        }

    difference = max(abs(a - scikit_learn()[name]) for name, a in ours().items())
    yield from bench.compare(
        f"fairness metrics of {n:,} predictions, {n_classes:,} classes",
        Side("ours", ours, note=f"largest difference from the reference {difference:.1g}"),
        Side("scikit-learn", scikit_learn),
        threads=1,
    )
