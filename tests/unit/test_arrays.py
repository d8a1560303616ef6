"""Arguments as arrays: a Series of pandas with a value for each class is read by its index."""

import pickle

import numpy as np
import pandas as pd
import pytest

import fairprune
from fairprune import metriq, quotas
from fairprune.allocation import proportional


def test_a_series_is_read_by_its_classes():
    counts = pd.Series([60, 30, 10], index=[2, 0, 1])  # as value_counts() orders them
    recall = pd.Series([0.9, 0.5, 0.2], index=[1, 2, 0])
    share = metriq(recall, counts, 0.3)
    np.testing.assert_array_equal(share, metriq([0.2, 0.9, 0.5], [30, 10, 60], 0.3))
    np.testing.assert_array_equal(quotas(share, counts), quotas(share, [30, 10, 60]))
    named = pd.Series({"dog": 0.5, "ant": 0.2, "cat": 0.9})
    np.testing.assert_array_equal(metriq(named, counts, 0.3), share[[0, 1, 2]])
    weight = pd.Series([1, 3], index=[1, 0])
    np.testing.assert_array_equal(
        proportional(weight, [9, 9], 0.5), proportional([3, 1], [9, 9], 0.5)
    )


def test_classes_are_in_the_order_of_their_names_though_their_categories_are_not():
    labels = pd.Series(pd.Categorical(["low"] * 6 + ["mid"] * 3 + ["high"], ["low", "mid", "high"]))
    counts, recall = labels.value_counts(), fairprune.class_recall(labels, labels[::-1].to_numpy())
    assert counts.sort_index().tolist() == [6, 3, 1]
    expected = metriq(recall, [1, 6, 3], 0.5)  # high, low, mid
    np.testing.assert_array_equal(metriq(recall, counts, 0.5), expected)
    np.testing.assert_array_equal(quotas(expected, counts), quotas(expected, [1, 6, 3]))
    assert fairprune.fairness(recall, n_test=counts) == fairprune.fairness(recall, n_test=[1, 6, 3])
    start = pd.Series([0.9, 0.5, 0.1], index=counts.index)

    def loop(start):
        return fairprune.closed_loop(labels, 0.4, lambda index: labels == "low", start=start)

    np.testing.assert_array_equal(loop(start), loop([0.1, 0.9, 0.5]))
    np.testing.assert_array_equal(loop(dict(start)), loop([0.1, 0.9, 0.5]))


@pytest.mark.parametrize("function", [metriq, fairprune.fairness])
def test_two_series_are_of_the_same_classes(function):
    recall, counts = pd.Series({"a": 0.5, "c": 0.1}), pd.Series({"b": 100, "a": 10})
    more = (
        {"n_test": counts}
        if function is fairprune.fairness
        else {"class_counts": counts, "density": 0.5}
    )
    with pytest.raises(ValueError, match="must have the same classes, recall lacks 'b'"):
        function(recall, **more)
    with pytest.raises(ValueError, match="must have the same classes, recall lacks 'b'"):
        function(recall.to_dict(), **more)


def test_a_mapping_is_read_by_its_classes():
    recall, counts = {"b": 0.8, "a": 0.2}, {"a": 10, "b": 30}
    np.testing.assert_array_equal(
        fairprune.metriq(recall, counts, 0.5), fairprune.metriq([0.2, 0.8], [10, 30], 0.5)
    )
    np.testing.assert_array_equal(
        fairprune.quotas({1: 0.5, 0: 1.0}, {0: 10, 1: 30}, n_keep=25), [10, 15]
    )
    assert fairprune.fairness(recall, n_test=counts) == fairprune.fairness(
        [0.2, 0.8], n_test=[10, 30]
    )
    with pytest.raises(ValueError, match="recall must have classes of one kind, names or numbers"):
        fairprune.fairness({"a": 0.2, 1: 0.8})


def test_columns_of_examples_have_one_order():
    true = pd.Series([0, 0, 1, 1], index=[5, 6, 7, 8])
    assert fairprune.class_recall(true, true).tolist() == [1, 1]
    with pytest.raises(ValueError, match="y_pred must have the rows of y_true in their order, got"):
        fairprune.class_recall(true, true[::-1])
    assert fairprune.class_recall(true, true[::-1].to_numpy()).tolist() == [0, 0]
    assert fairprune.class_recall(true, true[::-1].reset_index(drop=True)).tolist() == [0, 0]


def test_a_wrong_call_is_refused_with_the_name_of_the_function():
    with pytest.raises(TypeError, match=r"metriq\(\) missing 2 required .*'class_counts'"):
        metriq([0.5])


def test_the_functions_can_be_pickled():
    assert pickle.loads(pickle.dumps(fairprune.fairness)) is fairprune.fairness


def test_a_series_has_each_class_once():
    with pytest.raises(
        ValueError, match="recall must have each class once in its index, got 0 twice"
    ):
        metriq(pd.Series([0.5, 0.5], index=[0, 0]), [9, 9], 0.5)


def test_rows_of_a_frame_stay_in_their_order():
    frame = pd.DataFrame({"method": ["a", "b", "b"], "recall": [0.1, 0.9, 0.5], "n": [1, 30, 10]})
    part = frame[frame["method"] == "b"]
    metrics = fairprune.fairness(part["recall"], n_test=part["n"])
    assert metrics == fairprune.fairness([0.9, 0.5], n_test=[30, 10])


def test_metrics_and_rounds_read_a_series_by_its_classes():
    recall, n_test = pd.Series({"b": 0.0, "a": 1.0}), pd.Series({"a": 30, "b": 10})
    assert fairprune.fairness(recall, n_test=n_test)["average_accuracy"] == 0.75
    labels, start = np.repeat([0, 1], 20), pd.Series([0.6, 0.2], index=[1, 0])
    kept = fairprune.closed_loop(labels, 0.4, lambda index: labels < 0, start=start)
    expected = fairprune.closed_loop(labels, 0.4, lambda index: labels < 0, start=[0.2, 0.6])
    np.testing.assert_array_equal(kept, expected)
