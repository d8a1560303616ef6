"""The claims of the paper, each with the comparison that decides it.

A claim compares one method with another in the same experiment, at the same density (a method that
keeps everything has only one), over the seeds that both have. It *holds* if the interval of the
paired difference lies on the side that the claim states, is *refuted* if it lies on the other side,
and is *not decided* if the interval contains zero or there are fewer than two seeds. The verdict is
about this experiment, with the scores and quotas of its queries, not about the paper's experiments.

Section numbers are the paper's. The paper makes some claims for VGG-19 on CIFAR-100 alone.
Sentences that are too vague for a comparison to decide are read as follows:

* "They rarely enjoy any improvement of the worst-class performance compared to the original
  dataset": each score is below the full data.
* "EL2N and GraNd achieve a relatively low classification bias, closely followed by Forgetting":
  each of them is above each other score in the worst class.
* Dynamic Uncertainty "is arguably the best with respect to the average test performance": it is
  above each other score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairprune.reporting.headline import difference_table
from fairprune.reporting.labels import label
from fairprune.reporting.runs import FEWEST_SEEDS, IN_SHORT

AVERAGE, WORST, TENTH = "average_accuracy", "worst_class_accuracy", "worst_tenth_accuracy"
HOLDS, REFUTED, UNDECIDED = "holds", "refuted", "not decided"
COLUMNS = ["experiment", "claim", "comparison", "metric", "density", "n_seeds", "difference"]
COLUMNS += ["low", "high", "verdict"]
ABOUT = "Differences in points, by density, with 95% intervals."  # in the readable table


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper and the comparisons that decide it.

    Attributes
    ----------
    text : str
    pairs : tuple of (method, baseline)
    metrics : tuple of str
        Metrics on which the method is compared.
    above : bool
        Whether the claim puts the method above the baseline or below it.
    long_tail : bool
        Whether the claim is about long-tailed training sets.
    """

    text: str
    pairs: tuple[tuple[str, str], ...]
    metrics: tuple[str, ...] = (WORST, TENTH)
    above: bool = True
    long_tail: bool = False


_SCORES = ("el2n", "grand", "forgetting", "influence", "dynamic_uncertainty", "coreset")
_LEAST_BIASED = ("el2n", "grand", "forgetting")
CLAIMS = (
    Claim(
        "Random+MetriQ improves the worst class over the full data (section 3)",
        (("random_metriq", "full"),),
    ),
    Claim(
        "Random+MetriQ pays for it with average accuracy (section 3)",
        (("random_metriq", "full"), ("random_metriq", "random")),
        metrics=(AVERAGE,),
        above=False,
    ),
    Claim(
        "Scores rarely improve the worst class over the full data (section 4)",
        tuple((score, "full") for score in _SCORES),
        above=False,
    ),
    Claim(
        "EL2N, GraNd and Forgetting have the least bias of the scores (section 2)",
        tuple(
            (score, other)
            for score in _LEAST_BIASED
            for other in _SCORES
            if other not in _LEAST_BIASED
        ),
    ),
    Claim(
        "Dynamic Uncertainty is arguably the best score on average (section 2, of CIFAR-100)",
        tuple(("dynamic_uncertainty", s) for s in _SCORES if s != "dynamic_uncertainty"),
        metrics=(AVERAGE,),
    ),
    Claim(
        "Dynamic Uncertainty fails on the worst class (section 2, of CIFAR-100)",
        (("dynamic_uncertainty", "random"),),
        above=False,
    ),
    Claim(
        "Within MetriQ's quotas, random is above ranked (section 3)",
        tuple(("random_metriq", f"{score}_metriq") for score in _LEAST_BIASED),
    ),
    Claim(
        "GraNd and Forgetting within MetriQ's quotas are above themselves (section 3)",
        (("grand_metriq", "grand"), ("forgetting_metriq", "forgetting")),
    ),
    Claim(
        "GraNd's and Forgetting's class counts filled at random are above them (section 3)",
        (("random_grandq", "grand"), ("random_forgettingq", "forgetting")),
    ),
    Claim(
        "CDB-W improves the worst class over the full data (section 3, of CIFAR-100)",
        (("full_cdbw", "full"),),
    ),
    Claim(
        "CDB-W improves it less than Random+MetriQ does (section 3, of CIFAR-100)",
        (("random_metriq", "full_cdbw"),),
    ),
    Claim("EL2N+MetriQ is above EL2N+CDB-W (section 3)", (("el2n_metriq", "el2n_cdbw"),)),
    Claim(
        "EL2N scores of a query trained with CDB-W fail (section 3)",
        (("cdbw_el2n", "el2n"),),
        above=False,
    ),
    Claim(
        "On long-tailed data Random+MetriQ beats EL2N (section 3)",
        (("random_metriq", "el2n"),),
        metrics=(AVERAGE, WORST, TENTH),
        long_tail=True,
    ),
    Claim(
        "On long-tailed data it beats the unpruned set, with or without CDB-W (section 3)",
        (("random_metriq", "full"), ("random_metriq", "full_cdbw")),
        long_tail=True,
    ),
)


