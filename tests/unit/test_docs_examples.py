"""The examples of the documentation run: doctests, configurations, and the modules of extend.md."""

import doctest
import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from fairprune import registry
from tests.documentation import DOCS, ROOT, blocks, page, study

DEMO = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_examples_give_what_they_show(path):
    examples = doctest.DocTestParser().get_doctest(path.read_text(), {}, path.name, str(path), 0)
    result = doctest.DocTestRunner(verbose=False).run(examples)
    assert result.failed == 0


def test_the_configuration_of_the_authors_code_takes_every_rule_of_theirs():
    update = yaml.safe_load(blocks(page("docs/definitions.md"), "yaml")["authors.yaml"])
    experiment = study(update).experiments["cifar100_vgg19"]
    assert experiment.queries["full"]["recall_epoch"] == "best"
    assert experiment.queries["full"]["record"] == ["train", "evaluation"]
    assert experiment.scores["forgetting"]["options"] == {"never_learned": "zero"}
    assert experiment.scores["dynamic_uncertainty"]["options"] == {
        "rule": "authors",
        "view": "train",
    }
    assert experiment.quotas["metriq"]["options"] == {"rule": "authors"}


SNIPPETS = [
    (path.name, title, text)
    for path in DOCS
    if path.name != "cluster.md"
    for title, text in blocks(path.read_text(), "yaml").items()
]


@pytest.fixture
def extended(tmp_path, monkeypatch):
    """The package with the modules of extend.md beside its own."""
    for title, text in blocks(page("docs/extend.md"), "python").items():
        file = tmp_path / title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        package = importlib.import_module(".".join(Path(title).parent.parts))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
    registry.names.cache_clear()
    yield
    monkeypatch.undo()
    registry.names.cache_clear()


@pytest.mark.parametrize(("path", "title", "text"), SNIPPETS, ids=[s[1] for s in SNIPPETS])
def test_documented_configurations_are_valid(extended, path, title, text):
    update = yaml.safe_load(text)
    base = [DEMO] if "demo" in update.get("experiments", {}) else []
    resolved = study(*base, update).experiments
    for name in update.get("experiments", {}):
        assert name in resolved


def test_the_score_of_the_documentation_runs(extended):
    probability = np.array([[0.5, 1.0, 0.0], [0.25, 1.0, 1.0]], np.float32)
    view = SimpleNamespace(probability=probability)
    query = SimpleNamespace(record=SimpleNamespace(view=lambda name: view))
    score = registry.load("scores", "mean_loss").score(query, smallest=0.125)
    np.testing.assert_allclose(score, np.log([8.0, 1.0, 8.0]) / 2)
    experiment = study(DEMO, _snippet("mean_loss")).experiments["demo"]
    assert experiment.scores["mean_loss"]["needs"] == "record"
    assert experiment.methods["mean_loss_metriq"].quota == "metriq"


def test_the_quota_rule_of_the_documentation_runs(extended):
    rule = registry.load("quota_rules", "tempered").class_density
    counts, recall = np.array([100, 100]), np.array([0.0, 0.75])
    np.testing.assert_allclose(rule(counts, 0.3, recall=recall), [0.4, 0.2])
    np.testing.assert_allclose(rule(counts, 0.3, recall=recall, power=0), [0.3, 0.3])
    np.testing.assert_allclose(rule(counts, 0.25, recall=recall, power=1), [0.4, 0.1])
    with pytest.raises(ValueError, match="power must be at least 0, got -1"):
        rule(counts, 0.3, recall=recall, power=-1)
    experiment = study(DEMO, _snippet("tempered")).experiments["demo"]
    assert experiment.quotas["tempered"]["options"] == {"power": 0.5}


def test_the_model_of_the_documentation_runs(extended):
    import torch

    model = registry.load("models", "perceptron").build(10, 1, 28, n_hidden=8)
    inputs = []
    model.head.register_forward_pre_hook(lambda module, given: inputs.append(given[0]))
    assert model(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert inputs[0].shape == (3, 8)


def test_the_data_source_of_the_documentation_runs(extended, tmp_path):
    rng = np.random.default_rng(0)
    arrays = {f"x_{n}": rng.integers(0, 256, (8, 4, 4, 3), np.uint8) for n in ("train", "test")}
    arrays |= {f"y_{n}": np.repeat([0, 1], 4).astype(np.uint8) for n in ("train", "test")}
    np.savez(tmp_path / "images.npz", **arrays)
    dataset = registry.load("data", "npz").load(tmp_path)
    assert {split: len(labels) for split, labels in dataset.labels.items()} == {
        "train": 8,
        "validation": 4,
        "test": 4,
    }
    assert dataset.class_names == ("0", "1")


def _snippet(name):
    return yaml.safe_load(blocks(page("docs/extend.md"), "yaml")[f"{name}.yaml"])


def test_the_index_sets_lead_to_the_ids(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = tmp_path / "results/data/flowers/examples.parquet"
    kept = tmp_path / "results/flowers/pruned/random_metriq/density0.5/seed0.parquet"
    for path in (examples, kept):
        path.parent.mkdir(parents=True)
    splits = ["test", "train", "train", "train"]
    frame = {"index": [0, 0, 1, 2], "split": splits, "id": ["t0", "a", "b", "c"]}
    pd.DataFrame(frame).to_parquet(examples)
    pd.DataFrame({"index": [0, 2], "label": [0, 1]}).to_parquet(kept)
    names = {}
    exec(blocks(page("docs/your-data.md"), "python")["ids.py"], names)
    assert names["files"] == ["a", "c"]
