"""Put the table of the study in config/quotas.yaml into docs/quotas.md.

Run after that study, from the root of the project: ``python tools/make_quotas.py``. The text of the
page is written by hand; the table between its markers is replaced.
"""

import re
from pathlib import Path

import pandas as pd
import yaml
from snakemake.utils import update_config

from fairprune.reporting.headline import difference_table
from fairprune.reporting.labels import keeps_all, label
from fairprune.reporting.rendering import Cell, markdown
from fairprune.storage.tables import read_table
from fairprune.study.configuration import check
from fairprune.study.experiment import Experiment
from fairprune.study.study import Study

EXPERIMENT, BASELINE = "quotas_cifar10", "random_metriq"
PAGE, CLASSES = Path("docs/quotas.md"), Path(f"results/tables/{EXPERIMENT}_classes.parquet")
METRICS = {"worst_class_accuracy": "worst class", "average_accuracy": "average"}
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.S)


def main() -> None:
    """Replace the table of the page."""
    experiment = resolved()
    headline = read_table(f"results/tables/{EXPERIMENT}.parquet").to_pandas()
    headline = headline[headline["density"].notna()].set_index(["method", "density"])
    differences = difference_table(read_table(CLASSES).to_pandas(), BASELINE)
    differences = differences[differences["baseline"] == BASELINE].set_index(["method", "density"])
    parts = {}
    for density in map(float, experiment.densities):
        rows = [row(headline, differences, experiment, m, density) for m in experiment.methods]
        seeds = len(experiment.seeds)
        parts[f"Density {density:g}, {seeds} paired seeds, 95% intervals, in points"] = (
            pd.DataFrame(rows)
        )
    text = markdown(parts)
    PAGE.write_text(TABLE.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", PAGE.read_text()))


def resolved() -> Experiment:
    """The experiment of the study, with the number of seeds that ran."""
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    update_config(config, yaml.safe_load(Path("config/quotas.yaml").read_text()))
    seeds = read_table(CLASSES)["seed"].to_pandas().nunique()
    config["experiments"][EXPERIMENT]["seeds"] = int(seeds)
    check(config, "workflow/schemas/config.schema.yaml")
    return Study(config).experiments[EXPERIMENT]


def row(
    headline: pd.DataFrame,
    differences: pd.DataFrame,
    experiment: Experiment,
    method: str,
    density: float,
) -> dict[str, str | Cell]:
    """Accuracies of a method, what they differ from MetriQ's by, and the cost of its quotas."""
    key = (method, 1.0 if keeps_all(method) else density)
    found: dict[str, str | Cell] = {"method": label(method)}
    for metric, text in METRICS.items():
        found[text] = cell(headline.loc[key], metric, "{:.1f}")
    for metric, text in METRICS.items():
        there = key in differences.index
        value = cell(differences.loc[key], metric, "{:+.1f}") if there else ""
        found[f"{text}, minus MetriQ"] = value
    return found | {"cost of the quotas": f"{cost(experiment, method, density):.2g}"}


def cell(values: pd.Series, metric: str, form: str) -> Cell:
    """A value with its limits, in points."""
    return Cell(*(form.format(100 * values[f"{metric}{end}"]) for end in ("", "_lower", "_upper")))


def cost(experiment: Experiment, method: str, density: float) -> float:
    """Trainings that a method's quotas take at one density, in trainings on all data."""
    quota = experiment.methods[method].quota
    if quota is None:
        return 0.0
    entry = experiment.quotas[quota]
    if query := entry.get("query"):
        return len(experiment.query_seeds(query)) * experiment.queries[query]["epochs_share"]
    options = entry["options"]
    rounds = experiment.rounds(quota, f"{density:g}")
    return rounds * len(experiment.round_seeds(quota)) * options["epochs_share"] * (1 + density) / 2


if __name__ == "__main__":
    main()
