"""Quotas and index sets as files: averaged recalls, strategies' counts, classes that lose all."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fairprune import registry
from fairprune.library.index_sets import files_digest
from fairprune.library.pruning import prune
from fairprune.stages.prune import write_pruned
from fairprune.stages.quotas import write_quotas
from fairprune.storage import tables
from fairprune.storage.canonical import SPLITS, Dataset, write_canonical
from fairprune.storage.tables import read_table, write_table
from fairprune.study.experiment import Method

LABELS = np.repeat([0, 1, 2], 4)
NAMES = ("cat", "dog", "owl")
SCORES = np.array([9, 8, 7, 6, 5, 4, 1, 1, 3, 2, 0, 0], np.float32)  # cats first, then dogs


def write_training_set(folder, index, labels=LABELS, scores=SCORES):
    """The training set of these examples, and its mean score."""
    columns = {"index": index, "label": labels[index]}
    write_table(folder / "training_set.parquet", columns, schema=tables.PRUNED)
    n_seeds = np.ones(len(index), int)
    score = {**columns, "score": scores[index], "score_std": scores[index], "n_seeds": n_seeds}
    write_table(folder / "mean.parquet", score, schema=tables.MEAN_SCORE)


def canonical(folder, ids, labels=LABELS, scores=SCORES):
    """A canonical folder of these examples, its training set and a mean score."""
    n = len(labels)
    images = dict.fromkeys(SPLITS, np.zeros((n, 4, 4, 1), np.uint8))
    ids = {split: [f"{split}/{name}" for name in ids] for split in SPLITS}
    write_canonical(Dataset(images, dict.fromkeys(SPLITS, labels), NAMES, ids), folder)
    write_training_set(folder, np.arange(n), labels, scores)
    return {name: folder / f"{name}.parquet" for name in ("examples", "training_set")}


@pytest.fixture
def files(tmp_path):
    """A canonical folder of four examples a class, its training set and a mean score."""
    return canonical(tmp_path, [str(i) for i in range(12)])


def write_recall(path, recall, **metadata):
    n_correct = [round(100 * r) for r in recall]
    table = {"class": range(3), "class_name": NAMES, "n_validation": [100] * 3}
    columns = {name: list(values) for name, values in table.items()}
    columns |= {"n_correct": n_correct, "recall": recall}
    write_table(path, columns, schema=tables.RECALL, metadata=metadata)
    return path


def quotas(folder, files, entry, density, **given):
    path = folder / "quotas.parquet"
    entry = {"options": {}, **entry}
    write_quotas(path, quota="q", entry=entry, density=density, **files, **given)
    return read_table(path, tables.QUOTAS).to_pandas()


def pruned(folder, files, method, density, labels=LABELS, **inputs):
    outputs = {seed: folder / f"seed{seed}.parquet" for seed in (0, 1)}
    inputs = {**files, **inputs}
    about = {"method": method, "density": density, "inputs": inputs}
    for seed, path in outputs.items():
        write_pruned(path, folder / f"cost{seed}.json", seed=seed, **about)
    found = [read_table(path, tables.PRUNED).to_pandas() for path in outputs.values()]
    for table in found:
        assert table["label"].tolist() == labels[table["index"]].tolist()
    return [table["index"].tolist() for table in found]


@pytest.mark.parametrize(
    ("densities", "said"),
    [
        (np.ones(3), r"= 6: n_keep must be within 1 of sum\(d_k N_k\) = 12, got 6"),
        (np.full(2, 0.5), "= 6: .*3"),
        (np.full(3, 1.5), r"= 6: class_density must be .*1\.5"),
    ],
)
def test_a_rule_of_ones_own_that_gives_other_densities_is_named(
    files, tmp_path, monkeypatch, densities, said
):
    own = SimpleNamespace(class_density=lambda counts, density: densities)
    monkeypatch.setattr(registry, "load", lambda kind, name: own)
    with pytest.raises(ValueError, match=rf"rule 'much' must give .* 3 classes.*{said}"):
        quotas(tmp_path, files, {"rule": "much"}, "0.5")


def test_a_rule_of_ones_own_may_give_tensors(files, tmp_path, monkeypatch):
    own = SimpleNamespace(class_density=lambda counts, density: torch.full((3,), density))
    monkeypatch.setattr(registry, "load", lambda kind, name: own)
    found = quotas(tmp_path, files, {"rule": "mine"}, "0.5")
    assert found["class_density"].tolist() == [0.5, 0.5, 0.5]


def test_recalls_are_averaged_over_the_seeds_of_the_query(files, tmp_path):
    """Mean errors 0.2, 0.4, 0.6 at half: densities 1/4, 1/2, 3/4."""
    by_seed = ([0.9, 0.6, 0.2], [0.7, 0.6, 0.6])
    recalls = [write_recall(tmp_path / f"recall{i}.parquet", r) for i, r in enumerate(by_seed)]
    found = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", recalls=recalls)
    np.testing.assert_allclose(found["recall"], [0.8, 0.6, 0.4])
    np.testing.assert_allclose(found["class_density"], [0.25, 0.5, 0.75])
    assert found["quota"].tolist() == [1, 2, 3]


def test_quotas_show_how_sure_recalls_are_and_shrink_those_that_are_not(files, tmp_path, caplog):
    recalls = [write_recall(tmp_path / "recall.parquet", [0.8, 0.8, 0.5])]
    found = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", recalls=recalls)
    np.testing.assert_allclose(found["recall_error"], [0.04, 0.04, 0.05])
    entry = {"rule": "metriq", "options": {"shrink": True}}
    shrunk = quotas(tmp_path, files, entry, "0.5", recalls=recalls)
    ratio = shrunk["class_density"] / found["class_density"]
    assert ratio[0] > 1 > ratio[2] and caplog.messages == []
    recalls = [write_recall(tmp_path / "recall.parquet", [0.5, 0.52, 0.48])]
    alike = quotas(tmp_path, files, entry, "0.5", recalls=recalls)
    np.testing.assert_allclose(alike["class_density"], 0.5)
    assert caplog.messages == [
        "q: chance alone explains how the recalls of the classes differ, on 100 to 100 examples "
        "each; with `shrink` all classes count as alike"
    ]


def test_the_tries_of_all_seeds_count(files, tmp_path):
    recalls = [write_recall(tmp_path / f"{seed}.parquet", [0.8, 0.8, 0.5]) for seed in (0, 1)]
    found = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", recalls=recalls)
    np.testing.assert_allclose(found["recall_error"], np.sqrt([0.16 / 200, 0.16 / 200, 0.25 / 200]))


def test_recalls_are_counted_on_fewer_examples_drawn_by_query_seed(files, tmp_path):
    """Of 100 tries, 10 at most: what is always right stays so, the rest is drawn."""
    entry = {"rule": "metriq", "validation_per_class": 10}

    def drawn(seed, **changes):
        recalls = [write_recall(tmp_path / "recall.parquet", [1.0, 0.5, 0.5], seed=seed)]
        return quotas(tmp_path, files, entry | changes, "0.5", recalls=recalls)["recall"].tolist()

    assert drawn(0) == drawn(0)
    assert {tuple(drawn(seed)) for seed in range(4)} != {tuple(drawn(0))}
    for seed in range(4):
        always, *sometimes = drawn(seed)
        assert always == 1 and all((10 * r) % 1 == pytest.approx(0, abs=1e-9) for r in sometimes)
    assert drawn(0, validation_per_class=1000) == [1.0, 0.5, 0.5]
    mean = np.mean([drawn(seed) for seed in range(40)], axis=0)
    np.testing.assert_allclose(mean, [1, 0.5, 0.5], atol=0.08)


def test_strategy_quotas_are_its_counts_and_name_classes_that_lose_all(files, tmp_path, caplog):
    score = tmp_path / "mean.parquet"
    found = quotas(tmp_path, files, {"rule": "strategy"}, "0.5", score=score)
    assert found["quota"].tolist() == [4, 2, 0]
    assert found["class_density"].tolist() == [1, 0.5, 0]
    assert found["recall"].isna().all() and found["recall_error"].isna().all()
    assert caplog.messages == ["q at density 0.5 removes every example of 1 class: owl"]


def test_rules_see_the_scores_of_each_class(files, tmp_path):
    """Means 7.5, 2.75 and 1.25 of cats, dogs and owls at 1/4."""
    score = tmp_path / "mean.parquet"
    found = quotas(tmp_path, files, {"rule": "nucs"}, "0.25", score=score)
    np.testing.assert_allclose(found["class_density"], 0.75 * np.array([7.5, 2.75, 1.25]) / 11.5)


@pytest.mark.parametrize("density", ["0.3", "0.9"])
def test_every_method_names_the_classes_that_it_empties(files, tmp_path, caplog, density):
    kept = pruned(tmp_path, files, Method("m", score="s"), density, score=tmp_path / "mean.parquet")
    if density == "0.9":
        assert caplog.messages == []
        return
    assert kept == [[0, 1, 2, 3]] * 2
    expected = "m seed {} at density 0.3 removes every example of 2 classes: dog, owl"
    assert caplog.messages == [expected.format(seed) for seed in (0, 1)]


def test_index_sets_of_a_part_of_the_training_set_have_its_canonical_indices(files, tmp_path):
    write_training_set(tmp_path, np.array([1, 3, 6, 8, 9, 11]))
    method, score = Method("m", score="s"), tmp_path / "mean.parquet"
    assert pruned(tmp_path, files, method, "0.5", score=score) == [[1, 3, 8]] * 2
    write_training_set(tmp_path, np.array([1, 3, 6]))
    other = score.rename(tmp_path / "other.parquet")
    write_training_set(tmp_path, np.array([1, 3, 8]))
    with pytest.raises(ValueError, match=r"other\.parquet lists other examples than the training"):
        pruned(tmp_path, files, method, "0.5", score=other)


def test_random_pruning_draws_by_seed_and_selectors_by_method_too(files, tmp_path):
    first, second = pruned(tmp_path, files, Method("random", score="random"), "0.5")
    assert first != second and len(first) == len(second) == 6
    assert pruned(tmp_path, files, Method("other", score="random"), "0.5") == [first, second]
    drawn = set()
    for name in ("a", "b"):
        method = Method(name, "s", selector="stratified", selector_options={"n_strata": 1})
        kept = pruned(tmp_path, files, method, "0.5", score=tmp_path / "mean.parquet")
        drawn |= {tuple(index) for index in kept}
    assert len(drawn) == 4


def test_equal_scores_are_kept_by_id_whatever_the_order_of_the_source(tmp_path):
    """The same examples in two orders: the same ids are kept, by score, quotas and strategy."""
    n, rng = 300, np.random.default_rng(0)
    labels, scores = np.repeat([0, 1, 2], 100), rng.poisson(0.4, n).astype(np.float32)
    found = []
    for name, order in (("sorted", np.arange(n)), ("mixed", rng.permutation(n))):
        folder = tmp_path / name
        folder.mkdir()
        ids = [f"{NAMES[labels[i]]}/{i}.png" for i in order]
        files = canonical(folder, ids, labels[order], scores[order])
        score = folder / "mean.parquet"
        counts = quotas(folder, files, {"rule": "strategy"}, "0.7", score=score)["quota"].tolist()
        given = {"score": score, "quotas": folder / "quotas.parquet"}
        kept = [
            pruned(
                folder, files, Method("m", "s", selector=selector), "0.7", labels[order], **inputs
            )
            for selector in ("top", "stratified")
            for inputs in ({"score": score}, given)
        ]
        found.append((counts, [{ids[i] for i in index} for sets in kept for index in sets]))
    assert found[0] == found[1]
    assert max(found[0][0]) - min(found[0][0]) < 30  # 100 and 32 by the order of the source


def test_equal_scores_of_a_strategy_count_by_the_ids_of_its_training_set(tmp_path):
    labels, scores, index = np.arange(300) % 3, np.ones(300, np.float32), np.arange(0, 300, 2)
    files = canonical(tmp_path, [str(i) for i in range(300)], labels, scores)
    write_training_set(tmp_path, index, labels, scores)
    found = quotas(tmp_path, files, {"rule": "strategy"}, "0.2", score=tmp_path / "mean.parquet")
    ids = [f"train/{i}" for i in index]
    kept = prune(labels[index], 0.2, scores=scores[index], ids=ids)
    assert found["quota"].tolist() == np.bincount(labels[index][kept], minlength=3).tolist()


@pytest.mark.parametrize("index", [np.arange(12), np.array([1, 2, 5, 6, 7, 9, 11])])
def test_the_library_keeps_what_the_workflow_keeps(files, tmp_path, index):
    """At random and by score, alone and within MetriQ's quotas, with ids and without."""
    write_training_set(tmp_path, index)
    recall, labels = [0.9, 0.6, 0.2], LABELS[index]
    paths = [write_recall(tmp_path / "recall.parquet", recall)]
    counts = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", recalls=paths)["quota"]
    ids = [f"train/{i}" for i in index]
    by_score = {"score": tmp_path / "mean.parquet"}, {"scores": SCORES[index], "ids": ids}
    within = {"quotas": tmp_path / "quotas.parquet"}
    for name, inputs, given in (("random", {}, {}), ("s", *by_score)):
        free = pruned(tmp_path, files, Method("m", score=name), "0.5", **inputs)
        cut = pruned(tmp_path, files, Method("m", score=name), "0.5", **inputs, **within)
        for seed in (0, 1):
            assert index[prune(labels, 0.5, seed=seed, **given)].tolist() == free[seed]
            for quota in ({"recall": recall}, {"quotas": counts}):
                kept = prune(labels, 0.5, seed=seed, **quota, **given)
                assert index[kept].tolist() == cut[seed]
        with_ids = prune(labels, 0.5, seed=1, **{"ids": ids, **given})
        assert index[with_ids].tolist() == free[1]


def test_a_class_without_validation_examples_is_named_with_what_helps(files, tmp_path):
    recalls = [write_recall(tmp_path / "recall.parquet", [0.9, 0.5, 0.5])]
    table = read_table(recalls[0]).to_pydict()
    table |= {"n_validation": [100, 0, 100], "n_correct": [90, 0, 50], "recall": [0.9, None, 0.5]}
    write_table(recalls[0], table, schema=tables.RECALL)
    with pytest.raises(ValueError, match=r"of class dog, .* quotas\.q\.options\.missing to mean"):
        quotas(tmp_path, files, {"rule": "metriq"}, "0.5", recalls=recalls)
    entry = {"rule": "metriq", "options": {"missing": "mean"}}
    assert len(quotas(tmp_path, files, entry, "0.5", recalls=recalls)) == 3


def test_an_index_set_knows_its_training_set(files, tmp_path):
    pruned(tmp_path, files, Method("random", "random"), "0.5")
    stored = tables.read_metadata(tmp_path / "seed0.parquet")
    assert stored["n_examples"] == 12
    assert stored["files"] == files_digest([f"train/{i}" for i in range(12)])
