"""Put the tables and figures of the study in config/cifar10_small.yaml into docs/results.

Run after that study, from the root of the project: ``python tools/make_results.py``. The text of
docs/results.md is written by hand; the tables between its markers are replaced.
"""

import re
import shutil
from pathlib import Path

import pandas as pd

from fairprune.reporting.headline import ACCURACIES, difference_table
from fairprune.reporting.labels import label
from fairprune.reporting.rendering import markdown
from fairprune.storage.tables import read_table

EXPERIMENT, WIDE = "cifar10_small", "cifar10_small_wide"
MEAN = float("inf")  # in place of a density: the last column
RESULTS, PAGE = Path("results"), Path("docs/results.md")
FIGURES = ("figure1", "figure2", "figure3", "figure4", "figure5", "figure6", "score_correlation")

# Pairs of methods that the paper's claims compare: the first minus the second, on the same seeds.
METRIQ = [("random_metriq", "full"), ("random_metriq", "random")]
CLAIMS = {
    "metriq": METRIQ,
    "dynamic": [("dynamic_uncertainty", "random"), ("dynamic_uncertainty", "el2n")],
    "within": [(f"{score}_metriq", score) for score in ("el2n", "grand", "forgetting")],
    "ranked": [
        ("random_metriq", "el2n_metriq"),
        ("random_metriq", "grand_metriq"),
        ("random_metriq", "forgetting_metriq"),
        ("random_grandq", "grand"),
        ("random_forgettingq", "forgetting"),
    ],
    "cdbw": [
        ("full_cdbw", "full"),
        ("random_metriq", "full_cdbw"),
        ("el2n_cdbw", "el2n"),
        ("cdbw_el2n", "el2n"),
        ("random_metriq", "el2n_cdbw"),
    ],
}


def main() -> None:
    """Copy the figures and replace the tables of the page."""
    for figure in FIGURES:
        source = RESULTS / "figures" / EXPERIMENT / f"{figure}.png"
        shutil.copy(source, PAGE.with_suffix("") / f"{EXPERIMENT}_{figure}.png")
    parts = {"headline": (RESULTS / "tables" / f"{EXPERIMENT}.md").read_text()}
    for claim, pairs in CLAIMS.items():
        parts[claim] = markdown(differences(EXPERIMENT, pairs))
    parts["wide"] = markdown(differences(WIDE, [*METRIQ, ("full_cdbw", "full")]))
    page = PAGE.read_text()
    for name, text in parts.items():
        marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.S)
        page, n = marked.subn(lambda found, text=text: f"{found[1]}\n{text}\n{found[2]}", page)
        if n != 1:
            raise SystemExit(f"{PAGE} needs <!-- {name} --> and <!-- end of {name} --> once")
    PAGE.write_text(page)


def differences(experiment: str, pairs: list[tuple[str, str]]) -> dict[str, pd.DataFrame]:
    """Differences of both accuracies in points, a row a pair, with 95% intervals."""
    classes = read_table(RESULTS / "tables" / f"{experiment}_classes.parquet").to_pandas()
    table = difference_table(classes, {baseline for _, baseline in pairs}).fillna({"density": MEAN})
    by_pair = dict(list(table.set_index("density").groupby(["method", "baseline"])))
    found = {pair: by_pair[pair] for pair in pairs}
    densities = sorted({density for rows in found.values() for density in rows.index})
    pairs_shown = [" \N{MINUS SIGN} ".join(map(label, pair)) for pair in found]
    columns = {density: "mean" if density == MEAN else f"{density:g}" for density in densities}
    return {
        f"{ACCURACIES[name]}: difference in points by density, 95% interval": pd.DataFrame(
            {"difference": pairs_shown}
            | {
                text: [cell(rows, d, name) for rows in found.values()]
                for d, text in columns.items()
            }
        )
        for name in ("worst_class_accuracy", "average_accuracy")
    }


def cell(table: pd.DataFrame, density: float, name: str) -> str:
    """A difference and its interval; in bold where the interval excludes zero."""
    if density not in table.index:
        return ""
    value, *limits = (100 * table.loc[density, name + end] for end in ("", "_lower", "_upper"))
    text = f"**{value:+.1f}**" if min(limits) > 0 or max(limits) < 0 else f"{value:+.1f}"
    text = f"{text} ({limits[0]:+.1f} to {limits[1]:+.1f})"
    return text.replace("-", "\N{MINUS SIGN}")


if __name__ == "__main__":
    main()