def claims_table(final: pd.DataFrame, *, long_tail: bool = False) -> pd.DataFrame:
    """One row per comparison that the methods of an experiment allow.

    Parameters
    ----------
    final : DataFrame
        Rows of final models, as for :func:`fairprune.reporting.headline.headline_table`.
    long_tail : bool
        Whether the training set was made long-tailed. Other sets have no verdict on the claims
        about long-tailed sets.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``claim``, ``comparison``, ``metric``, ``density`` (missing for the
        mean over densities), ``n_seeds``, ``difference``, ``low``, ``high`` (95%), ``verdict``.
    """
    ran = set(final["method"])
    decided = [c for c in CLAIMS if long_tail or not c.long_tail]
    pairs = {pair for claim in decided for pair in claim.pairs if ran.issuperset(pair)}
    rows: list[dict[str, object]] = []
    if pairs:
        differences = difference_table(final, sorted({baseline for _, baseline in pairs}))
        rows = [row for claim in decided for row in _rows(claim, differences)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(claim: Claim, differences: pd.DataFrame) -> Iterator[dict[str, object]]:
    for method, baseline in claim.pairs:
        pair = (differences["method"] == method) & (differences["baseline"] == baseline)
        for metric in claim.metrics:
            for row in differences[pair].to_dict("records"):
                low, high = row[f"{metric}_lower"], row[f"{metric}_upper"]
                yield {
                    **{name: row[name] for name in ("experiment", "density", "n_seeds")},
                    "claim": claim.text,
                    "comparison": f"{label(method)} \N{MINUS SIGN} {label(baseline)}",
                    "metric": IN_SHORT[metric],
                    "difference": row[metric],
                    "low": low,
                    "high": high,
                    "verdict": verdict(low, high, int(row["n_seeds"]), above=claim.above),
                }


def verdict(low: float, high: float, n_seeds: int, *, above: bool) -> str:
    """Decide a claim by the interval of the difference.

    Examples
    --------
    >>> verdict(0.01, 0.05, 3, above=True), verdict(0.01, 0.05, 3, above=False)
    ('holds', 'refuted')
    >>> verdict(-0.01, 0.05, 3, above=True), verdict(0.01, 0.05, 1, above=True)
    ('not decided', 'not decided')
    """
    if n_seeds < FEWEST_SEEDS or low <= 0 <= high:
        return UNDECIDED
    return HOLDS if (low > 0) == above else REFUTED


def readable(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Format the claims for reading: one row per comparison, densities side by side, in points.

    With up to ten classes the worst tenth is the worst class and has no rows of its own.
    """
    parts = {}
    for experiment, decided in table.groupby("experiment", sort=False):
        rows = _told_apart(decided)
        cells = rows.assign(
            cell=[_cell(row) for row in rows.to_dict("records")],
            column=["mean" if pd.isna(d) else f"{d:g}" for d in rows["density"]],
        )
        keys = ["claim", "comparison", "metric"]
        wide = cells.pivot(index=keys, columns="column", values="cell").fillna("")
        wide = wide.loc[pd.MultiIndex.from_frame(cells[keys].drop_duplicates())].reset_index()
        ascending = [f"{d:g}" for d in sorted(rows["density"].dropna().unique())]
        densities = [name for name in (*ascending, "mean") if name in wide]
        wide = wide[[*keys, *densities]].rename_axis(columns=None)
        wide["claim"] = wide["claim"].where(~wide["claim"].duplicated(), "")
        parts[f"{experiment}: claims of the paper"] = wide.reset_index(drop=True)
    return parts


def _told_apart(table: pd.DataFrame) -> pd.DataFrame:
    """The rows, without those of the worst tenth if it is always the worst class."""
    worst, tenth = (table["metric"] == IN_SHORT[name] for name in (WORST, TENTH))
    same = np.array_equal(table.loc[worst, "difference"], table.loc[tenth, "difference"])
    return table[~tenth] if same else table


def _cell(row: dict) -> str:
    difference, low, high = (f"{100 * row[key]:+.1f}" for key in ("difference", "low", "high"))
    reason = " (one seed)" if row["n_seeds"] < FEWEST_SEEDS else ""
    return f"{difference} ({low} to {high}), {row['verdict']}{reason}"


def findings(table: pd.DataFrame) -> str:
    """The verdicts as a list in reStructuredText, for the first page of the report.

    Each comparison is shown for the mean over densities, or for its only density. With more than
    ten classes the worst tenth takes the place of the worst class, which is mostly chance.
    """
    shown = _told_apart(table)
    if (shown["metric"] == IN_SHORT[TENTH]).any():
        shown = shown[shown["metric"] != IN_SHORT[WORST]]
    lines = []
    for claim, rows in shown.groupby("claim", sort=False):
        parts = []
        for (comparison, metric), densities in rows.groupby(COLUMNS[2:4], sort=False):
            mean = densities["density"].isna()
            row = densities[mean if mean.any() else ~mean].iloc[0].to_dict()
            difference, _, verdict = _cell(row).rpartition(", ")
            parts.append(f"{comparison}, {metric}: {difference} points, **{verdict}**")
        lines.append(f"* {claim}. {'; '.join(parts)}.")
    return "\n".join([*lines, ""])
