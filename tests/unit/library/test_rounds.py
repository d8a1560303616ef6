"""The closed loop in Python: what it calls, what it counts, and what it refuses."""

import numpy as np
import pytest
import torch

from fairprune import closed_loop, metriq
from fairprune.allocation import proportional, quotas
from fairprune.quota_rules.closed_loop import updated

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [60, 40, 20]))
COUNTS = np.array([60, 40, 20])


class Learner:
    """Classifies fixed shares of the classes correctly, and remembers what it was trained on."""

    def __init__(self, recall=(0.9, 0.5, 0.7)):
        self.trained_on = []
        self.correct = np.random.default_rng(1).random(len(LABELS)) < np.array(recall)[LABELS]

    def __call__(self, index):
        self.trained_on.append(index)
        return self.correct


def expected_quotas(learner, rounds, density=0.5, log_weight=None):
    """The quotas of each round, and those after the last one."""
    log_weight = np.zeros(3) if log_weight is None else log_weight
    found = []
    for number in range(rounds + 1):
        share = proportional(np.exp(log_weight), COUNTS, density)
        found.append(quotas(share, COUNTS, n_keep=60).tolist())
        if number < rounds:
            left_out = np.setdiff1d(np.arange(len(LABELS)), learner.trained_on[number])
            tries = np.bincount(LABELS[left_out], minlength=3)
            errors = np.bincount(LABELS[left_out], ~learner.correct[left_out], minlength=3)
            log_weight = updated(log_weight, errors, tries, number=number + 1)
    return found


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_each_round_trains_on_the_quotas_so_far_and_counts_what_they_leave_out(rounds):
    learner = Learner()
    kept = closed_loop(LABELS, 0.5, learner, rounds=rounds)
    used = [*learner.trained_on, kept]
    assert len(learner.trained_on) == rounds
    assert [np.bincount(LABELS[i]).tolist() for i in used] == expected_quotas(learner, rounds)
    assert all((np.diff(index) > 0).all() for index in used)


def test_the_seed_chooses_the_examples_and_rounds_share_no_draw():
    learners = [Learner(), Learner(), Learner()]
    kept = [
        closed_loop(LABELS, 0.5, each, seed=s) for each, s in zip(learners, (0, 0, 1), strict=True)
    ]
    np.testing.assert_array_equal(kept[0], kept[1])
    assert kept[0].tolist() != kept[2].tolist()
    first, second = learners[0].trained_on
    assert first.tolist() != second.tolist()


def test_scores_fill_the_last_quotas_and_other_quotas_may_come_first():
    scores = np.arange(len(LABELS))
    kept = closed_loop(LABELS, 0.5, Learner(), scores=scores)
    for k in range(3):
        members, chosen = np.flatnonzero(k == LABELS), kept[LABELS[kept] == k]
        assert chosen.tolist() == members[len(members) - len(chosen) :].tolist()
    learner = Learner()
    start = metriq([0.9, 0.6, 0.6], COUNTS, 0.5)
    closed_loop(LABELS, 0.5, learner, start=start, rounds=1)
    found = np.bincount(LABELS[learner.trained_on[0]])
    np.testing.assert_allclose(found, start * COUNTS, atol=2)


def test_density_1_keeps_all_and_trains_nothing_and_a_minimum_is_kept():
    learner = Learner()
    assert closed_loop(LABELS, 1.0, learner).tolist() == list(range(len(LABELS)))
    assert learner.trained_on == []
    kept = closed_loop(LABELS, 0.5, Learner((0, 0, 1)), rounds=5, minimum_per_class=15)
    assert np.bincount(LABELS[kept])[2] == 15


def test_tensors_and_numbers_pass_and_anything_else_is_refused():
    kept = closed_loop(LABELS, 0.5, Learner())
    as_tensor = Learner()
    as_tensor.correct = torch.tensor(as_tensor.correct).float()
    np.testing.assert_array_equal(closed_loop(torch.tensor(LABELS), 0.5, as_tensor), kept)
    for wrong in (np.ones(3), np.full(len(LABELS), 0.5), None):
        with pytest.raises(ValueError, match="train_and_test must return whether each of the 120"):
            closed_loop(LABELS, 0.5, lambda index, wrong=wrong: wrong)
    with pytest.raises(ValueError, match=r"rounds must be an integer in \[1, inf\], got 0"):
        closed_loop(LABELS, 0.5, Learner(), rounds=0)
    with pytest.raises(ValueError, match="start must have length 3, got 2"):
        closed_loop(LABELS, 0.5, Learner(), start=[0.5, 0.5])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scores": [1, 2]}, "scores must have length 120, got 2"),
        ({"step": 0}, r"step must be a number in \(0, 10\], got 0"),
        ({"decay": 2}, r"decay must be a number in \[0, 1\], got 2"),
        ({"minimum_per_class": 99}, "minimum_per_class=99 needs"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_trains(wrong, message):
    learner = Learner()
    with pytest.raises(ValueError, match=message):
        closed_loop(LABELS, 0.5, learner, **wrong)
    assert learner.trained_on == []


def test_predictions_in_place_of_outcomes_are_refused_with_the_first():
    with pytest.raises(ValueError, match="true or false, got 2 for example"):
        closed_loop(LABELS, 0.5, lambda index: LABELS)


def test_names_of_classes_count_in_their_order():
    names = np.array(["a cat", "dog", "z"])[LABELS]
    start, scores = [0.3, 0.5, 0.9], np.arange(len(LABELS))
    kept = closed_loop(LABELS, 0.5, Learner(), start=start, scores=scores)
    for labels in (names, names.tolist()):
        found = closed_loop(labels, 0.5, Learner(), start=start, scores=scores)
        np.testing.assert_array_equal(found, kept)
