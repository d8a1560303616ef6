"""Groups of examples: how they are read, and where they take the place of classes."""

import dataclasses

import numpy as np
import pytest
import torch

from fairprune.stages.collect import Result, write_group_metrics
from fairprune.stages.final import FinalFiles, train_finals
from fairprune.stages.prune import write_pruned, write_quotas
from fairprune.stages.query import QueryFiles, recall_table, train_queries
from fairprune.storage import tables
from fairprune.storage.canonical import SPLITS, Dataset, write_canonical
from fairprune.storage.groups import read_groups
from fairprune.storage.tables import read_table, write_table
from fairprune.study.experiment import Method
from fairprune.training.evaluation import count_correct, recalls
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
    groups = read_groups(data / "examples.parquet")
    assert groups.names == ("a", "b", "c", "d")
    for split, names in (("train", TRAIN), ("validation", OTHERS), ("test", OTHERS)):
        assert [groups.names[g] for g in groups.labels[split]] == names
    with pytest.raises(ValueError, match="no column 'group'"):
        read_groups(data / "without/examples.parquet")


def test_groups_come_in_the_order_of_the_index_whatever_that_of_the_rows(data, tmp_path):
    table = read_table(data / "examples.parquet", tables.GROUPED_EXAMPLES)
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    write_table(tmp_path / "examples.parquet", shuffled, schema=tables.GROUPED_EXAMPLES)
    expected, found = (
        read_groups(data / "examples.parquet"),
        read_groups(tmp_path / "examples.parquet"),
    )
    for split in SPLITS:
        np.testing.assert_array_equal(found.labels[split], expected.labels[split])


def test_counts_and_recalls_by_hand():
    correct = np.array([True, False, True, True])
    n_correct, n_examples = count_correct(correct, np.array([0, 0, 2, 0]), 4)
    assert n_correct.tolist() == [2, 0, 1, 0] and n_examples.tolist() == [3, 0, 1, 0]
    assert recalls(n_correct, n_examples) == [2 / 3, None, 1.0, None]
    table = recall_table(correct, np.array([0, 0, 1, 0]), ["x", "y"], "group")
    assert list(table) == tables.GROUP_RECALL.names
    assert table["group_name"] == ["x", "y"] and table["recall"] == [2 / 3, 1.0]


def write_recalls(path, recall):
    counts = {"n_validation": [1] * 4, "n_correct": [0] * 4, "recall": recall}
    table = {"group": range(4), "group_name": list("abcd"), **counts}
    write_table(path, {k: list(v) for k, v in table.items()}, schema=tables.GROUP_RECALL)
    return path


def test_quotas_by_group_and_what_is_kept(data, tmp_path):
    """Errors 0.2, 0.4, 0.8 of 2, 6, 2 examples: c = 1.25 makes sizes 0.5, 3, 2 of 5.5."""
    examples, training_set = data / "examples.parquet", data / "training_set.parquet"
    recall = write_recalls(tmp_path / "group_recall.parquet", [0.8, 0.6, 0.2, None])
    given = {"examples": examples, "training_set": training_set}
    entry = {"rule": "metriq", "by": "group", "options": {"missing": "mean"}}
    path, density = tmp_path / "quotas.parquet", "0.55"
    write_quotas(path, quota="q", entry=entry, density=density, recalls=[recall], **given)
    quotas = rows(path, tables.QUOTAS)
    assert quotas["class_name"].tolist() == ["a", "b", "c", "d"]
    assert quotas["n_class"].tolist() == [2, 6, 2, 0]
    np.testing.assert_allclose(quotas["class_density"], [0.25, 0.5, 1, 0])
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
    recall = write_recalls(tmp_path / "group_recall.parquet", [0.5, 0.5, 0.5, 0.5])
    write_quotas(
        tmp_path / "quotas.parquet",
        quota="q",
        entry={"rule": "metriq", "by": "group", "options": {}},
        density="1.0",
        recalls=[recall],
        examples=data / "examples.parquet",
        training_set=tmp_path / "training_set.parquet",
    )
    quotas = rows(tmp_path / "quotas.parquet", tables.QUOTAS)
    names = [TRAIN[i] for i in index]
    assert quotas["quota"].tolist() == [names.count(name) for name in "abcd"]


