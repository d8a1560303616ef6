"""Dynamic uncertainty from a record."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.training.record import Record, View
from tests.reference import trajectories

dynamic_uncertainty = registry.load("scores", "dynamic_uncertainty")

PROBABILITY = st.floats(0, 1, width=32)


def _view(probability):
    probability = np.asarray(probability, np.float32)
    epochs = np.arange(1, len(probability) + 1, dtype=np.int32)
    return View(epochs, probability, probability > 0.5, probability, probability)


def _query(evaluation, train=None):
    view = _view(evaluation)
    labels = np.zeros(view.probability.shape[1], np.int64)
    train = None if train is None else _view(train)
    return SimpleNamespace(record=Record(labels, 2, evaluation=view, train=train))


def test_by_hand():
    # windows of 2 epochs: sd |a - b| / sqrt(2); T - J = 2 of them, so the last step is unseen
    scores = dynamic_uncertainty.score(_query([[0.0], [1.0], [0.5], [0.0]]), window=2)
    np.testing.assert_allclose(scores, [(1 + 0.5) / 2 / np.sqrt(2)])
    query = _query([[0.0], [1.0], [0.5], [0.0]])
    variance = dynamic_uncertainty.score(query, window=2, spread="variance")
    np.testing.assert_allclose(variance, [(1 / 2 + 0.5**2 / 2) / 2])


@given(arrays(np.float32, st.tuples(st.integers(6, 14), st.integers(1, 4)), elements=PROBABILITY))
def test_against_the_definitions(probability):
    columns = probability.astype(np.float64).T.tolist()
    for window in (3, 5):
        he = dynamic_uncertainty.score(_query(probability), window=window)
        expected = [trajectories.dynamic_uncertainty(c, window) for c in columns]
        np.testing.assert_allclose(he, expected, rtol=1e-9, atol=1e-12)
        authors = dynamic_uncertainty.score(_query(probability), window=window, rule="authors")
        expected = [trajectories.dynamic_uncertainty_streaming(c, window) for c in columns]
        np.testing.assert_allclose(authors, expected, rtol=1e-9, atol=1e-12)


def test_default_window_is_ten_epochs_of_the_evaluation_view():
    rng = np.random.default_rng(0)
    evaluation, train = rng.random((2, 25, 6), dtype=np.float32)
    query = _query(evaluation, train)
    expected = [
        trajectories.dynamic_uncertainty(c, 10) for c in evaluation.astype(float).T.tolist()
    ]
    np.testing.assert_allclose(dynamic_uncertainty.score(query), expected)
    swapped = dynamic_uncertainty.score(query, view="train")
    np.testing.assert_array_equal(swapped, dynamic_uncertainty.score(_query(train)))


def test_last_epoch_plays_no_part():
    rng = np.random.default_rng(1)
    probability = rng.random((12, 5), dtype=np.float32)
    changed = probability.copy()
    changed[-1] = 1 - changed[-1]
    for rule in ("he", "authors"):
        np.testing.assert_array_equal(
            dynamic_uncertainty.score(_query(probability), rule=rule),
            dynamic_uncertainty.score(_query(changed), rule=rule),
        )


def test_examples_at_rest_after_a_jump_keep_their_exact_deviation():
    probability = np.full((60, 1), 0.9999999, np.float32)
    probability[:2] = 0.1
    alone = dynamic_uncertainty.score(_query(probability[2:]))
    np.testing.assert_array_equal(alone, [0.0])
    jump = dynamic_uncertainty.score(_query(probability))
    column = probability[:, 0].astype(float).tolist()
    np.testing.assert_allclose(jump, [trajectories.dynamic_uncertainty(column, 10)], rtol=1e-12)


def test_permuting_examples_permutes_scores_across_blocks():
    rng = np.random.default_rng(2)
    probability = rng.random((14, 20_000), dtype=np.float32)
    order = rng.permutation(20_000)
    np.testing.assert_array_equal(
        dynamic_uncertainty.score(_query(probability[:, order])),
        dynamic_uncertainty.score(_query(probability))[order],
    )


def test_errors():
    query = _query(np.zeros((10, 2)))
    with pytest.raises(ValueError, match="window=10 needs more than 10 epochs, got 10"):
        dynamic_uncertainty.score(query)
    with pytest.raises(ValueError, match=r"window must be an integer in \[2, inf\], got 1"):
        dynamic_uncertainty.score(query, window=1)
    with pytest.raises(ValueError, match=r"window must be an integer in \[3, inf\], got 2"):
        dynamic_uncertainty.score(query, window=2, rule="authors")


def test_cifar_sized_record_is_fast():
    query = _query(np.random.default_rng(0).random((160, 50_000), dtype=np.float32))
    start = time.process_time()
    dynamic_uncertainty.score(query)
    assert time.process_time() - start < 3  # 0.2 s measured
