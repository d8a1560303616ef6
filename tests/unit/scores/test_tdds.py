"""TDDS from KL steps."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.training.record import Record

tdds = registry.load("scores", "tdds")

STEP = st.floats(0, 4, width=32)


def _query(steps, absolute=None):
    series = {"kl_step": np.asarray(steps, np.float32)}
    if absolute is not None:
        series["absolute_kl_step"] = np.asarray(absolute, np.float32)
    labels = np.zeros(series["kl_step"].shape[1], np.int64)
    return SimpleNamespace(record=Record(labels, 2, series=series))


def slow(steps, window, decay):
    """One example: the steps between T epochs, in the words of the paper."""
    n_epochs, total = len(steps) + 1, 0.0
    for k in range(n_epochs - window + 1):
        inside = steps[k : k + window - 1]
        mean = sum(inside) / len(inside)
        distance = math.sqrt(sum((step - mean) ** 2 for step in inside))
        total += decay * (1 - decay) ** (n_epochs - window - k) * distance
    return total


def test_by_hand():
    # three epochs a window: steps (0, 2) and (2, 8), at 1 and 3 from their means, twice each
    expected = 0.75 * 0.25 * math.sqrt(2) + 0.75 * math.sqrt(18)
    scores = tdds.score(_query([[0.0], [2.0], [8.0]]), window=3, decay=0.75)
    np.testing.assert_allclose(scores, [expected])


@given(
    arrays(np.float32, st.tuples(st.integers(4, 13), st.integers(1, 4)), elements=STEP),
    st.sampled_from([(3, 0.9), (5, 0.4), (4, 1.0)]),
)
def test_against_the_definition(steps, options):
    window, decay = options
    expected = [slow(column, window, decay) for column in steps.astype(np.float64).T.tolist()]
    actual = tdds.score(_query(steps), window=window, decay=decay)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


def test_early_epochs_and_the_step_of_the_published_code():
    steps, absolute = np.random.default_rng(0).random((2, 39, 5), dtype=np.float32)
    query = _query(steps, absolute)
    np.testing.assert_array_equal(tdds.score(query, epochs=30), tdds.score(_query(steps[:29])))
    np.testing.assert_array_equal(tdds.score(query, step="absolute"), tdds.score(_query(absolute)))


def test_errors():
    query = _query(np.zeros((8, 2)))
    with pytest.raises(ValueError, match="window=10 needs at least 10 epochs, got 9"):
        tdds.score(query)
    with pytest.raises(ValueError, match=r"epochs must be an integer in \[1, 9\], got 30"):
        tdds.score(query, epochs=30)
    with pytest.raises(ValueError, match="'absolute_kl_step'; add 'kl_step' to `record`"):
        tdds.score(query, window=3, step="absolute")