def query_files(folder):
    names = ("recall.parquet", "model.pt", "record.npz", "cost.json", "group_recall.parquet")
    return QueryFiles.of(*(str(folder / name) for name in names))


def test_a_query_writes_recalls_by_group_of_the_epoch_reported(data, tmp_path):
    out = query_files(tmp_path)
    arguments = {
        "title": "t",
        "query": "full",
        "data_folder": data,
        "training_set": data / "training_set.parquet",
        "model": MODEL,
        "training": TRAINING,
        "recall_epoch": "best",
        "device": torch.device("cpu"),
    }
    train_queries({0: out}, **arguments)
    groups, classes = rows(out.group_recall, tables.GROUP_RECALL), rows(out.recall, tables.RECALL)
    assert groups["n_validation"].tolist() == [3, 3, 3, 1]
    assert groups["n_correct"].sum() == classes["n_correct"].sum()
    before = {name: path.read_bytes() for name, path in out.beside.items()}
    out.group_recall.unlink()
    train_queries({0: out}, **arguments)
    assert {name: path.read_bytes() for name, path in out.beside.items()} == before


def test_a_final_training_writes_recalls_by_group_and_redoes_missing_ones(data, tmp_path):
    stem = "e/{}/m/density0.5/seed0.parquet"
    result, group_result = (tmp_path / stem.format(kind) for kind in ("final", "group_final"))
    pruned = data / "training_set.parquet"
    out = FinalFiles.of(str(pruned), str(result), str(tmp_path / "cost.json"), str(group_result))
    arguments = {
        "title": "e",
        "method": "m",
        "data_folder": data,
        "model": MODEL,
        "training": TRAINING,
        "device": torch.device("cpu"),
    }
    train_finals({("0.5", 0): out}, **arguments)
    groups, classes = rows(group_result, tables.GROUP_FINAL), rows(result, tables.FINAL)
    assert groups["n_train"].tolist() == [2, 6, 2, 0]
    assert groups["n_test"].tolist() == [3, 3, 3, 1]
    assert groups["n_correct"].sum() == classes["n_correct"].sum()
    before = group_result.read_bytes()
    group_result.unlink()
    train_finals({("0.5", 0): out}, **arguments)
    assert group_result.read_bytes() == before


def test_group_metrics_leave_out_groups_without_test_examples(tmp_path):
    path = tmp_path / "e/group_final/m/density0.5/seed3.parquet"
    table = {
        "group": [0, 1, 2],
        "group_name": ["x", "y", "z"],
        "n_train": [5, 0, 2],
        "n_test": [6, 0, 2],
        "n_correct": [3, 0, 2],
        "recall": [0.5, None, 1.0],
    }
    write_table(path, table, schema=tables.GROUP_FINAL)
    write_group_metrics(tmp_path / "metrics.parquet", results=[Result.of(path)])
    (row,) = read_table(tmp_path / "metrics.parquet", tables.GROUP_METRICS).to_pylist()
    run = {"experiment": "e", "method": "m", "density": 0.5, "seed": 3}
    assert row == run | {
        "n_groups": 2,
        "average_accuracy": 5 / 8,
        "worst_group_accuracy": 0.5,
        "worst_group": "x",
        "difference": 0.5,
        "standard_deviation": 0.25,
    }


def test_quotas_by_group_need_a_group_column():
    methods = {"experiments": {"cifar10_vgg16": {"methods": ["random_metriq_group"]}}}
    run = {"run": ["cifar10_vgg16"]}
    with pytest.raises(ValueError, match=r"quotas\.metriq_group\.by.*datasets\.cifar10\.group_c"):
        study(run, methods)
    source = {"source": "parquet", "root": "shards", "group_column": "fine"}
    grouped = study(run, methods, {"datasets": {"cifar10": source}}).experiments["cifar10_vgg16"]
    assert grouped.has_groups and list(grouped.queries) == ["full"]
