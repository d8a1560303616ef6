"""The examples of the documentation run: doctests, configurations, and the modules of extend.md."""

import doctest
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from fairprune import registry
from fairprune.storage.tables import EXAMPLES, PRUNED, write_table
from tests.documentation import DOCS, ROOT, blocks, page, study
from tests.unit.data.test_folders import save
from tests.unit.figures.test_figures import frames

CONFIGS = [yaml.safe_load(path.read_text()) for path in sorted((ROOT / "config").glob("*.yaml"))]
DEMO = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_examples_give_what_they_show(path):
    examples = doctest.DocTestParser().get_doctest(path.read_text(), {}, path.name, str(path), 0)
    result = doctest.DocTestRunner(verbose=False).run(examples)
    assert result.failed == 0


def test_the_configuration_of_the_authors_code_takes_every_rule_of_theirs():
    update = yaml.safe_load(blocks(page("docs/definitions.md"), "yaml")["authors.yaml"])
    experiment = study(update).experiments["cifar100_vgg19"]
    assert experiment.queries["full"]["record"] == ["train", "evaluation"]
    assert experiment.scores["dynamic_uncertainty"]["options"] == {
        "rule": "authors",
        "view": "train",
    }
    assert experiment.scores["forgetting"]["options"] == {}  # zero for never learned
    ssp = experiment.scores["ssp"]
    assert ssp["query"] == "short" and ssp["options"] == {"supervised": True}
    assert experiment.settings["training"]["max_shift"] == 5
    for method, query in (
        ("random_metriq", "short"), ("el2n_metriq", "short"), ("grand_metriq", "short"),
        ("forgetting_metriq", "full"),
    ):  # fmt: skip
        quota = experiment.quotas[experiment.methods[method].quota]
        assert quota["query"] == query and quota["options"] == {"rule": "authors"}
        assert experiment.queries[query]["recall_epoch"] == "best"


SNIPPETS = [
    (path.name, title, text)
    for path in DOCS
    if path.name != "cluster.md"
    for title, text in blocks(path.read_text(), "yaml").items()
]


@pytest.mark.parametrize(("path", "title", "text"), SNIPPETS, ids=[s[1] for s in SNIPPETS])
def test_documented_configurations_are_valid(extended, path, title, text):
    update = yaml.safe_load(text)
    changed = update.get("experiments", {}).keys()
    base = [config for config in CONFIGS if changed & config.get("experiments", {}).keys()]
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


def test_the_figure_of_the_documentation_is_drawn(extended):
    experiment = study(DEMO).experiments["demo"]
    assert "class_recalls" in experiment.named_figures()
    module = registry.load("figures", "class_recalls")
    final, _ = frames(("full", "random", "el2n"), densities=(0.3, 0.5))
    table = module.plotted_table(final=final)
    lowest = final[(final["method"] == "random") & (final["density"] == 0.3)]
    expected = lowest.groupby("class")["recall"].mean()
    np.testing.assert_allclose(table[table["method"] == "random"]["recall"], expected)
    (axis,) = module.draw(table).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["EL2N", "Full data", "Random"]


def test_the_quota_rule_of_the_documentation_runs(extended):
    rule = registry.load("quota_rules", "blended").class_density
    counts, recall = np.array([100, 100]), np.array([0.0, 0.75])
    np.testing.assert_allclose(rule(counts, 0.25, recall=recall), [0.325, 0.175])
    np.testing.assert_allclose(rule(counts, 0.25, recall=recall, share=0), [0.25, 0.25])
    np.testing.assert_allclose(rule(counts, 0.25, recall=recall, share=1), [0.4, 0.1])
    with pytest.raises(ValueError, match=r"options.share must be a number in \[0, 1\], got -1"):
        study(DEMO, _snippet("blended"), {"quotas": {"blended": {"options": {"share": -1}}}})
    experiment = study(DEMO, _snippet("blended")).experiments["demo"]
    assert experiment.quotas["blended"]["options"] == {"share": 0.5}


def _snippet(name):
    return yaml.safe_load(blocks(page("docs/extend.md"), "yaml")[f"{name}.yaml"])


def test_the_index_sets_lead_to_the_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["rose/1.png", "daisy/2.png", "daisy/1.png", "rose/2.png"]
    for seed, name in enumerate(names):
        save(tmp_path / "data" / "flowers" / name, seed)
    columns = {
        "index": [0, 0, 1, 2],
        "split": ["test", "train", "train", "train"],
        "label": [1, 0, 0, 1],
        "class_name": ["rose", "daisy", "daisy", "rose"],
        "id": names,
    }
    write_table("results/data/flowers/examples.parquet", columns, schema=EXAMPLES)
    kept = "results/flowers/pruned/random_metriq/density0.5/seed0.parquet"
    write_table(kept, {"index": [0, 2], "label": [0, 1]}, schema=PRUNED)
    found = {}
    for title in ("ids.py", "subset.py"):
        exec(blocks(page("docs/your-data.md"), "python")[title], found)
    assert found["files"] == ["daisy/2.png", "rose/2.png"]
    subset = found["subset"]
    assert [found["names"][position] for position in subset.indices] == found["files"]


def test_the_example_with_scikit_learn_prints_the_four_metrics(capsys):
    found = {}
    text = blocks(page("docs/api.md"), "python")["digits.py"]
    assert len([line for line in text.splitlines() if line]) <= 12
    exec(text, found)
    assert len(found["kept"]) == round(0.3 * len(found["y"]))
    counts = np.bincount(found["y"][found["kept"]])
    assert counts[found["recall"].argmin()] == counts.max() > 2 * counts.min()
    assert "worst_class_accuracy" in capsys.readouterr().out


def test_the_loop_with_scikit_learn_keeps_some_of_every_class(capsys):
    found = {}
    text = blocks(page("docs/api.md"), "python")["loop.py"]
    assert len([line for line in text.splitlines() if line]) <= 20
    exec(text, found)
    labels, kept = found["y"], found["kept"]
    assert len(kept) == round(0.3 * len(labels)) and len(np.bincount(labels[kept])) == 10
    assert "worst_class_accuracy" in capsys.readouterr().out
