"""Isolation in the embedding, and the graph that selectors choose on."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fairprune import registry, scores

neighbours = registry.load("scores", "neighbours")


def test_by_hand():
    # 0, 1 and 4 on a line: to the two others 1 and 4, 1 and 3, 3 and 4
    points = [[0.0], [1.0], [4.0]]
    assert scores.neighbours(points, n_neighbours=2).tolist() == [2.5, 2, 3.5]
    assert scores.neighbours(points, n_neighbours=1).tolist() == [1, 1, 3]
    plane = [[1.0, 0.0], [5.0, 0.0], [0.0, 2.0]]
    found = scores.neighbours(plane, n_neighbours=1, metric="cosine")
    np.testing.assert_allclose(found, [0, 0, 1], atol=1e-6)


def test_the_artifact_is_the_graph_of_the_score():
    embeddings = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    query = SimpleNamespace(embeddings=embeddings)
    graph = neighbours.artifact(query, n_neighbours=4, metric="cosine")
    assert set(graph) == set(neighbours.ARTIFACT) and str(graph["metric"]) == "cosine"
    public = scores.neighbour_graph(embeddings, n_neighbours=4, metric="cosine")
    assert all(np.array_equal(public[name], graph[name]) for name in neighbours.ARTIFACT)
    np.testing.assert_allclose(
        graph["distances"].mean(axis=1),
        neighbours.score(query, n_neighbours=4, metric="cosine"),
        rtol=1e-6,
    )


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.neighbors", None)
    with pytest.raises(ImportError, match=r"sklearn is needed here: .*fairprune\[scores\]"):
        scores.neighbours(np.eye(3), n_neighbours=1)


def test_more_neighbours_than_there_are():
    with pytest.raises(ValueError, match=r"n_neighbours must be an integer in \[1, 2\], got 3"):
        scores.neighbours(np.zeros((3, 2)), n_neighbours=3)
