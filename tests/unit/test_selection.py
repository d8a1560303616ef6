"""Selections: prune, keep, counts."""

import time

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from fairprune import allocation
from fairprune.library.pruning import prune
from fairprune.selection import (
    class_counts,
    emptied_classes,
    keep,
    random_priorities,
    strategy_counts,
)
from fairprune.ties import tie_order
from tests.reference.ties import tie_hash


@st.composite
def scored_sets(draw):
    """Labels of up to 4 classes and scores with many ties."""
    n = draw(st.integers(1, 40))
    labels = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    scores = draw(st.lists(st.integers(-5, 5), min_size=n, max_size=n))
    return np.array(labels), np.array(scores, dtype=float)


def _slow_top(pool, n, scores, ids=range(40)):
    return sorted(sorted(pool, key=lambda i: (-scores[i], tie_hash(ids[i], "examples")))[:n])


def test_ties_are_kept_by_a_hash_of_the_position():
    labels = np.zeros(6, int)
    assert tie_order(np.arange(6), "examples").tolist() == [5, 3, 1, 0, 2, 4]
    np.testing.assert_array_equal(prune(labels, 0.5, scores=[1, 2, 1, 1, 2, 1]), [1, 4, 5])


@given(scored_sets(), st.floats(0.01, 1), st.booleans(), st.randoms())
def test_the_order_of_the_examples_does_not_matter(problem, density, within, random):
    labels, scores = problem
    n = len(labels)
    assume(density * n > 0.51)
    order = np.array(random.sample(range(n), n))
    ids = np.array([f"class{k}/{i}.png" for i, k in enumerate(labels)], object)
    recall = np.linspace(0.1, 0.9, 4) if within else None
    kept = prune(labels, density, scores=scores, recall=recall, ids=ids)
    again = prune(
        labels[order], density, scores=scores[order], recall=recall, ids=ids[order].tolist()
    )
    assert set(ids[kept]) == set(ids[order][again])
    if not within:
        assert kept.tolist() == _slow_top(range(n), len(kept), scores, ids)
        assert set(kept) <= set(prune(labels, min(1, density + 0.2), scores=scores, ids=ids))


def test_tied_scores_leave_sorted_classes_alike():
    """67% of the scores are 0, 27% are 1: at density 0.7 most of what is kept is a tie."""
    labels = np.repeat(np.arange(10), 500)
    scores = np.random.default_rng(0).poisson(0.4, 5000)
    counts = class_counts(labels[prune(labels, 0.7, scores=scores)])
    assert counts.sum() == 3500 and np.abs(counts - 350).max() < 40  # 4 standard deviations
    np.testing.assert_array_equal(strategy_counts(labels, 3500, scores=scores), counts)


@given(scored_sets(), st.floats(0.01, 1))
def test_global_selection_against_sorting(problem, density):
    labels, scores = problem
    assume(density * len(labels) > 0.51)
    n = allocation.n_keep(density, len(labels))
    kept = prune(labels, density, scores=scores)
    assert kept.tolist() == _slow_top(range(len(labels)), n, scores)
    assert kept.dtype == np.int64


@given(scored_sets(), st.data())
def test_selection_within_classes_against_sorting(problem, data):
    labels, scores = problem
    counts = class_counts(labels, 4)
    quotas = [data.draw(st.integers(0, int(n))) for n in counts]
    expected = [
        i
        for k, n in enumerate(quotas)
        for i in _slow_top(np.flatnonzero(labels == k).tolist(), n, scores)
    ]
    kept = prune(labels, scores=scores, quotas=quotas)
    assert kept.tolist() == sorted(expected)
    np.testing.assert_array_equal(class_counts(labels[kept], 4) if len(kept) else 0, quotas)


