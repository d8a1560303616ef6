"""DUAL score from a record."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.training.record import Record, View
from tests.reference import trajectories

dual = registry.load("scores", "dual")

PROBABILITY = st.floats(0, 1, width=32)


def _view(probability):
    probability = np.asarray(probability, np.float32)
    epochs = np.arange(1, len(probability) + 1, dtype=np.int32)
    return View(epochs, probability, probability > 0.5, probability, probability)


def _query(train, evaluation=None):
    labels = np.zeros(np.shape(train)[1], np.int64)
    evaluation = None if evaluation is None else _view(evaluation)
    return SimpleNamespace(record=Record(labels, 2, train=_view(train), evaluation=evaluation))


def test_by_hand():
    # windows (0, 1) and (1, 1/2): (1 - 1/2) / sqrt 2 and (1 - 3/4) / 2 / sqrt 2, averaged
    scores = dual.score(_query([[0.0], [1.0], [0.5]]), window=2)
    np.testing.assert_allclose(scores, [(0.5 + 0.125) / 2 / np.sqrt(2)])


@given(arrays(np.float32, st.tuples(st.integers(5, 14), st.integers(1, 4)), elements=PROBABILITY))
def test_against_the_definition(probability):
    columns = probability.astype(np.float64).T.tolist()
    for window in (2, 5):
        expected = [trajectories.dual(c, window) for c in columns]
        actual = dual.score(_query(probability), window=window)
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


def test_early_epochs_and_view():
    train, evaluation = np.random.default_rng(0).random((2, 40, 5), dtype=np.float32)
    query = _query(train, evaluation)
    np.testing.assert_array_equal(dual.score(query, epochs=30), dual.score(_query(train[:30])))
    np.testing.assert_array_equal(
        dual.score(query, view="evaluation"), dual.score(_query(evaluation))
    )


def test_the_mean_probability_is_that_of_the_epochs_of_the_score():
    train = np.random.default_rng(0).random((12, 5), dtype=np.float32)
    found = dual.artifact(_query(train), epochs=10)["mean_probability"]
    np.testing.assert_allclose(found, train[:10].mean(axis=0), rtol=1e-6)


def test_harder_of_two_equally_uncertain_examples_comes_first():
    wave = np.tile([0.0, 0.2], 10)
    easy, hard = dual.score(_query(np.stack([0.8 + wave, wave], axis=1)))
    assert hard > easy > 0


def test_errors():
    query = _query(np.zeros((9, 2)))
    with pytest.raises(ValueError, match="window=10 needs at least 10 epochs, got 9"):
        dual.score(query)
    with pytest.raises(ValueError, match=r"epochs must be an integer in \[1, 9\], got 30"):
        dual.score(query, epochs=30)
    with pytest.raises(ValueError, match=r"window must be an integer in \[2, inf\], got 1"):
        dual.score(query, window=1)
