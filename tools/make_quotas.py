"""Put the tables and figures of finished experiments into docs/quotas.md and docs/results.

Run after a study, from the root of the project, with its configuration and experiments: ``python
tools/make_quotas.py config/quotas.yaml quotas_cifar10``. The text of the page is written by hand;
what stands between the markers of the experiment is replaced.
"""

import sys
from pathlib import Path

import pandas as pd
import yaml
from make_results import RESULTS, copy_results, replaced
from snakemake.utils import update_config

from fairprune.reporting.headline import difference_table, headline_table
from fairprune.reporting.labels import keeps_all, label
from fairprune.reporting.rendering import Cell, markdown
from fairprune.storage.tables import read_table
from fairprune.study.configuration import check
from fairprune.study.experiment import Experiment
from fairprune.study.study import Study

BASELINE, PAGE = "random_metriq", Path("docs/quotas.md")
METRICS = {
    "worst_class_accuracy": "worst class",
    "worst_tenth_accuracy": "worst tenth",
    "average_accuracy": "average",
}


def main(configuration: str, name: str) -> None:
    """Replace the tables of one experiment, and copy its figures and recalls of classes."""
    classes = read_table(RESULTS / "tables" / f"{name}_classes.parquet").to_pandas()
    experiment = resolved(configuration, name, n_seeds=classes["seed"].nunique())
    metrics = dict(METRICS)
    if classes["class"].nunique() < 20:  # the worst tenth is the worst class
        del metrics["worst_tenth_accuracy"]

    values = headline_table(classes).dropna(subset="density").set_index(["method", "density"])
    differences = difference_table(classes, BASELINE)
    differences = differences[differences["baseline"] == BASELINE].set_index(["method", "density"])

    parts = {}
    for density in sorted(set(classes["density"]) - {1.0}):
        ran = [
            m for m in experiment.methods if (m, 1.0 if keeps_all(m) else density) in values.index
        ]
        rows = [row(values, differences, experiment, metrics, m, density) for m in ran]
        seeds = len(experiment.seeds)
        title = f"Density {density:g}, {seeds} paired seeds, 95% intervals, in points"
        parts[title] = pd.DataFrame(rows)

    page = PAGE.read_text()
    copy_results(name, page)
    PAGE.write_text(replaced(page, name, markdown(parts)))


def resolved(configuration: str, name: str, n_seeds: int) -> Experiment:
    """The experiment of a study, with the number of seeds that ran."""
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    update_config(config, yaml.safe_load(Path(configuration).read_text()))
    config["experiments"][name]["seeds"] = int(n_seeds)
    check(config, "workflow/schemas/config.schema.yaml")
    return Study(config).experiments[name]


def row(
    values: pd.DataFrame,
    differences: pd.DataFrame,
    experiment: Experiment,
    metrics: dict[str, str],
    method: str,
    density: float,
) -> dict[str, str | Cell]:
    """Accuracies of a method, what they differ from MetriQ's by, and the cost of its quotas."""
    key = (method, 1.0 if keeps_all(method) else density)
    found: dict[str, str | Cell] = {"method": label(method)}
    for metric, text in metrics.items():
        found[text] = cell(values.loc[key], metric, "{:.1f}")
    for metric, text in metrics.items():
        there = key in differences.index
        value = cell(differences.loc[key], metric, "{:+.1f}") if there else ""
        found[f"{text}, minus MetriQ"] = value
    return found | {"cost of the quotas": f"{cost(experiment, method, density):.2g}"}


def cell(values: pd.Series, metric: str, form: str) -> Cell:
    """A value with its limits, in points."""
    return Cell(*(form.format(100 * values[f"{metric}{end}"]) for end in ("", "_lower", "_upper")))


def cost(experiment: Experiment, method: str, density: float) -> float:
    """Images that a method's quotas train on at one density, in trainings on all data."""
    quota = experiment.methods[method].quota
    if quota is None:
        return 0.0
    entry = experiment.quotas[quota]
    if rounds := experiment.rounds(quota, f"{density:g}"):
        trainings = rounds * len(experiment.round_seeds(quota))
        return trainings * entry["options"]["epochs_share"] * (1 + density) / 2
    query = entry.get("query") or experiment.scores.get(entry.get("score"), {}).get("query")
    if query is None:
        return 0.0
    seen = experiment.queries[query]
    share = 1 - 1 / seen["folds"] if "folds" in seen else 1.0
    return len(experiment.query_seeds(query)) * seen["epochs_share"] * share


if __name__ == "__main__":
    for experiment in sys.argv[2:]:
        main(sys.argv[1], experiment)
