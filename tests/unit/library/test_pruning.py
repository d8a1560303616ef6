"""What `prune` takes beside numbers: names, columns, selectors, strategies; and class recalls."""

import math
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn.metrics
import torch

import fairprune
from fairprune import registry
from fairprune.stages.prune import write_pruned
from fairprune.storage import tables
from fairprune.storage.npz import write_arrays
from fairprune.storage.tables import read_table
from fairprune.study.experiment import Method
from tests.unit.stages.test_prune import canonical

RNG = np.random.default_rng(0)
N = 60
CODES = RNG.permutation(np.repeat([0, 1, 2], [30, 20, 10]))
WORDS = np.array(["ant", "bee", "cat"])[CODES]
SCORES = RNG.exponential(size=N).round(1)
RECALL = [0.9, 0.7, 0.2]


@pytest.mark.parametrize(
    "labels",
    [
        CODES.tolist(),
        CODES.astype("u1"),
        torch.tensor(CODES),
        pd.Series(CODES, index=np.arange(N) + 100),
        pd.Series(WORDS),
        pd.Series(WORDS, dtype="category"),
        pd.DataFrame({"y": WORDS.astype(object)})["y"],
        pa.chunked_array([WORDS[:9].tolist(), WORDS[9:].tolist()]),
        WORDS,
        CODES.astype(object),
    ],
    ids=["list", "uint8", "torch", "series", "text", "category", "object", "arrow", "numpy",
         "numbers as objects"],
)  # fmt: skip
def test_labels_of_every_kind_mean_the_same(labels):
    expected = fairprune.prune(CODES, 0.3, scores=SCORES, recall=RECALL)
    found = fairprune.prune(labels, 0.3, scores=pd.Series(SCORES), recall=RECALL)
    np.testing.assert_array_equal(found, expected)


def test_mappings_say_which_class_is_meant():
    expected = fairprune.prune(CODES, 0.3, recall=RECALL)
    by_name = {"cat": 0.2, "ant": 0.9, "bee": 0.7}
    np.testing.assert_array_equal(fairprune.prune(WORDS, 0.3, recall=by_name), expected)
    by_number = {2: 0.2, 0: 0.9, 1: 0.7}
    np.testing.assert_array_equal(fairprune.prune(CODES, 0.3, recall=by_number), expected)
    with_one_more = {**by_name, "bat": 0.1}  # a class without training examples
    np.testing.assert_array_equal(fairprune.prune(WORDS, 0.3, recall=with_one_more), expected)
    kept = fairprune.prune(WORDS, quotas={"ant": 1, "bee": 2, "cat": 3})
    assert np.bincount(CODES[kept]).tolist() == [1, 2, 3]


def test_a_number_in_place_of_a_density():
    for n in (1, 7, N):
        assert len(fairprune.prune(CODES, n_keep=n)) == n
        kept = fairprune.prune(CODES, n_keep=n, recall=RECALL)
        assert len(kept) == n
    np.testing.assert_array_equal(
        fairprune.prune(CODES, n_keep=18, recall=RECALL), fairprune.prune(CODES, 0.3, recall=RECALL)
    )


def test_quotas_count_where_a_density_or_number_says_otherwise():
    quotas = np.bincount(CODES[fairprune.prune(CODES, 0.3)])
    expected = fairprune.prune(CODES, quotas=quotas)
    for asked in ({"density": 0.3}, {"n_keep": 18}):  # which agree
        np.testing.assert_array_equal(fairprune.prune(CODES, **asked, quotas=quotas), expected)
    with pytest.warns(UserWarning, match="quotas keep 18 of 60 .* density=0.5 asks for 30;"):
        kept = fairprune.prune(CODES, 0.5, quotas=quotas)
    np.testing.assert_array_equal(kept, expected)
    with pytest.warns(UserWarning, match="quotas keep 18 of 60 .* n_keep asks for 17;"):
        kept = fairprune.prune(CODES, n_keep=17, quotas=quotas)
    np.testing.assert_array_equal(kept, expected)
    sampler = fairprune.QuotaSampler(CODES, 0.3, quotas=quotas)
    with pytest.warns(UserWarning, match="quotas keep 19 of 60 .* density=0.3 asks for 18;"):
        sampler.update(quotas=quotas + np.array([1, 0, 0]))
    assert len(sampler) == 19