@given(scored_sets(), st.floats(0.01, 1))
def test_increasing_maps_of_the_scores_change_nothing(problem, density):
    labels, scores = problem
    assume(density * len(labels) > 0.51)
    recall = np.linspace(0.1, 0.9, 4)
    for arguments in ({}, {"recall": recall}):
        np.testing.assert_array_equal(
            prune(labels, density, scores=scores, **arguments),
            prune(labels, density, scores=np.exp(scores) - 7, **arguments),
        )


@given(st.integers(1, 60), st.permutations(range(60)), st.floats(0.01, 1))
def test_permuting_examples_permutes_the_selection(n, order, density):
    assume(density * n > 0.51)
    order = np.array([i for i in order if i < n])
    labels, scores = np.arange(n) % 3, np.random.default_rng(n).random(n)
    kept = prune(labels, density, scores=scores)
    permuted = prune(labels[order], density, scores=scores[order])
    np.testing.assert_array_equal(np.sort(order[permuted]), kept)


@given(st.integers(0, 99), st.floats(0.02, 1), st.floats(0.02, 1))
def test_random_pruning_is_nested_across_densities(seed, first, second):
    labels = np.arange(50) % 5
    small, large = sorted((first, second))
    assert set(prune(labels, small, seed=seed)) <= set(prune(labels, large, seed=seed))


def test_random_pruning_depends_on_the_seed_alone():
    labels = np.arange(200) % 5
    np.testing.assert_array_equal(prune(labels, 0.3), prune(labels[::-1], 0.3, seed=0))
    assert prune(labels, 0.3).tolist() != prune(labels, 0.3, seed=1).tolist()


def test_random_pruning_is_uniform():
    labels = np.zeros(20, int)
    kept = np.concatenate([prune(labels, 0.25, seed=seed) for seed in range(2000)])
    frequency = np.bincount(kept, minlength=20) / 2000
    deviation = (0.25 * 0.75 / 2000) ** 0.5
    assert np.abs(frequency - 0.25).max() < 4.5 * deviation


def test_recalls_mean_metriq():
    labels, recall = np.repeat([0, 1, 2], 100), [0.1, 0.7, 0.9]
    counts = class_counts(labels[prune(labels, 0.5, recall=recall)])
    np.testing.assert_array_equal(counts, [100, 37, 13])


def test_relabelling_classes_keeps_the_examples():
    rng = np.random.default_rng(0)
    labels, scores, recall = rng.integers(0, 9, 300), rng.random(300), rng.random(9)
    names = rng.permutation(9)
    renamed = np.empty(9)
    renamed[names] = recall
    np.testing.assert_array_equal(
        prune(labels, 0.37, scores=scores, recall=recall),
        prune(names[labels], 0.37, scores=scores, recall=renamed),
    )


def test_density_one_keeps_all():
    labels = np.arange(9) % 3
    for arguments in ({}, {"scores": np.zeros(9)}, {"recall": [0.5, 1.0, 0.0]}):
        np.testing.assert_array_equal(prune(labels, 1.0, **arguments), np.arange(9))


def test_quotas_override_the_density():
    np.testing.assert_array_equal(prune([0], 0.5, quotas=[1]), [0])
    with pytest.warns(UserWarning, match=r"quotas keep 1 of 4 .* density=0.5 asks for 2"):
        kept = prune([0, 0, 1, 1], 0.5, scores=[1, 2, 3, 4], quotas=[0, 1])
    np.testing.assert_array_equal(kept, [3])


