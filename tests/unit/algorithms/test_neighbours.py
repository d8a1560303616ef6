"""Graphs of nearest neighbours and greedy choices on them."""

import numpy as np
import pytest
from scipy import sparse

from fairprune.algorithms.neighbours import graph, greedy, nearest

RNG = np.random.default_rng(0)


def slow_nearest(points, k, metric):
    """From the matrix of distances."""
    points = points.astype(np.float64)
    if metric == "cosine":
        unit = points / np.linalg.norm(points, axis=1, keepdims=True)
        distances = 1 - unit @ unit.T
    else:
        distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1)[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


def slow_greedy(values, penalties, n, in_proportion):
    """Look at all values at each step."""
    values, taken = values.astype(np.float64), []
    for _ in range(n):
        left = [i for i in range(len(values)) if i not in taken]
        best = max(left, key=lambda i: (values[i], -i))
        taken.append(best)
        for j in range(len(values)):
            values[j] -= penalties[best, j] * (values[best] if in_proportion and j != best else 1)
    return taken


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_those_of_the_matrix_of_distances(metric):
    points = RNG.normal(size=(300, 5)).astype(np.float32)
    neighbours, distances = nearest(points, 7, metric)
    expected, lengths = slow_nearest(points, 7, metric)
    np.testing.assert_array_equal(neighbours, expected)
    np.testing.assert_allclose(distances, lengths, rtol=1e-4, atol=1e-6)
    assert neighbours.dtype == np.int32 and distances.dtype == np.float32


def test_a_point_is_not_its_own_neighbour_even_where_it_has_a_double():
    neighbours, distances = nearest(np.array([[0.0], [0.0], [5.0]]), 1)
    assert neighbours[:2, 0].tolist() == [1, 0] and distances[:2, 0].tolist() == [0, 0]


def test_a_graph_by_hand():
    # 0 - 1 is the nearest of both, 2 has 1 and 3 has 2; candidates 3, 2 and 0
    neighbours = np.array([[1], [0], [1], [2]])
    weights = np.array([[0.5], [0.25], [0.1], [0.7]])
    whole = graph(neighbours, weights, np.arange(4)).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = 0.5
    expected[1, 2] = expected[2, 1] = 0.1
    expected[2, 3] = expected[3, 2] = 0.7
    np.testing.assert_array_equal(whole, expected)
    part = graph(neighbours, weights, np.array([3, 2, 0])).toarray()
    np.testing.assert_array_equal(part, [[0, 0.7, 0], [0.7, 0, 0], [0, 0, 0]])


def test_greedy_by_hand():
    # 0 lowers 1 below 2; in proportion to its value 4 by half of it
    penalties = sparse.csr_array(np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]))
    values = np.array([4.0, 3.0, 2.0])
    assert greedy(values, penalties, 3).tolist() == [0, 1, 2]
    assert greedy(values, penalties, 3, in_proportion=True).tolist() == [0, 2, 1]
    assert greedy(np.zeros(3), penalties, 2).tolist() == [0, 2]


@pytest.mark.parametrize("in_proportion", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_that_of_looking_at_all_values(seed, in_proportion):
    generator = np.random.default_rng(seed)
    weights = generator.random((30, 30)) * (generator.random((30, 30)) < 0.2)
    weights = weights + weights.T
    np.fill_diagonal(weights, 0)
    values = np.round(generator.normal(size=30), 1)  # some are equal, some negative
    found = greedy(values, sparse.csr_array(weights), 25, in_proportion=in_proportion)
    assert found.tolist() == slow_greedy(values, weights, 25, in_proportion)