def test_no_class_has_less_than_the_minimum():
    kept = fairprune.prune(CODES, 0.3, recall=[1.0, 1.0, 0.2], minimum_per_class=3)
    assert np.bincount(CODES[kept]).tolist() == [5, 3, 10]


def test_quotas_by_strategy_are_what_the_strategy_keeps():
    top = fairprune.prune(CODES, 0.3, scores=SCORES)
    kept = fairprune.prune(CODES, 0.3, strategy=SCORES)
    assert np.bincount(CODES[kept]).tolist() == np.bincount(CODES[top]).tolist()
    assert kept.tolist() != top.tolist()


POINTS, THIRDS = RNG.normal(size=(N, 4)), np.full((N, 3), 1 / 3)
ARTIFACT = {
    **fairprune.scores.influence_factors(POINTS, THIRDS, CODES),
    "mean_probability": RNG.random(N),
    **fairprune.scores.neighbour_graph(POINTS, n_neighbours=5, metric="cosine"),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("selector", registry.names("selectors"))
def test_it_is_the_set_of_the_workflow(selector, seed, tmp_path):
    files = canonical(tmp_path, [str(i) for i in range(N)], CODES, SCORES.astype(np.float32))
    write_arrays(tmp_path / "artifact.npz", ARTIFACT, {})
    inputs = {**files, "score": tmp_path / "mean.parquet", "artifact": tmp_path / "artifact.npz"}
    method = Method("mine", score="el2n", selector=selector)
    table = tmp_path / "pruned.parquet"
    cost = tmp_path / "cost.json"
    write_pruned(table, cost, method=method, density="0.3", seed=seed, inputs=inputs)
    found = fairprune.prune(
        CODES,
        0.3,
        scores=SCORES.astype(np.float32),
        selector=selector,
        artifact=ARTIFACT,
        method="mine",
        seed=seed,
        ids=[f"train/{i}" for i in range(N)],
    )
    assert found.tolist() == read_table(table, tables.PRUNED)["index"].to_pylist()


def test_a_class_that_loses_everything_is_named():
    scores = -CODES.astype(float)
    with pytest.warns(UserWarning, match="no example is left of classes bee, cat") as caught:
        fairprune.prune(WORDS, n_keep=5, scores=scores)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fairprune.prune(WORDS, 0.5, recall=RECALL)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ["a", None, "b", "b"]}, r"whole numbers or text, got labels\[1\] = None"),
        ({"labels": ["a", math.nan, "b", "b"]}, r"whole numbers or text, got labels\[1\] = nan"),
        ({"recall": {"a": 0.5}}, "recall has no class 'b'; known: a"),
        ({"recall": {1: 0.5, 2: 0.5}}, "recall must have the classes as keys, text, got 1"),
        ({"labels": [0, 1], "recall": {"0": 1}}, "the classes as keys, whole numbers, got '0'"),
        ({"labels": [0, 1], "recall": {}}, "recall must not be empty"),
        ({"recall": [0.5]}, "recall must have length 2, of the classes in order of their names"),
        ({"quotas": [1]}, "quotas must have length 2, of the classes in order of their names"),
        ({"density": None}, "density or n_keep must say how many"),
        ({"n_keep": 2}, "density and n_keep exclude each other"),
        ({"strategy": [1, 2, 3, 4], "quotas": [1, 1]}, "quotas and strategy exclude each other"),
        ({"strategy": [1, 2, 3, math.nan]}, r"strategy must be finite, got strategy\[3\] = nan"),
        ({"strategy": [1, 2, 3]}, "strategy must have length 4, got 3"),
        ({"minimum_per_class": 1}, "minimum_per_class needs recall"),
        ({"selector": "windw"}, "unknown selectors 'windw'.*did you mean 'window'"),
        ({"selector": "window", "selector_options": {"start": 2}}, "options.start must be"),
        ({"recall": {"a": 0.5, "b": np.nan}}, "recall is NaN for 'b', of which there are no valid"),
        ({"quotas": {"b": 3, "a": 1}}, r"quotas\['b'\] = 3, but class 'b' has 2 examples"),
        ({"selector": "minimal_influence"}, "minimal_influence needs artifact, got None"),
    ],
)  # fmt: skip
def test_bad_input(arguments, message):
    arguments = {"labels": ["a", "a", "b", "b"], "density": 0.5} | arguments
    with pytest.raises(ValueError, match=message):
        fairprune.prune(arguments.pop("labels"), **arguments)


