"""Groups of examples: how they are read, and where they take the place of classes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from fairprune.allocation import proportional
from fairprune.metrics import count_correct, recalls
from fairprune.quota_rules.closed_loop import updated
from fairprune.stages import final
from fairprune.stages.collect import Result, group_metrics_rows, group_recall_rows
from fairprune.stages.final import FinalFiles, train_final
from fairprune.stages.inputs import Examples
from fairprune.stages.prune import write_pruned
from fairprune.stages.query import QueryFiles, train_query
from fairprune.stages.quotas import write_quotas
from fairprune.stages.rounds import RoundFiles, train_round
from fairprune.storage import tables
from fairprune.storage.canonical import SPLITS, Dataset, write_canonical
from fairprune.storage.tables import read_table, write_table
from fairprune.study.experiment import Method
from fairprune.training.evaluation import observe
from fairprune.training.record import read_record
from tests.documentation import study

LABELS = np.array([0, 0, 1, 1, 1, 0, 1, 0, 0, 1])
NAMES = ["cat", "dog"]
TRAIN = ["b", "a", "b", "b", "c", "a", "b", "b", "b", "c"]
OTHERS = ["a", "b", "b", "c", "c", "a", "b", "d", "a", "c"]
MODEL = {"name": "small_cnn", "width": 2}
TRAINING = {
    "epochs": 2,
    "drops": [],
    "epochs_rule": "fixed",
    "batch_size": 5,
    "learning_rate": 0.1,
    "validation_interval": 1,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Canonical folder of ten images a split; group `d` has no training example."""
    generator = np.random.default_rng(0)
    images = {s: generator.integers(0, 256, (10, 8, 8, 1), dtype=np.uint8) for s in SPLITS}
    ids = {s: [f"{s}{i}" for i in range(10)] for s in SPLITS}
    groups = {"train": TRAIN, "validation": OTHERS, "test": OTHERS}
    dataset = Dataset(images, dict.fromkeys(SPLITS, LABELS), tuple(NAMES), ids, groups)
    folder = tmp_path_factory.mktemp("data")
    write_canonical(dataset, folder)
    write_canonical(dataclasses.replace(dataset, groups=None), folder / "without")
    index = {"index": np.arange(10), "label": LABELS}
    write_table(folder / "training_set.parquet", index, schema=tables.PRUNED)
    return folder


def rows(path, schema):
    return read_table(path, schema).to_pandas()


def test_groups_are_numbered_by_name_over_all_splits(data):
    groups = Examples.read(data / "examples.parquet").parts("group")
    assert groups.names == ("a", "b", "c", "d")
    for split, names in (("train", TRAIN), ("validation", OTHERS), ("test", OTHERS)):
        assert [groups.names[g] for g in groups.labels[split]] == names
    with pytest.raises(ValueError, match="no column 'group'"):
        Examples.read(data / "without/examples.parquet").parts("group")


def test_groups_come_in_the_order_of_the_index_whatever_that_of_the_rows(data, tmp_path):
    table = read_table(data / "examples.parquet", tables.GROUPED_EXAMPLES)
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    write_table(tmp_path / "examples.parquet", shuffled, schema=tables.GROUPED_EXAMPLES)
    expected, found = (
        Examples.read(data / "examples.parquet").parts("group"),
        Examples.read(tmp_path / "examples.parquet").parts("group"),
    )
    for split in SPLITS:
        np.testing.assert_array_equal(found.labels[split], expected.labels[split])


def test_counts_and_recalls_by_hand():
    correct = np.array([True, False, True, True])
    n_correct, n_examples = count_correct(correct, np.array([0, 0, 2, 0]), 4)
    assert n_correct.tolist() == [2, 0, 1, 0] and n_examples.tolist() == [3, 0, 1, 0]
    assert recalls(n_correct, n_examples) == [2 / 3, None, 1.0, None]


def write_outcomes(path, correct):
    table = {"index": np.arange(10), "label": LABELS, "correct": correct}
    write_table(path, table, schema=tables.OUTCOMES)
    return path


