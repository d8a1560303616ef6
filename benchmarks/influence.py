"""Influence: the factors of the last layer, and the subset whose removal changes it least."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks._embeddings import relu_features
from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.algorithms.influence import Factors, factors, joint_norm, minimise
from tests.reference import influence as reference


def rows(bench: Bench) -> Iterator[Row]:
    """Time the whole method at full size, and compare a smaller one with the greedy choice."""
    n, n_classes, d = bench.size((50_000, 100, 512), (200, 5, 8))
    outputs = _outputs(n, n_classes, d)
    yield from bench.compare(
        f"influence of {n:,} examples, {n_classes} classes, {d} features; 70% removed",
        Side("ours", lambda: _choose(factors(*outputs), n), goal=Goal("time_s", at_most=120)),
        precision="float32",
        threads=bench.threads,
    )
    yield from _small(bench)


def _small(bench: Bench) -> Iterator[Row]:
    n = bench.size(2000, 100)
    influences = factors(*_outputs(n, 10, 32))
    whole = np.einsum("nq,np->nqp", influences.g, influences.a).reshape(n, -1)  # (N, Q P)
    greedy = reference.herding(whole, 7 * n // 10)
    ours = joint_norm(influences, _choose(influences, n))
    share = ours / joint_norm(influences, greedy)
    yield from bench.compare(
        f"subset of {n:,} examples, 10 classes, 32 features; 70% removed",
        Side("ours", lambda: _choose(influences, n)),
        Side(
            "one by one, greedily",
            lambda: reference.herding(whole, 7 * n // 10),
            note=f"our norm is {share:.2g} of the reference's",
        ),
        precision="float32",
        value=share,
        threads=1,
    )


def _choose(influences: Factors, n: int) -> np.ndarray:
    return minimise(influences, 7 * n // 10, generator=np.random.default_rng(0))


def _outputs(n: int, n_classes: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings, softmax outputs and labels of a classifier that is mostly right."""
    embeddings, labels = relu_features(n, d, n_classes)
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(n, n_classes))
    logits[np.arange(n), labels] += generator.normal(5, 3, n)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return embeddings, probabilities, labels
