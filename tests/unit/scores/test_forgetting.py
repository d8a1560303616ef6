"""Forgetting events from a record."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.training.record import Record, View
from tests.reference import trajectories

forgetting = registry.load("scores", "forgetting")


def _query(correct, epochs=None):
    correct = np.asarray(correct, bool)
    epochs = np.arange(1, len(correct) + 1) if epochs is None else epochs
    blank = np.zeros(correct.shape, np.float32)
    view = View(np.asarray(epochs, np.int32), blank, correct, blank, blank)
    return SimpleNamespace(record=Record(np.zeros(correct.shape[1], np.int64), 2, train=view))


def test_written_sequences():
    # one column an example: forgotten twice, once, never forgotten, never learned, late
    sequences = ["101001", "000110", "011111", "000000", "000001"]
    correct = np.array([[letter == "1" for letter in row] for row in sequences]).T
    np.testing.assert_array_equal(forgetting.score(_query(correct)), [2, 1, 0, 0, 0])
    maximum = forgetting.score(_query(correct), never_learned="maximum")
    np.testing.assert_array_equal(maximum, [2, 1, 0, 6, 0])


@given(arrays(bool, st.tuples(st.integers(2, 12), st.integers(1, 9))))
def test_against_the_definition(correct):
    for rule, value in (("maximum", len(correct)), ("zero", 0)):
        expected = [trajectories.forgetting(column, value) for column in correct.T]
        actual = forgetting.score(_query(correct), never_learned=rule)
        np.testing.assert_array_equal(actual, expected)


@given(arrays(bool, st.tuples(st.integers(2, 12), st.integers(1, 9))))
def test_never_learned_may_rank_above_all_others(correct):
    scores = forgetting.score(_query(correct), never_learned="maximum")
    learned = correct.any(axis=0)
    assert (scores[~learned] == len(correct)).all()
    assert (scores[learned] <= len(correct) / 2).all()


def test_errors():
    with pytest.raises(ValueError, match="at least 2 epochs, got 1"):
        forgetting.score(_query([[True]]))
    with pytest.raises(ValueError, match="every epoch"):
        forgetting.score(_query([[True], [False]], epochs=[1, 3]))