def test_quotas_by_group_and_what_is_kept(data, tmp_path):
    """Errors 1/3, 2/3, 1 of 2, 6, 2 examples: c = 0.825 makes sizes 0.55, 3.3, 1.65 of 5.5."""
    examples, training_set = data / "examples.parquet", data / "training_set.parquet"
    correct = np.array([name in "ab" for name in OTHERS])  # c: none of 3
    correct[[0, 1, 2]] = False  # a: 2 of 3, b: 1 of 3
    outcomes = write_outcomes(tmp_path / "outcomes.parquet", correct)
    given = {"examples": examples, "training_set": training_set}
    entry = {"rule": "metriq", "by": "group", "options": {"missing": "mean"}}
    path, density = tmp_path / "quotas.parquet", "0.55"
    write_quotas(path, quota="q", entry=entry, density=density, outcomes=[outcomes], **given)
    quotas = rows(path, tables.QUOTAS)
    assert quotas["class_name"].tolist() == ["a", "b", "c", "d"]
    assert quotas["n_class"].tolist() == [2, 6, 2, 0]
    np.testing.assert_allclose(quotas["class_density"], [0.275, 0.55, 0.825, 0])
    scores = np.array([9, 1, 5, 4, 0, 2, 3, 8, 7, 0], np.float32)
    score = {"index": np.arange(10), "label": LABELS, "score": scores}
    more = {"score_std": scores, "n_seeds": [1] * 10}
    write_table(tmp_path / "mean.parquet", {**score, **more}, schema=tables.MEAN_SCORE)
    method = Method("m", score="s", quota="q")
    inputs = {**given, "quotas": path, "score": tmp_path / "mean.parquet"}
    output, cost = tmp_path / "kept.parquet", tmp_path / "cost.json"
    write_pruned(output, cost, method=method, density=density, seed=0, inputs=inputs)
    kept = rows(output, tables.PRUNED)
    assert kept["index"].tolist() == [0, 4, 5, 7, 8, 9]  # c whole, the best of a, three of b
    assert kept["label"].tolist() == LABELS[kept["index"]].tolist()


def test_quotas_by_group_are_of_the_training_set_alone(data, tmp_path):
    index = np.array([0, 5, 8, 9])
    columns = {"index": index, "label": LABELS[index]}
    write_table(tmp_path / "training_set.parquet", columns, schema=tables.PRUNED)
    outcomes = write_outcomes(tmp_path / "outcomes.parquet", np.zeros(10, bool))
    write_quotas(
        tmp_path / "quotas.parquet",
        quota="q",
        entry={"rule": "metriq", "by": "group", "options": {}},
        density="1.0",
        outcomes=[outcomes],
        examples=data / "examples.parquet",
        training_set=tmp_path / "training_set.parquet",
    )
    quotas = rows(tmp_path / "quotas.parquet", tables.QUOTAS)
    names = [TRAIN[i] for i in index]
    assert quotas["quota"].tolist() == [names.count(name) for name in "abcd"]


@pytest.mark.parametrize("flip_at_test", [False, True])
def test_a_final_model_is_tested_on_mirror_images_where_asked(
    data, tmp_path, monkeypatch, flip_at_test
):
    asked = []

    def spy(model, images, *, mirrored=False):
        asked.append(mirrored)
        return observe(model, images, mirrored=mirrored)

    monkeypatch.setattr(final, "observe", spy)
    train_final(
        FinalFiles(
            *(tmp_path / name for name in ("final.parquet", "o.parquet", "e.parquet", "c.json"))
        ),
        title="e",
        method="m",
        density="0.5",
        seed=0,
        data_folder=data,
        pruned=data / "training_set.parquet",
        model=MODEL,
        training=TRAINING | {"flip_at_test": flip_at_test},
        checkpoint_interval_s=0,
        curve_points="auto",
        device=torch.device("cpu"),
    )
    assert asked == [flip_at_test]


def test_group_metrics_leave_out_groups_without_test_examples(data, tmp_path):
    outcomes = tmp_path / "e/outcomes/m/density0.5/seed3.parquet"
    correct = np.array([name == "a" for name in OTHERS])
    correct[3] = True  # one of three of c
    write_outcomes(outcomes, correct)
    index = np.array([0, 1, 4])
    kept = {"index": index, "label": LABELS[index]}
    write_table(tmp_path / "pruned.parquet", kept, schema=tables.PRUNED)
    groups = Examples.read(data / "examples.parquet").parts("group")
    test = np.where(groups.labels["test"] == 3, 0, groups.labels["test"])  # none is left of d
    groups = dataclasses.replace(groups, labels={**groups.labels, "test": test})
    found = group_recall_rows([Result.of(outcomes)], [tmp_path / "pruned.parquet"], groups)
    run = {"experiment": "e", "method": "m", "density": 0.5, "seed": 3}
    assert [row["n_train"] for row in found] == [1, 1, 1, 0]
    assert [row["n_test"] for row in found] == [4, 3, 3, 0]
    assert [row["recall"] for row in found] == [3 / 4, 0, 1 / 3, None]
    (_, row) = group_metrics_rows([{**each, "seed": 2} for each in found] + found)
    recall = np.array([3 / 4, 0, 1 / 3])
    assert row == run | {
        "n_groups": 3,
        "average_accuracy": pytest.approx(4 / 10),
        "worst_group_accuracy": 0,
        "worst_group": "b",
        "difference": 3 / 4,
        "standard_deviation": pytest.approx(recall.std()),
        "worst_tenth_accuracy": 0,
    }