def test_tensors_pass():
    labels, scores = torch.tensor([0, 0, 1, 1]), torch.tensor([0.5, 0.25, 0.75, 0.0])
    np.testing.assert_array_equal(prune(labels, 0.5, scores=scores), [0, 2])
    np.testing.assert_array_equal(
        prune(labels, 0.5, scores=scores, quotas=torch.tensor([1, 1])), [0, 2]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recall": [0.5, 0.5], "quotas": [1, 1]}, "recall and quotas exclude each other"),
        ({"quotas": [3, 0]}, r"quotas\[0\] = 3, but class 0 has 2 examples"),
        ({"quotas": [1, -1]}, r"quotas must be at least 0, got quotas\[1\] = -1"),
        ({"quotas": [1]}, "quotas must have a value for each class, got 1 where"),
        ({"recall": [0.5]}, "recall must have a value for each class, got 1 where"),
        ({"scores": [1.0]}, "scores must have length 4, got 1"),
        ({"scores": [1, 2, 3, np.nan]}, r"scores must be finite, got scores\[3\] = nan"),
        ({"density": 1.5}, "density is the share kept"),
        ({"labels": [0, 0, 1, -1]}, r"labels must be at least 0, got labels\[3\] = -1"),
        ({"labels": []}, "labels must not be empty"),
        ({"seed": 0.5}, r"^seed must be an integer, got 0.5$"),
        ({"density": 1e-6}, "density 1e-06 keeps none of 4 examples"),
        ({"density": 1.5, "quotas": [1, 1]}, "density is the share kept"),
        ({"scores": [1, 2, 3, 2**53 + 1]}, r"at most 2\*\*53 .* scores\[3\] = 9007199254740993$"),
        ({"scores": np.array([0, -(2**63), 1, 2])}, r"scores\[1\] = -9223372036854775808$"),
        ({"scores": np.array([0, 2**64 - 1, 1, 2], np.uint64)}, r"\[1\] = 18446744073709551615$"),
        ({"ids": [1, 2, 3], "scores": [1, 2, 3, 4]}, "ids must have length 4, got 3"),
        ({"ids": [1, 2, 3, 1]}, "ids must be unique"),
    ],
)
def test_bad_input(arguments, message):
    arguments = {"labels": [0, 0, 1, 1], "density": 0.5} | arguments
    with pytest.raises(ValueError, match=message):
        prune(arguments.pop("labels"), arguments.pop("density"), **arguments)


def test_keep_refuses_more_than_there_is():
    with pytest.raises(ValueError, match=r"n_keep must be an integer in \[0, 3\], got 4"):
        keep([0, 0, 1], 4, scores=[1, 2, 3])
    with pytest.raises(ValueError, match="top needs scores, got None"):
        keep([0, 0, 1], 1)
    with pytest.raises(ValueError, match="known: .*top"):
        keep([0, 0, 1], 1, selector="topp")


def test_random_priorities():
    np.testing.assert_array_equal(random_priorities(9, "a", 1), random_priorities(9, "a", "1"))
    assert (random_priorities(9, "a", 1) != random_priorities(9, "a", 2)).all()
    np.testing.assert_array_equal(random_priorities(9, "a")[:5], random_priorities(5, "a"))
    generator = np.random.default_rng(7)
    np.testing.assert_array_equal(
        random_priorities(5, generator), np.random.default_rng(7).random(5)
    )


def test_counts_of_a_strategy_and_the_classes_it_empties():
    labels, scores = [0, 0, 1, 1, 3, 3], [6, 5, 4, 1, 2, 3]
    np.testing.assert_array_equal(strategy_counts(labels, 3, scores=scores), [2, 1, 0, 0])
    np.testing.assert_array_equal(
        strategy_counts(labels, 4, scores=scores, n_classes=5), [2, 1, 0, 1, 0]
    )
    np.testing.assert_array_equal(class_counts(labels), [2, 2, 0, 2])
    np.testing.assert_array_equal(emptied_classes(labels, keep(labels, 3, scores=scores)), [3])
    np.testing.assert_array_equal(emptied_classes(labels, []), [0, 1, 3])


def test_imagenet_sized_pruning_is_fast():
    rng = np.random.default_rng(0)
    n_examples, n_classes = 1_281_167, 1000
    labels, scores = rng.integers(0, n_classes, n_examples), rng.random(n_examples)
    start = time.process_time()
    kept = prune(labels, 0.3, scores=scores, recall=rng.random(n_classes))
    assert time.process_time() - start < 3  # 0.2 s measured; a mask per class takes 2 s more
    assert len(kept) == allocation.n_keep(0.3, n_examples)