@pytest.mark.parametrize("n", [N - 1, N + 1])
@pytest.mark.parametrize(
    ("selector", "name"),
    [
        ("message_passing", "neighbours"),
        ("message_passing", "distances"),
        ("infomax", "neighbours"),
        ("infomax", "distances"),
        ("minimal_influence", "a"),
        ("minimal_influence", "g"),
    ],
)
def test_an_artifact_of_other_examples_is_refused(selector, name, n):
    rows = dict.fromkeys(("neighbours", "distances", "a", "g"), np.zeros((N, 1), np.int64))
    artifact = {**rows, name: np.zeros((n, 1), np.int64), "metric": "cosine"}
    message = rf"artifact\['{name}'\] must have a row for each of the {N} examples, got .*{n}, 1"
    with pytest.raises(ValueError, match=message):
        fairprune.prune(CODES, 0.5, recall=RECALL, selector=selector, artifact=artifact)


def test_class_recalls_are_those_of_scikit_learn():
    predicted = np.where(RNG.random(N) < 0.4, RNG.integers(0, 3, N), CODES)
    expected = sklearn.metrics.recall_score(CODES, predicted, average=None)
    np.testing.assert_allclose(fairprune.class_recall(CODES, predicted), expected)
    words = np.array(["ant", "bee", "cat"])
    np.testing.assert_allclose(fairprune.class_recall(WORDS, words[predicted]), expected)
    np.testing.assert_array_equal(fairprune.class_recall([0, 2], [0, 1]), [1.0, np.nan, 0.0])
    with pytest.raises(
        ValueError, match=r"of one length and not empty, got shapes \(2,\) and \(1,"
    ):
        fairprune.class_recall([0, 1], [0])
    with pytest.raises(ValueError, match="all be numbers, got y_true text, y_pred numbers"):
        fairprune.class_recall(["cat", "dog"], [0, 1])
    with pytest.raises(ValueError, match=r"y_pred must be at least 0, got y_pred\[1\] = -1"):
        fairprune.class_recall([0, 1], [0, -1])


def test_the_help_is_a_page(capsys):
    help(fairprune)
    page = capsys.readouterr().out
    for name in fairprune.__all__:
        if not name.startswith("_"):
            assert name in page
    assert "density: 'float | None' = None" in page


def test_classes_may_begin_at_one():
    labels, recall = [1, 1, 1, 2, 2, 2], fairprune.class_recall([1, 1, 2, 2], [1, 2, 2, 2])
    assert np.isnan(recall[0])
    kept = fairprune.prune(labels, 0.5, recall=recall)
    np.testing.assert_array_equal(kept, fairprune.prune(labels, 0.5, recall={1: 0.5, 2: 1.0}))
    assert fairprune.prune(labels, quotas={1: 2, 2: 1}).size == 3
    with pytest.raises(ValueError, match="recall has no class 2"):
        fairprune.prune(labels, 0.5, recall={1: 0.5, 3: 1.0})
    with pytest.raises(ValueError, match="a value for each class, got 2 where labels go up to 2"):
        fairprune.prune(labels, 0.5, recall=[0.5, 0.5])


def test_recalls_have_a_place_for_classes_that_validation_lacks():
    with pytest.raises(ValueError, match=r"got 2; class_recall\(\.\.\., classes=labels\) has a"):
        fairprune.prune(WORDS, 0.3, recall=fairprune.class_recall(["ant", "bee"], ["bee", "bee"]))
    recall = fairprune.class_recall(["bee"], ["bee"], classes=WORDS)
    np.testing.assert_array_equal(recall, [np.nan, 1.0, np.nan])
    assert fairprune.class_recall([0], [0], classes=[0, 3]).size == 4
    with pytest.raises(ValueError, match="y_true text, y_pred text, classes numbers"):
        fairprune.class_recall(["a"], ["a"], classes=[0, 1])
    with pytest.raises(ValueError, match=r"text, got y_true\[1\] = nan"):
        fairprune.class_recall(["a", math.nan], ["a", "a"])