def test_quotas_by_group_need_a_group_column():
    methods = {"experiments": {"cifar10_vgg16": {"methods": ["random_metriq_group"]}}}
    run = {"run": ["cifar10_vgg16"]}
    with pytest.raises(ValueError, match=r"quotas\.metriq_group\.by.*datasets\.cifar10\.group_c"):
        study(run, methods)
    source = {"source": "parquet", "root": "shards", "group_column": "fine"}
    grouped = study(run, methods, {"datasets": {"cifar10": source}}).experiments["cifar10_vgg16"]
    assert grouped.has_groups and list(grouped.queries) == ["full"]


def test_rounds_by_group_train_on_its_quotas_and_count_its_errors(data, tmp_path):
    inputs = {"examples": data / "examples.parquet", "training_set": data / "training_set.parquet"}
    entry = {"rule": "closed_loop", "by": "group", "options": {"step": 1.0, "rounds": 2}}
    about = {"quota": "q", "entry": entry, "density": "0.5"}
    first, outcomes = tmp_path / "first.parquet", tmp_path / "outcomes.parquet"
    write_quotas(first, of_round=1, **about, **inputs)
    train_round(
        RoundFiles(outcomes, tmp_path / "cost.json"),
        title="t",
        quota="q",
        density="0.5",
        number=1,
        seed=0,
        data_folder=data,
        training_set=inputs["training_set"],
        quotas=first,
        model=MODEL,
        training=TRAINING,
        checkpoint_interval_s=0,
        device=torch.device("cpu"),
    )
    quotas, table = rows(first, tables.ROUND_QUOTAS), rows(outcomes, tables.ROUND_OUTCOMES)
    groups = {split: np.searchsorted(list("abcd"), names) for split, names in
              (("train", TRAIN), ("validation", OTHERS))}  # fmt: skip
    left = table[table["split"] == "train"]["index"]
    kept = np.setdiff1d(np.arange(10), left)
    assert np.bincount(groups["train"][kept], minlength=4).tolist() == quotas["quota"].tolist()
    write_quotas(tmp_path / "q.parquet", previous=first, tested=[outcomes], **about, **inputs)
    tested = np.concatenate([groups["train"][left], groups["validation"]])
    correct = np.bincount(tested, table["correct"], minlength=4)
    tries = np.bincount(tested, minlength=4)
    found = rows(tmp_path / "q.parquet", tables.QUOTAS)
    np.testing.assert_allclose(found["recall"], correct / tries)
    weight = updated(quotas["log_weight"], tries - correct, tries, number=2, step=1.0)
    expected = proportional(np.exp(weight), quotas["n_class"], 0.5)
    np.testing.assert_allclose(found["class_density"], expected)


def test_folds_count_every_training_example_once_by_class_and_by_group(data, tmp_path):
    inputs = {"examples": data / "examples.parquet", "training_set": data / "training_set.parquet"}
    names = ["recall.parquet", "model", "record.npz", "outcomes.parquet", "epochs", "cost.json"]
    files = []
    for fold in (0, 1, 2):
        out = QueryFiles(*(tmp_path / f"{fold}" / name for name in names))
        train_query(
            out,
            title="t",
            query="folds",
            seed=fold,
            data_folder=data,
            training_set=inputs["training_set"],
            model=MODEL,
            training={**TRAINING, "folds": 3, "record": [], "validation_interval": 0},
            recall_epoch="last",
            checkpoint_interval_s=0,
            curve_points="auto",
            device=torch.device("cpu"),
        )
        files.append(out)
        table, outcomes = rows(out.recall, tables.RECALL), rows(out.outcomes, tables.OUTCOMES)
        assert outcomes["label"].tolist() == LABELS[outcomes["index"]].tolist()
        assert table["n_validation"].tolist() == np.bincount(outcomes["label"]).tolist()
        seen = read_record(out.record).labels
        assert len(seen) == 10 - len(outcomes)
    tested = pd.concat([rows(out.outcomes, tables.OUTCOMES) for out in files])
    assert sorted(tested["index"]) == list(range(10))
    entry = {"rule": "metriq", "options": {"minimum_per_class": 1}}
    about, path = {"quota": "q", "density": "0.5"}, tmp_path / "quotas.parquet"
    write_quotas(path, entry=entry, recalls=[out.recall for out in files], **about, **inputs)
    expected = tested.groupby("label")["correct"].mean()
    np.testing.assert_allclose(rows(path, tables.QUOTAS)["recall"], expected)
    entry = {"rule": "metriq", "by": "group", "options": {"missing": "mean"}}
    write_quotas(path, entry=entry, outcomes=[out.outcomes for out in files], **about, **inputs)
    expected = tested["correct"].groupby(np.array(TRAIN)[tested["index"]]).mean()
    found = rows(path, tables.QUOTAS)["recall"]
    np.testing.assert_allclose(found, [*expected, np.nan])
