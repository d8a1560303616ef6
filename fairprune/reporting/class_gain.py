"""What pruning gives each class: its recall less that of the model trained on everything.

    gain_k = mean over seeds of (r_k pruned - r_k full)

The paper cites that with EL2N at high densities classes that do badly gain over the full data
(Pote et al. 2023). A class that does badly in part by chance gains by chance, too: so look at the
same classes under random pruning, which has this effect and no other.
"""

from __future__ import annotations

import pandas as pd

_KEYS = ["experiment", "seed", "class"]
_GROUP = ["experiment", "method", "density", "class", "class_name"]
_NEEDED = ("experiment", "method", "density", "seed", "class", "class_name", "recall")


def class_gain_table(final: pd.DataFrame, baseline: str = "full") -> pd.DataFrame:
    """Gain of each class over a baseline, one row a method, density and class.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet``; classes without a recall are left out.
    baseline : str, default="full"
        A method with one density. A seed counts where both methods have it.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``class``, ``class_name``, ``n_seeds``,
        ``baseline_recall``, ``recall`` and ``gain`` (means over seeds), ``gain_minimum``,
        ``gain_maximum`` (over seeds). Values in [-1, 1].

    Raises
    ------
    ValueError
        If columns or the baseline are missing, or it has several densities.
    """
    if missing := sorted(set(_NEEDED) - set(final.columns)):
        raise ValueError(f"frame 'final' lacks the columns {', '.join(missing)}")
    known = final.dropna(subset="recall")
    base = known[known["method"] == baseline]
    if base.empty:
        raise ValueError(f"baseline {baseline!r} has no final models")
    if base.duplicated(_KEYS).any():
        raise ValueError(f"baseline {baseline!r} must have one density")
    base = base.set_index(_KEYS)["recall"].rename("baseline_recall")
    rows = known[known["method"] != baseline].join(base, on=_KEYS, how="inner")
    rows = rows.assign(gain=rows["recall"] - rows["baseline_recall"])
    return (
        rows.groupby(_GROUP)
        .agg(
            n_seeds=("gain", "size"),
            baseline_recall=("baseline_recall", "mean"),
            recall=("recall", "mean"),
            gain=("gain", "mean"),
            gain_minimum=("gain", "min"),
            gain_maximum=("gain", "max"),
        )
        .reset_index()
    )
