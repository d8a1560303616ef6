"""CLD from losses of examples and of the validation split."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from fairprune import registry
from fairprune.training.record import Record, View

cld = registry.load("scores", "cld")


def _query(losses, labels, validation):
    """Of losses (T, N), labels (N,) and validation losses (T, K)."""
    probability = np.exp(-np.asarray(losses, np.float64)).astype(np.float32)
    epochs = np.arange(1, len(probability) + 1, dtype=np.int32)
    view = View(epochs, probability, probability > 0.5, probability, probability)
    labels, validation = np.asarray(labels), np.asarray(validation, np.float32)
    series = {"validation_loss": validation}
    record = Record(labels, validation.shape[1], evaluation=view, series=series)
    return SimpleNamespace(record=record, labels=labels)


def slow(loss, validation):
    """Pearson's correlation of the differences of two lists, from its definition."""
    x = [b - a for a, b in itertools.pairwise(loss)]
    y = [b - a for a, b in itertools.pairwise(validation)]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    covariance = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    return covariance / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def test_by_hand():
    # differences of class 0 in the validation split (1, 2, 3): (-1, 0, 1) about their mean
    # of its examples (0, 0, 3), (1, 4, 1), none: (-1, -1, 2), (-1, 2, -1), so 3 / sqrt(2 * 6), 0, 0
    # of class 1 (1, 0, 2), of its example (0, 1, -1): the same, negative
    validation = [[0, 0], [1, 1], [3, 1], [6, 3]]
    losses = [[1, 0, 0, 1], [1, 1, 0, 1], [1, 5, 0, 2], [4, 6, 0, 1]]
    scores = cld.score(_query(losses, [0, 0, 0, 1], validation))
    np.testing.assert_allclose(scores, [3 / math.sqrt(12), 0, 0, -1], atol=1e-5)


@pytest.mark.parametrize("epochs", [None, 5])
def test_against_the_definition(epochs):
    generator = np.random.default_rng(0)
    losses, validation = generator.random((9, 20)), generator.random((9, 3))
    labels = generator.integers(0, 3, 20)
    expected = [
        slow(losses[:epochs, i].tolist(), validation[:epochs, k].tolist())
        for i, k in enumerate(labels)
    ]
    actual = cld.score(_query(losses, labels, validation), epochs=epochs)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_a_probability_of_zero_has_a_finite_loss():
    query = _query([[0, 1], [200, 2], [0, 5]], [0, 0], [[0], [1], [2]])
    assert np.isfinite(cld.score(query)).all()


def test_errors():
    with pytest.raises(ValueError, match="cld needs at least 3 epochs, got 2"):
        cld.score(_query([[0], [1]], [0], [[0], [1]]))
    with pytest.raises(ValueError, match="validation examples of every class; class 1 has none"):
        cld.score(_query(np.zeros((3, 2)), [0, 1], [[0, np.nan]] * 3))
    query = _query(np.zeros((3, 2)), [0, 1], np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"epochs must be an integer in \[1, 3\], got 4"):
        cld.score(query, epochs=4)


@pytest.mark.parametrize(("first", "step"), [(1, 0.1), (2, 0.1), (2, 0.3), (80, 0.001)])
def test_losses_that_fall_evenly_score_nothing(first, step):
    losses = first - step * np.arange(6)[:, None]
    validation = np.array([3, 2, 1.5, 1.2, 1.1, 1.0])[:, None]
    assert cld.cld(losses, [0], validation).tolist() == [0.0]
    assert cld.cld(validation, [0], losses).tolist() == [0.0]
