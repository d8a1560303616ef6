"""Area under the margin from a record."""

from types import SimpleNamespace

import numpy as np

from fairprune import registry
from fairprune.training.record import Record, View
from tests.reference import trajectories

aum = registry.load("scores", "aum")


def _view(margin):
    margin = np.asarray(margin, np.float32)
    epochs = np.arange(1, len(margin) + 1, dtype=np.int32)
    return View(epochs, margin, margin > 0, margin, margin)


def _query(train, evaluation=None):
    labels = np.zeros(np.shape(train)[1], np.int64)
    evaluation = None if evaluation is None else _view(evaluation)
    return SimpleNamespace(record=Record(labels, 3, train=_view(train), evaluation=evaluation))


def test_against_the_definition_on_logits():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(0, 3, (7, 5, 3)), rng.integers(0, 3, 5)
    margin = [
        [trajectories.margin(z, y) for z, y in zip(row, labels, strict=True)] for row in logits
    ]
    expected = np.sum(margin, axis=0) / 7
    np.testing.assert_allclose(aum.score(_query(margin), keep="easy"), expected, rtol=1e-5)
    np.testing.assert_allclose(aum.score(_query(margin)), -expected, rtol=1e-5)


def test_hard_and_mislabelled_examples_come_first_unless_easy_ones_are_asked_for():
    margin = [[4.0, -2.0, 1.0], [6.0, -4.0, 0.0]]  # easy, mislabelled, ambiguous
    assert aum.score(_query(margin)).argsort()[::-1].tolist() == [1, 2, 0]
    assert aum.score(_query(margin), keep="easy").argsort()[::-1].tolist() == [0, 2, 1]


def test_train_view_by_default():
    query = _query([[1.0, 2.0]], evaluation=[[3.0, 4.0]])
    np.testing.assert_array_equal(aum.score(query), [-1, -2])
    np.testing.assert_array_equal(aum.score(query, view="evaluation"), [-3, -4])


def test_mean_is_taken_in_double_precision():
    margin = np.full((1000, 1), 0.1, np.float32)
    np.testing.assert_allclose(aum.score(_query(margin), keep="easy"), np.float32(0.1), rtol=1e-12)
