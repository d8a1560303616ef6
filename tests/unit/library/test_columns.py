"""Columns of DataFrames: values of classes by their index, values of examples in one order."""

import pickle

import numpy as np
import pandas as pd
import pytest

import fairprune
from tests.unit.library.test_pruning import CODES, RECALL, SCORES, WORDS, N


def test_a_series_gives_what_its_index_names():
    counts = pd.Series(WORDS).value_counts()  # in the order of the counts
    by_name = fairprune.prune(WORDS, quotas=(counts // 2)[::-1])
    np.testing.assert_array_equal(by_name, fairprune.prune(WORDS, quotas=[15, 10, 5]))
    recall = pd.Series({"cat": 0.2, "ant": 0.9, "bee": 0.7})
    expected = fairprune.prune(WORDS, 0.5, recall=RECALL)
    np.testing.assert_array_equal(fairprune.prune(WORDS, 0.5, recall=recall), expected)
    np.testing.assert_array_equal(
        fairprune.prune(CODES, 0.5, recall=pd.Series(RECALL[::-1], index=[2, 1, 0])), expected
    )
    with pytest.raises(ValueError, match="recall must have the classes as keys, text, got 0"):
        fairprune.prune(WORDS, 0.5, recall=pd.Series(RECALL))


def test_a_column_with_the_rows_in_another_order_is_refused():
    frame = pd.DataFrame({"y": WORDS, "score": SCORES}, index=np.arange(N) + 100)
    descending = frame["score"].sort_values(ascending=False)
    with pytest.raises(
        ValueError, match=r"scores must have the rows of labels in their order, got row "
    ):
        fairprune.prune(frame["y"], 0.3, scores=descending)
    with pytest.raises(ValueError, match="strategy must have the rows"):
        fairprune.prune(frame["y"], 0.3, strategy=descending)
    with pytest.raises(ValueError, match="scores must have the rows"):
        fairprune.closed_loop(frame["y"], 0.3, pytest.fail, scores=descending)

    with pytest.raises(ValueError, match="strategy must have the rows of scores"):
        fairprune.prune(WORDS, 0.3, scores=frame["score"], strategy=descending)
    correct = frame["score"] > 0
    with pytest.raises(ValueError, match="the result of train_and_test must have the rows of lab"):
        fairprune.closed_loop(frame["y"], 0.3, lambda index: correct[::-1])

    with pytest.raises(ValueError, match="scores must have length"):
        fairprune.prune(frame["y"], 0.3, scores=descending[1:])

    expected = fairprune.prune(WORDS, 0.3, scores=SCORES)
    for scores in (
        frame["score"],
        descending.reindex(frame.index),
        frame["score"].reset_index(drop=True),  # other rows: by position
        frame["score"].iloc[::-1].to_numpy()[::-1],
        frame["score"].set_axis([101, *frame.index[1:]]),  # not the rows of the labels: twice 101
    ):
        np.testing.assert_array_equal(fairprune.prune(frame["y"], 0.3, scores=scores), expected)


@pytest.mark.parametrize(
    "function",
    [
        lambda labels: fairprune.prune(labels, 0.5),
        lambda labels: fairprune.QuotaSampler(labels, 0.5),
        lambda labels: fairprune.closed_loop(labels, 0.5, pytest.fail),
    ],
)
def test_a_generator_is_refused_as_one(function):
    with pytest.raises(ValueError, match=r"labels must be an array or a list, got a generator"):
        function(word for word in WORDS)


def test_a_series_with_two_values_of_a_class_is_refused():
    of_folds = pd.concat([pd.Series({"ant": 0.9, "bee": 0.7, "cat": 0.2}), pd.Series({"bee": 0.1})])
    with pytest.raises(ValueError, match="recall must have each class once .* got 'bee' twice"):
        fairprune.prune(WORDS, 0.5, recall=of_folds)
    with pytest.raises(ValueError, match="quotas must have each class once .* got 1 twice"):
        fairprune.prune(CODES, quotas=pd.Series([1, 1, 1, 2], index=[0, 1, 2, 1]))


@pytest.mark.parametrize("name", ["el2n", "influence", "influence_factors", "moderate", "ssp"])
def test_scores_refuse_labels_that_have_the_rows_of_a_table_in_another_order(name):
    table = pd.DataFrame(np.random.default_rng(0).random((len(CODES), 3)))
    labels, function = pd.Series(CODES), getattr(fairprune.scores, name)
    tables = [table, table.div(table.sum(axis=1), axis=0)][: 2 if "influence" in name else 1]
    for aligned in (labels, labels.to_numpy()):
        found, expected = function(*tables, aligned), function(*map(np.asarray, tables), CODES)
        np.testing.assert_equal(found, expected)
    with pytest.raises(ValueError, match="labels must have the rows of .* in their order, got row"):
        function(*tables, labels[::-1])
    assert pickle.loads(pickle.dumps(function)) is function
