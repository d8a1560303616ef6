"""A fresh part of the training set in every epoch."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import fairprune
from fairprune.library.sampling import fresh_index

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [20, 10, 7]))
QUOTAS = [6, 5, 7]


def epochs(sampler, n):
    return [np.array(list(sampler)) for _ in range(n)]


def test_each_epoch_meets_the_quotas_with_other_examples_in_another_order():
    sampler = fairprune.QuotaSampler(LABELS, quotas=QUOTAS)
    drawn = epochs(sampler, 6)
    for index in drawn:
        assert len(index) == len(sampler) == len(set(index.tolist())) == 18
        assert np.bincount(LABELS[index]).tolist() == QUOTAS
    for one, other in itertools.pairwise(drawn):
        assert set(one) != set(other) and one.tolist() != sorted(one)


def test_no_example_comes_back_before_its_class_had_a_turn():
    for first in (0, 3, 6):  # passes of floor(20 / 6) = 3 epochs of class 0, of 2 of class 1
        sampler = fairprune.QuotaSampler(LABELS, quotas=QUOTAS)
        sampler.set_epoch(first)
        seen = np.concatenate(epochs(sampler, 3))
        assert np.bincount(seen[LABELS[seen] == 0]).max() == 1
    sampler = fairprune.QuotaSampler(LABELS, quotas=QUOTAS)
    seen = np.concatenate(epochs(sampler, 60))
    counts = np.bincount(seen, minlength=37)
    assert (counts[LABELS == 1] == 30).all()  # a half in each epoch, all in two
    assert abs(counts[LABELS == 0] - 60 * 6 / 20).max() <= 3


def test_seeds_epochs_and_resumption():
    first = epochs(fairprune.QuotaSampler(LABELS, 0.3, seed=1), 4)
    again = fairprune.QuotaSampler(LABELS, 0.3, seed=1)
    again.set_epoch(2)
    np.testing.assert_array_equal(first[2], list(again))
    assert first[0].tolist() != list(fairprune.QuotaSampler(LABELS, 0.3))


def test_recalls_names_and_other_quotas_from_then_on():
    words = np.array(["ant", "bee", "cat"])[LABELS]
    recall = {"ant": 0.9, "bee": 0.8, "cat": 0.1}
    sampler = fairprune.QuotaSampler(words, n_keep=12, recall=recall)
    kept = fairprune.prune(words, n_keep=12, recall=recall)
    assert np.bincount(LABELS[list(sampler)]).tolist() == np.bincount(LABELS[kept]).tolist()
    sampler.update(recall={"ant": 0.1, "bee": 0.9, "cat": 0.9})
    assert np.bincount(LABELS[list(sampler)]).argmax() == 0


def test_recalls_after_quotas_share_out_as_many(recwarn):
    sampler = fairprune.QuotaSampler(LABELS, quotas=[2, 3, 1])
    sampler.update(recall=[0.1, 0.9, 0.9])
    drawn = np.bincount(LABELS[list(sampler)], minlength=3)
    assert drawn.sum() == len(sampler) == 6 and drawn.argmax() == 0
    sampler.update(quotas=[1, 1, 1])
    sampler.update(recall=[0.5, 0.5, 0.5])
    assert len(sampler) == 3 and not recwarn
    sampler = fairprune.QuotaSampler(LABELS, n_keep=6)
    with pytest.warns(match="6"):
        sampler.update(quotas=[1, 1, 1])
    sampler.update(recall=[0.5, 0.5, 0.5])
    assert len(sampler) == 6
    with pytest.raises(ValueError, match="density or n_keep must say how many"):
        fairprune.QuotaSampler(LABELS, recall=[0.1, 0.9, 0.9])


def test_a_loader_takes_it():
    dataset = TensorDataset(torch.arange(37), torch.tensor(LABELS))
    sampler = fairprune.QuotaSampler(LABELS, quotas=QUOTAS)
    loader = DataLoader(dataset, batch_size=4, sampler=sampler)
    assert len(loader) == 5
    index, labels = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert labels.bincount().tolist() == QUOTAS and labels.tolist() == LABELS[index].tolist()


def test_bad_input():
    with pytest.raises(ValueError, match=r"quotas\[2\] = 8, but class 2 has 7 examples"):
        fairprune.QuotaSampler(LABELS, quotas=[1, 1, 8])
    with pytest.raises(ValueError, match=r"quotas\['dog'\] = 3, but class 'dog' has 2 examples"):
        fairprune.QuotaSampler(["cat", "dog", "dog"], quotas={"dog": 3, "cat": 1})
    with pytest.raises(ValueError, match="a value for each class, got 2 where labels go up to 2"):
        fairprune.QuotaSampler([0, 1, 2], quotas=[1, 1])
    with pytest.raises(ValueError, match="n_keep must be .*, got 0"):
        fairprune.QuotaSampler(LABELS, n_keep=0)
    with pytest.raises(ValueError, match="density or n_keep must say how many"):
        fairprune.QuotaSampler(LABELS)
    with pytest.raises(ValueError, match="epoch must be"):
        fairprune.QuotaSampler(LABELS, 0.5).set_epoch(-1)


def test_nothing_is_drawn_of_a_class_without_quota():
    assert fresh_index([np.arange(3), np.array([7])], [0, 1], 5, "a").tolist() == [7]


def test_new_recalls_keep_the_smallest_number_of_each_class():
    labels = np.repeat([0, 1], 50)
    sampler = fairprune.QuotaSampler(labels, 0.4, recall=[0.0, 1.0], minimum_per_class=5)
    for recall in ([0.1, 1.0], [0.2, 1.0]):
        sampler.update(recall=recall)
        assert np.bincount(labels[list(sampler)]).tolist() == [35, 5]
        sampler.update(quotas=[20, 20])
    with pytest.raises(ValueError, match="recall"):
        sampler.update(recall=[0.1, 2.0], minimum_per_class=1)
    sampler.update(recall=[0.1, 1.0])
    assert np.bincount(labels[list(sampler)]).tolist() == [35, 5]
    sampler.update(recall=[0.1, 1.0], minimum_per_class=0)
    sampler.update(recall=[0.1, 1.0])
    assert np.bincount(labels[list(sampler)]).tolist() == [40]


def test_an_update_needs_something_new():
    sampler = fairprune.QuotaSampler([0, 0, 1, 1], quotas=[1, 1])
    with pytest.raises(ValueError, match="update needs recall or quotas"):
        sampler.update()
    assert len(sampler) == 2
