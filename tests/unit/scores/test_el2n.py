"""EL2N from a record."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from fairprune import registry
from fairprune.training.record import Record, View
from tests.reference import trajectories

el2n = registry.load("scores", "el2n")


def _view(values, epochs=None):
    values = np.asarray(values, np.float32)
    epochs = np.arange(1, len(values) + 1) if epochs is None else epochs
    blank = np.zeros_like(values)
    return View(np.asarray(epochs, np.int32), blank, blank > 0, values, blank)


def _query(**views):
    n = next(iter(views.values())).el2n.shape[1]
    return SimpleNamespace(record=Record(np.zeros(n, np.int64), 2, **views))


def test_definition_on_three_examples_by_hand():
    # probabilities (1/2, 1/2), (3/4, 1/4) and (1/4, 1/4, 1/2), true class first
    logits = [[0, 0], [math.log(3), 0], [0, 0, math.log(2)]]
    expected = [math.sqrt(1 / 2), math.sqrt(1 / 8), math.sqrt(14) / 4]
    values = [trajectories.el2n(row, 0) for row in logits]
    np.testing.assert_allclose(values, expected)
    np.testing.assert_allclose(el2n.score(_query(evaluation=_view([values]))), expected, rtol=1e-6)


def test_last_evaluation_row_by_default():
    query = _query(
        evaluation=_view([[0.1, 0.2], [0.3, 0.4]], epochs=[8, 16]),
        train=_view([[0.5, 0.6], [0.7, 0.8]]),
    )
    np.testing.assert_allclose(el2n.score(query), [0.3, 0.4], rtol=1e-6)
    np.testing.assert_allclose(el2n.score(query, epoch=8), [0.1, 0.2], rtol=1e-6)
    np.testing.assert_allclose(el2n.score(query, view="train"), [0.7, 0.8], rtol=1e-6)
    np.testing.assert_allclose(el2n.score(query, view="train", epoch=1), [0.5, 0.6], rtol=1e-6)


def test_scores_do_not_alias_the_record():
    query = _query(evaluation=_view([[0.25, 0.5]]))
    el2n.score(query)[:] = 9
    np.testing.assert_array_equal(query.record.evaluation.el2n, [[0.25, 0.5]])


def test_errors():
    query = _query(evaluation=_view([[0.1], [0.3]], epochs=[8, 16]))
    with pytest.raises(ValueError, match="epoch 9 was not recorded; recorded epochs: 8, 16"):
        el2n.score(query, epoch=9)
    with pytest.raises(ValueError, match="did not record the 'train' view"):
        el2n.score(query, view="train")
