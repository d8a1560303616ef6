"""Greedy k-center against the running minimum, pick by pick."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fairprune import registry
from fairprune.algorithms import kcenter
from fairprune.algorithms.kcenter import greedy_order
from tests.reference import kcenter as reference

coreset = registry.load("scores", "coreset")

POINTS = {
    "gaussian": lambda g, n, d: g.normal(size=(n, d)),
    "integers": lambda g, n, d: g.integers(0, 3, size=(n, d)),
    "corners": lambda g, n, d: g.integers(0, 2, size=(n, 3)),
    "duplicates": lambda g, n, d: g.normal(size=(n // 5, d))[g.integers(n // 5, size=n)],
    "identical": lambda g, n, d: np.full((n, d), 3.3),
    "far_from_origin": lambda g, n, d: 1e4 + 1e-2 * g.normal(size=(n, d)),
    "tight_clusters": lambda g, n, d: (
        1e3 * g.normal(size=(5, d))[g.integers(5, size=n)] + 1e-2 * g.normal(size=(n, d))
    ),
    "scales": lambda g, n, d: g.normal(size=(n, d)) * 10.0 ** g.integers(-20, 18, size=d),
    "relu": lambda g, n, d: np.maximum(g.normal(size=(n, d)) - 1, 0),
}


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("seed", range(3))
def test_full_order_is_that_of_the_running_minimum(name, seed):
    generator = np.random.default_rng(seed)
    n, d = int(generator.integers(10, 300)), int(generator.integers(1, 40))
    points = POINTS[name](generator, n, d).astype(np.float32)
    assert greedy_order(points).tolist() == reference.greedy_order(points, n)


@given(arrays(np.int8, st.tuples(st.integers(1, 30), st.integers(1, 3)), elements={"max_value": 4}))
def test_ties_go_to_the_smallest_index(points):
    assert greedy_order(points).tolist() == reference.greedy_order(points, len(points))


@pytest.mark.parametrize("size", [1, 7, 1024])
def test_batch_and_block_sizes_do_not_matter(monkeypatch, size):
    points = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    expected = reference.greedy_order(points, 400)
    monkeypatch.setattr(kcenter, "_MIN_BATCH", size)
    monkeypatch.setattr(kcenter, "_MAX_BATCH", size)
    monkeypatch.setattr(kcenter, "_ENTRIES", 100)
    assert greedy_order(points).tolist() == expected


def test_orders_are_nested():
    points = np.random.default_rng(1).normal(size=(150, 5)).astype(np.float32)
    full = greedy_order(points)
    for n in (0, 1, 2, 40, 149):
        np.testing.assert_array_equal(greedy_order(points, n), full[:n])


def test_rounding_of_the_filter_changes_no_pick(monkeypatch):
    # products as another library might round them, anywhere within the bound it allows for
    points = np.random.default_rng(2).normal(size=(300, 6)).astype(np.float32)
    closeness = kcenter._Cover.closeness
    noise = np.random.default_rng(3)

    def rounded(cover, positions, centres):
        exact = closeness(cover, positions, centres)
        error = 8 * np.finfo(np.float32).eps * noise.uniform(-1, 1, exact.shape)
        return exact + (error * cover._halves[centres]).astype(exact.dtype)

    monkeypatch.setattr(kcenter._Cover, "closeness", rounded)
    assert greedy_order(points).tolist() == reference.greedy_order(points, 300)


def test_few_pairs_are_computed_anew(monkeypatch):
    counts = []
    squared_distances = kcenter.squared_distances

    def spy(points, first, second):
        counts.append(len(first))
        return squared_distances(points, first, second)

    monkeypatch.setattr(kcenter, "squared_distances", spy)
    n = 2000
    greedy_order(np.random.default_rng(0).normal(size=(n, 32)).astype(np.float32))
    assert sum(counts) < 20 * n  # of n^2 / 2 pairs


def test_edges_and_bad_input():
    assert greedy_order(np.zeros((0, 3))).tolist() == []
    assert greedy_order(np.ones((1, 3))).tolist() == [0]
    with pytest.raises(ValueError, match=r"shape \(N, D\)"):
        greedy_order(np.zeros(3))
    with pytest.raises(ValueError, match="row 1"):
        greedy_order(np.array([[0.0], [np.nan]]))
    with pytest.raises(ValueError, match=r"n must be an integer in \[0, 2\], got 3"):
        greedy_order(np.zeros((2, 1)), 3)


def test_score_falls_along_the_order():
    embeddings = np.array([[0.0], [1.0], [2.0], [7.0]], dtype=np.float32)
    scores = coreset.score(SimpleNamespace(embeddings=embeddings))
    assert scores.tolist() == [2, 1, 4, 3]  # picked: 2, the nearest to 2.5, then 3, 0, 1
