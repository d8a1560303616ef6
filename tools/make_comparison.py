"""Compare methods with a baseline, and put the tables and costs into the study's page in docs.

Run after a study, from the root of the project, with an experiment and its configurations:
``python tools/make_comparison.py quotas_cifar10 config/quotas.yaml``. The text of the page is
written by hand; only the part between the markers of the experiment is replaced. With ``--joined``
the tables show the recalls that ``join_runs.py`` wrote to docs/results.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from make_results import FOLDER, copy_results, replaced
from scipy import stats
from snakemake.utils import update_config

from fairprune.metrics import worst_tenth
from fairprune.reporting.headline import difference_table, headline_table
from fairprune.reporting.labels import keeps_all, label
from fairprune.reporting.rendering import Cell, markdown
from fairprune.reporting.runs import IN_SHORT
from fairprune.storage.tables import read_table
from fairprune.study.configuration import check
from fairprune.study.experiment import Experiment
from fairprune.study.study import Study

QUOTAS = (Path("docs/quotas.md"), "random_metriq")  # page and baseline
PAGES = {
    "newer_methods": (Path("docs/results.md"), "random"),
    "validation_cifar10": (Path("docs/validation.md"), "random_metriq"),
}


def main() -> None:
    """Replace the tables of one experiment, and copy its figures and class recalls."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("experiment")
    parser.add_argument("configurations", nargs="+")
    parser.add_argument("--joined", action="store_true")
    options = parser.parse_args()
    name = options.experiment
    path, baseline = PAGES.get(name, QUOTAS)
    page = path.read_text()
    if not options.joined:
        copy_results(name, page)
    classes = read_table(FOLDER / f"{name}_classes.parquet").to_pandas()
    experiment = resolved(options.configurations, name, n_seeds=classes["seed"].nunique())
    metrics = shown_metrics(classes["class"].nunique())

    values = headline_table(classes).dropna(subset="density").set_index(["method", "density"])
    differences = difference_table(classes, baseline)
    differences = differences[differences["baseline"] == baseline].set_index(["method", "density"])
    compared = [m for m in experiment.methods if m != baseline and not keeps_all(m)]
    differences = differences[differences.index.isin(compared, level="method")]
    surviving = after_correction(
        differences[differences.index.get_level_values(1).notna()], metrics
    )

    parts = {}
    for density in sorted(set(classes["density"]) - {1.0}):
        ran = [
            m for m in experiment.methods if (m, 1.0 if keeps_all(m) else density) in values.index
        ]
        rows = [
            accuracies(values, metrics, m, density)
            | against(differences, surviving, baseline, metrics, m, density)
            | {"cost": f"{cost(experiment, m, density):.2g}"}
            for m in ran
        ]
        parts[f"Density {density:g}"] = pd.DataFrame(rows)

    note = f"In points: {len(experiment.seeds)} paired seeds, with 95% intervals. "
    note += f"Bold: not zero after correction for {surviving.size} differences."
    path.write_text(replaced(page, name, markdown(parts, note)))


def resolved(configurations: Iterable[str], name: str, n_seeds: int) -> Experiment:
    """The experiment of a study, with the number of seeds that ran."""
    config = yaml.safe_load(Path("config/config.yaml").read_text())
    for configuration in configurations:
        update_config(config, yaml.safe_load(Path(configuration).read_text()))
    config["experiments"][name]["seeds"] = int(n_seeds)
    check(config, "workflow/schemas/config.schema.yaml")
    return Study(config).experiments[name]


def shown_metrics(n_classes: int) -> dict[str, str]:
    """Accuracies to show and their names; the worst tenth only with more than ten classes."""
    tenth = ["worst_tenth_accuracy"] if worst_tenth(n_classes) > 1 else []
    names = ["worst_class_accuracy", *tenth, "average_accuracy"]
    return {name: IN_SHORT[name] for name in names}


def accuracies(
    values: pd.DataFrame, metrics: dict[str, str], method: str, density: float
) -> dict[str, str | Cell]:
    """Cells with a method's accuracies."""
    row = values.loc[method, 1.0 if keeps_all(method) else density]
    cells = {text: cell(row, metric, "{:.1f}") for metric, text in metrics.items()}
    return {"method": label(method), **cells}


def after_correction(differences: pd.DataFrame, metrics: Iterable[str]) -> pd.DataFrame:
    """Which differences are not zero at 5%, after Holm's correction (1979) for all of them.

    The p-value of a difference is that of a normal distribution whose 95% interval ends at the same
    limit on the side of zero.
    """
    p = {}
    for metric in metrics:
        value = differences[metric]
        nearer = differences[f"{metric}_lower"].where(value > 0, differences[f"{metric}_upper"])
        reach = ((value - nearer).abs() / stats.norm.isf(0.025)).to_numpy()
        p[metric] = 2 * stats.norm.sf(np.divide(value.abs(), reach, out=0 * reach, where=reach > 0))
    table = pd.DataFrame(p, index=differences.index)
    ordered = table.stack().sort_values()
    corrected = (ordered * np.arange(len(ordered), 0, -1)).cummax()
    return (corrected <= 0.05).unstack()


def against(
    differences: pd.DataFrame,
    surviving: pd.DataFrame,
    baseline: str,
    metrics: dict[str, str],
    method: str,
    density: float,
) -> dict[str, str | Cell]:
    """Cells with the differences of a method's accuracies to those of the baseline."""
    name = label(baseline).removeprefix("Random+")
    if (method, density) not in differences.index:
        return {f"{text}, minus {name}": "" for text in metrics.values()}
    row, sure = differences.loc[(method, density)], surviving.loc[(method, density)]
    return {
        f"{text}, minus {name}": cell(row, metric, "{:+.1f}", best=bool(sure[metric]))
        for metric, text in metrics.items()
    }


def cell(values: pd.Series, metric: str, form: str, *, best: bool = False) -> Cell:
    """A value with its limits, in points; ``best`` sets it in bold."""
    limits = (form.format(100 * values[f"{metric}{end}"]) for end in ("", "_lower", "_upper"))
    return Cell(*limits, best=best)


def cost(experiment: Experiment, method: str, density: float) -> float:
    """Images seen before a method's final training, in units of one training on all data."""
    chosen = experiment.methods[method]
    quota = experiment.quotas.get(chosen.quota, {})
    rounds = 0.0
    if n_rounds := chosen.quota and experiment.rounds(chosen.quota, f"{density:g}"):
        trainings = n_rounds * len(experiment.round_seeds(chosen.quota))
        rounds = trainings * quota["options"]["epochs_share"] * (1 + density) / 2
    scores = (chosen.score, chosen.artifact_of, quota.get("score"))
    queries = {experiment.scores.get(score, {}).get("query") for score in scores}
    queries |= {quota.get("query"), chosen.teacher}
    return rounds + sum(query_cost(experiment, query) for query in queries - {None})


def query_cost(experiment: Experiment, query: str) -> float:
    """Images that a query's trainings see for one index set, in the same units as ``cost``."""
    entry = experiment.queries[query]
    share = 1 - 1 / entry["folds"] if "folds" in entry else 1.0
    paired = experiment.settings["paired_queries"]  # each final seed has a query of its own
    n_trainings = 1 if paired else len(experiment.query_seeds(query))
    return n_trainings * entry["epochs_share"] * share


if __name__ == "__main__":
    main()
