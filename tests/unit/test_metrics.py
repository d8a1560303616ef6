"""Fairness metrics against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score

from fairprune.metrics import fairness, worst_class


def test_by_hand():
    assert fairness([1.0, 0.5, 0.75, 0.75]) == {
        "average_accuracy": 0.75,
        "worst_class_accuracy": 0.5,
        "worst_tenth_accuracy": 0.5,
        "difference": 0.5,
        "standard_deviation": pytest.approx((2 * 0.25**2 / 4) ** 0.5),
    }


def test_the_worst_tenth_is_rounded_up():
    """Of 11 classes the two worst, of 10 the worst alone."""
    recall = [0.9, 0.2, 0.8, 0.7, 0.4, 0.9, 0.8, 0.7, 0.6, 0.9]
    assert fairness(recall)["worst_tenth_accuracy"] == 0.2
    assert fairness([*recall, 0.5])["worst_tenth_accuracy"] == pytest.approx((0.2 + 0.4) / 2)


def test_against_scikit_learn_on_unbalanced_predictions():
    rng = np.random.default_rng(0)
    truth = rng.choice(5, 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    guess = np.where(rng.random(400) < 0.6, truth, rng.integers(0, 5, 400))
    recall = recall_score(truth, guess, average=None)
    weighted = fairness(recall, n_test=np.bincount(truth))
    assert weighted["average_accuracy"] == pytest.approx(accuracy_score(truth, guess))
    plain = fairness(recall)
    assert plain["average_accuracy"] == pytest.approx(balanced_accuracy_score(truth, guess))
    assert plain["standard_deviation"] == pytest.approx(np.std(recall, ddof=0))
    for name in plain.keys() - {"average_accuracy"}:
        assert plain[name] == weighted[name]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.randoms())
def test_relabelling_classes_changes_nothing(recall, random):
    shuffled = random.sample(recall, len(recall))
    assert fairness(shuffled) == pytest.approx(fairness(recall))
    assert recall[worst_class(recall)] == min(recall)


def test_values_are_plain_floats_and_tensors_pass():
    values = fairness(torch.tensor([0.5, 1.0]))
    assert all(type(value) is float for value in values.values())
    assert values["difference"] == 0.5


def test_worst_class_ties_go_to_the_smaller_index():
    assert worst_class([0.5, 0.25, 0.25]) == 1


@pytest.mark.parametrize("nothing", [np.nan, 0.0, 1.0])
def test_classes_without_test_examples_are_left_out(nothing):
    found = fairness([0.5, nothing, 0.75], n_test=[10, 0, 30])
    assert found == fairness([0.5, 0.75], n_test=[10, 30])
    assert found["worst_class_accuracy"] == 0.5


@pytest.mark.parametrize(
    ("recall", "n_test", "message"),
    [
        ([36.0], None, r"recall must be at most 1, got recall\[0\] = 36"),
        ([], None, "recall must hold at least one class"),
        ([0.5], [1, 2], "n_test must have length 1, got 2"),
        ([0.5], [0], "n_test must hold at least one example"),
        ([], [], "recall must hold at least one class"),
        ([0.5, np.nan], [1, 2], r"recall\[1\] is NaN, but class 1 has 2 test examples"),
        ([1.5, 0.5], [1, 1], r"recall must be at most 1, got recall\[0\] = 1.5"),
        ([1.0000001], [1], r"recall must be at most 1, got recall\[0\] = 1.0000001"),
    ],
)
def test_bad_input(recall, n_test, message):
    with pytest.raises(ValueError, match=message):
        fairness(recall, n_test=n_test)


def test_a_recall_of_nan_says_what_to_do():
    with pytest.raises(ValueError, match=r"recall\[1\] is NaN; if class 1 .* n_test"):
        fairness([0.5, float("nan")])
