"""Put into docs/validation.md the errors of quotas that are made from few validation images.

Takes the recalls of a query as the true ones, draws the outcomes of n images of each class, and
compares the quotas made from these with those made from the true recalls. Run after the queries,
from the root of the project, for the experiments and densities that the page has markers for:

    python tools/make_validation.py quotas_cifar10 0.3 cifar100_fast 0.5
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from make_results import RESULTS, replaced

from fairprune.quota_rules import metriq, tempered
from fairprune.reporting.rendering import markdown
from fairprune.storage.tables import read_table

PAGE = Path("docs/validation.md")
TRIES = (20, 50, 100, 200, 500)  # validation images of each class
DRAWS = 1000
RULES = {
    "MetriQ": metriq.class_density,
    "MetriQ, shrunk": partial(metriq.class_density, shrink=True),
    "Tempered": tempered.class_density,
    "Tempered, shrunk": partial(tempered.class_density, shrink=True),
}


def main(experiment: str, density: float) -> None:
    """Replace the table of one experiment."""
    path = RESULTS / experiment / "query" / "full" / "seed0" / "recall.parquet"
    recall = read_table(path)["recall"].to_numpy()
    kept = read_table(RESULTS / experiment / "training_set.parquet")["label"].to_numpy()
    rows = [row(recall, np.bincount(kept), density, tries) for tries in TRIES]
    title = f"Density {density:g}, {len(recall)} classes, mean of {DRAWS:,} draws"
    table = markdown({title: pd.DataFrame(rows)})
    PAGE.write_text(replaced(PAGE.read_text(), experiment, table))


def row(recall: np.ndarray, counts: np.ndarray, density: float, tries: int) -> dict[str, str]:
    """Errors of the quotas of each rule, made from ``tries`` images of each class."""
    generator = np.random.default_rng(0)
    drawn = generator.binomial(tries, recall, size=(DRAWS, len(recall))) / tries
    all_tries = np.full(len(recall), tries)

    cells = {
        "images of a class": str(tries),
        "errors in the easiest class": f"{tries * (1 - recall).min():.1f}",
    }
    for name, rule in RULES.items():
        true = rule(counts, density, recall=recall, tries=np.full(len(recall), 10**9))
        ratios = np.array([rule(counts, density, recall=r, tries=all_tries) / true for r in drawn])
        typical = np.median(np.abs(ratios - 1), axis=1).mean()
        cells[name] = f"{typical:.0%}, {ratios.min(axis=1).mean():.0%}"
    return cells


if __name__ == "__main__":
    for name, density in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        main(name, float(density))
