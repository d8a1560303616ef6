"""D2 pruning."""

import numpy as np
import pytest

from fairprune.algorithms.neighbours import nearest
from fairprune.selection import keep
from fairprune.selectors.message_passing import select
from tests.unit.algorithms.test_neighbours import slow_nearest


def slow(points, scores, n_keep, k, gamma_f, gamma_r, power):
    """The algorithm of the paper on whole matrices."""
    n = len(points)
    order, _ = slow_nearest(points, k, "euclidean")
    linked = np.zeros((n, n), dtype=bool)
    for i in range(n):
        linked[i, order[i]] = linked[order[i], i] = True
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) ** power
    score = scores - scores.min()
    x = score.copy()
    for i in range(n):
        for j in np.flatnonzero(linked[i]):
            x[i] += np.exp(-gamma_f * distance[i, j]) * score[j]
    taken = []
    for _ in range(n_keep):
        k = max((i for i in range(n) if i not in taken), key=lambda i: x[i])
        taken.append(k)
        for j in np.flatnonzero(linked[k]):
            x[j] -= np.exp(-gamma_r * distance[k, j]) * x[k]
    return sorted(taken)


def test_by_hand():
    # two pairs, at distances 0 and 1; forward 3 + 2, 2 + 3, 1 + 0, 0 + 1/e
    neighbours, distances = nearest(np.array([[0.0], [0.0], [9.0], [10.0]]), 1)
    artifact = {"neighbours": neighbours, "distances": distances}
    scores = np.array([3.0, 2.0, 1.0, 0.0])

    def first(n, **options):
        return select(np.arange(4), n, scores=scores, artifact=artifact, **options).tolist()

    assert first(1) == [0]  # its double falls to 0
    assert first(2) == [0, 2]  # which lowers the last by 1/e, to 0 as well
    assert first(3) == [0, 1, 2]
    assert first(3, gamma_reverse=9.0) == [0, 2, 3]  # now it keeps nearly all of its 1/e
    assert select(np.array([1, 3]), 1, scores=scores, artifact=artifact).tolist() == [1]


@pytest.mark.parametrize(("gammas", "power"), [((1.0, 1.0), 2), ((0.5, 3.0), 2), ((1.0, 0.2), 1)])
def test_against_the_algorithm_on_whole_matrices(gammas, power):
    generator = np.random.default_rng(1)
    points, scores = generator.normal(size=(60, 2)), generator.normal(size=60)
    neighbours, distances = nearest(points, 5)
    artifact = {"neighbours": neighbours, "distances": distances}
    for n_keep in (5, 30, 50):
        options = {"gamma_forward": gammas[0], "gamma_reverse": gammas[1]}
        options["distance"] = "squared" if power == 2 else "plain"
        kept = select(np.arange(60), n_keep, scores=scores, artifact=artifact, **options)
        assert kept.tolist() == slow(points, scores, n_keep, 5, *gammas, power)


def test_quotas_are_met_in_every_class():
    generator = np.random.default_rng(2)
    points, labels = generator.normal(size=(80, 3)), np.arange(80) % 2
    neighbours, distances = nearest(points, 5)
    artifact = {"neighbours": neighbours, "distances": distances}
    scores = generator.random(80)
    kept = keep(
        labels, 0, quotas=[7, 30], scores=scores, selector="message_passing", artifact=artifact
    )
    assert np.bincount(labels[kept]).tolist() == [7, 30]
