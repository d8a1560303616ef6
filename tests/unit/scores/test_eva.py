"""EVA from a record."""

import statistics
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.training.record import Record, View

eva = registry.load("scores", "eva")
EL2N = st.floats(0, 1.375, width=32)


def _query(train, evaluation=None):
    def view(el2n):
        el2n = np.asarray(el2n, np.float32)
        other = np.zeros_like(el2n)
        return View(np.arange(1, len(el2n) + 1, dtype=np.int32), other, other > 0, el2n, other)

    labels = np.zeros(np.shape(train)[1], np.int64)
    evaluation = None if evaluation is None else view(evaluation)
    return SimpleNamespace(record=Record(labels, 2, train=view(train), evaluation=evaluation))


def slow(trajectories, window, early, late, weight):
    """One example after the other, from the definition."""
    found = [0.0] * len(trajectories)
    for share, w in ((early, weight), (late, 1 - weight)):
        start = min(int(share * len(trajectories[0])), len(trajectories[0]) - window)
        variances = [statistics.variance(t[start : start + window]) for t in trajectories]
        for i, variance in enumerate(variances):
            found[i] += w * variance / sum(variances) if sum(variances) else 0.0
    return found


def test_by_hand():
    # four epochs, windows (1, 2) and (3, 4): variances 1/2, 0 | 1/8, 3/8 over 1/2 and 1/2
    el2n = [[0.0, 0.5], [1.0, 0.5], [0.25, 0.0], [0.75, np.sqrt(0.75)]]
    np.testing.assert_allclose(
        eva.score(_query(el2n), window=2), [(1 + 0.25) / 2, (0 + 0.75) / 2], rtol=1e-6
    )
    np.testing.assert_allclose(eva.score(_query(el2n), window=2, weight=0.0), [0.25, 0.75], 1e-6)


def test_windows_of_the_published_code():
    el2n = np.random.default_rng(0).random((200, 3), dtype=np.float32)
    early, late = (el2n[a : a + 10].astype(float).var(axis=0, ddof=1) for a in (0, 100))
    expected = early / early.sum() / 2 + late / late.sum() / 2
    np.testing.assert_allclose(eva.score(_query(el2n)), expected)


@given(
    arrays(np.float32, st.tuples(st.integers(5, 14), st.integers(1, 4)), elements=EL2N),
    st.sampled_from([(2, 0.0, 0.5, 0.5), (5, 0.2, 1.0, 0.3)]),
)
def test_against_the_definition(el2n, options):
    expected = slow(el2n.astype(np.float64).T.tolist(), *options)
    names = ("window", "early", "late", "weight")
    actual = eva.score(_query(el2n), **dict(zip(names, options, strict=True)))
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-12)


def test_view():
    train, evaluation = np.random.default_rng(1).random((2, 12, 5), dtype=np.float32)
    np.testing.assert_array_equal(
        eva.score(_query(train, evaluation), view="evaluation"), eva.score(_query(evaluation))
    )


def test_too_few_epochs():
    with pytest.raises(ValueError, match="window=10 needs at least 10 epochs, got 9"):
        eva.score(_query(np.zeros((9, 2))))
