"""What each class gains from pruning: its recall minus that of the model trained on all data.

    gain_k = mean over seeds of (r_k pruned - r_k full)

The paper cites the finding that with EL2N at high densities, classes that do badly gain over the
full data (Pote et al. 2023). A class that did badly in one training by chance does better in the
next, whatever was pruned: choosing the classes by the same r_k full that enters their gain would
count this chance as a gain. So they are chosen by the full-data trainings of the *other* seeds:

    worst gain = mean over seeds s of the mean gain_ks of the fifth of the classes with the lowest
                 mean over s' != s of r_ks' full

The gain of random pruning shows the effect of fewer examples alone.
"""

from __future__ import annotations

import pandas as pd

_BASELINE = "full"
_KEYS = ["experiment", "seed", "class"]
_GROUP = ["experiment", "method", "density", "class", "class_name"]
_NEEDED = ("experiment", "method", "density", "seed", "class", "class_name", "recall")


def class_gain_table(final: pd.DataFrame) -> pd.DataFrame:
    """Gain of each class over the full data, one row per method, density and class.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet``. Classes without a recall, and seeds that the method
        ``full`` does not have, are left out.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``class``, ``class_name``, ``n_seeds``,
        ``baseline_recall``, ``recall`` and ``gain`` (means over seeds), ``gain_minimum``,
        ``gain_maximum`` (over seeds). Values in [-1, 1].

    Raises
    ------
    ValueError
        If columns or the method ``full`` are missing, or it has several densities.
    """
    return (
        _paired(final)
        .groupby(_GROUP)
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


def worst_gains(final: pd.DataFrame) -> pd.DataFrame:
    """Mean gain of the fifth of the classes that do worst in the full data of the other seeds.

    At least one class is taken. Ties go to the smaller class index.

    Parameters
    ----------
    final
        As in :func:`class_gain_table`.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``worst_gain`` (null if ``full`` has no
        other seed).
    """
    rows = _paired(final).sort_values(_KEYS)
    run = ["experiment", "method", "density"]
    gains = [
        (
            *key,
            classes.nsmallest(max(1, len(classes) // 5), "others_recall")["gain"].mean(),
        )
        for key, classes in rows.dropna(subset="others_recall").groupby([*run, "seed"])
    ]
    per_seed = pd.DataFrame(gains, columns=[*run, "seed", "worst_gain"])
    means = per_seed.groupby(run)["worst_gain"].mean()
    return rows[run].drop_duplicates().join(means, on=run)


def _paired(final: pd.DataFrame) -> pd.DataFrame:
    """Rows of pruned methods with ``baseline_recall`` of the same seed, ``others_recall``, gain."""
    if missing := sorted(set(_NEEDED) - set(final.columns)):
        raise ValueError(f"frame 'final' lacks the columns {', '.join(missing)}")
    known = final.dropna(subset="recall")
    base = known[known["method"] == _BASELINE]
    if base.empty:
        raise ValueError(f"baseline {_BASELINE!r} has no final models")
    if base.duplicated(_KEYS).any():
        raise ValueError(f"baseline {_BASELINE!r} must have one density")
    classes = base.groupby(["experiment", "class"])["recall"]
    n_others = classes.transform("size") - 1
    others = (classes.transform("sum") - base["recall"]) / n_others.where(n_others > 0)
    others = others.round(12)  # equal recalls stay equal
    base = base.assign(baseline_recall=base["recall"], others_recall=others).set_index(_KEYS)
    columns = base[["baseline_recall", "others_recall"]]
    rows = known[known["method"] != _BASELINE].join(columns, on=_KEYS, how="inner")
    return rows.assign(gain=rows["recall"] - rows["baseline_recall"])
