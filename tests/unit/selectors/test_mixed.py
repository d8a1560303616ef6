"""A share by score, the rest at random."""

import numpy as np
import pytest

from fairprune.selection import keep
from fairprune.selectors.mixed import select

POOL = np.array([3, 0, 5, 1])
SCORES = np.array([0.9, 0.1, 99.0, 0.5, 99.0, 0.7])


class Priorities:
    """In place of a generator: the priorities of the pool's candidates, in its order."""

    def __init__(self, *priorities):
        self.priorities = np.array(priorities)

    def random(self, n):
        assert n == len(self.priorities)
        return self.priorities


def test_by_hand():
    # by score 0, 5, 3, 1; of two to keep, 0 by score, and of 5, 3, 1 the highest priority: 1
    drawn = Priorities(0.5, 0.9, 0.2, 0.8)
    assert select(POOL, 2, scores=SCORES, generator=drawn).tolist() == [0, 1]
    assert select(POOL, 2, scores=SCORES, generator=drawn, share=1.0).tolist() == [0, 5]
    assert select(POOL, 2, scores=SCORES, generator=drawn, share=0.0).tolist() == [0, 1]
    assert select(POOL, 3, scores=SCORES, generator=drawn, share=0.67).tolist() == [0, 1, 5]
    # half of 3 is rounded to 2, of 5 and 0 by score; 1 has the higher priority of the rest
    assert select(POOL, 3, scores=SCORES, generator=drawn).tolist() == [0, 1, 5]


def test_the_rest_is_drawn_evenly_from_all_others():
    scores, n = np.arange(10.0), 4000
    counts = np.zeros(10)
    for seed in range(n):
        generator = np.random.default_rng(seed)
        counts[select(np.arange(10), 4, scores=scores, generator=generator)] += 1
    assert (counts[8:] == n).all()
    np.testing.assert_allclose(counts[:8] / n, 2 / 8, atol=4 * np.sqrt(0.25 * 0.75 / n))


def test_each_class_has_its_own_share():
    labels, scores = np.repeat([0, 1], 50), np.arange(100.0)
    generator = np.random.default_rng(0)
    kept = keep(
        labels, 0, quotas=[10, 20], scores=scores, selector="mixed", generator=generator, share=0.7
    )
    assert {*range(43, 50), *range(86, 100)} <= set(kept)
    assert np.bincount(labels[kept]).tolist() == [10, 20]


def test_share_outside_its_range():
    with pytest.raises(ValueError, match=r"share must be .*\[0, 1\].* got 1.5"):
        select(POOL, 2, scores=SCORES, generator=Priorities(1, 2, 3, 4), share=1.5)


def test_a_class_without_a_quota_does_not_move_the_draws_of_others():
    labels, scores = np.repeat([0, 1], [100, 500]), np.arange(600.0)
    few, more = (
        keep(
            labels, 0, quotas=quotas, scores=scores, selector="mixed",
            generator=np.random.default_rng(3),
        )
        for quotas in ([0, 240], [1, 251])
    )  # fmt: skip
    assert set(few) <= set(more)
