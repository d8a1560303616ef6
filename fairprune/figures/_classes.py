"""Class densities of pruned sets: sorted, and against the recalls of the full-data model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea, VPacker
from matplotlib.ticker import MaxNLocator
from scipy import stats

from fairprune.figures import _metrics, panels, style
from fairprune.seeds import seed_sequence

FULL = "full"
_RUN = ["experiment", "method", "density", "seed"]
_GROUP = ["experiment", "method", "density"]
_NUMBERS_A_LINE = 5  # as many as fit above a panel
_OF_CHANCE = ("random", "random_fresh", "random_distilled")  # these ignore the classes
_PERMUTATIONS, _LEVEL = 4999, 0.95
_SMALLEST_SPREAD = 1e-9  # smaller differences are rounding, and the values count as constant


def sorted_densities(pruned: pd.DataFrame) -> pd.DataFrame:
    """Class densities of each pruned set in ascending order, averaged over seeds rank by rank.

    Columns: ``experiment``, ``method``, ``density``, ``rank`` (from 1), ``class_density``,
    ``minimum``, ``maximum`` (over seeds), ``smallest_n_train`` (the smallest class of any seed).
    """
    pruned = _metrics.require("pruned", pruned, [*_RUN, "class", "n_train", "class_density"])
    pruned = _metrics.one_experiment("pruned", pruned).dropna(subset="class_density")
    pruned = pruned.sort_values([*_RUN, "class_density", "class"])
    pruned = pruned.assign(rank=pruned.groupby(_RUN).cumcount() + 1)
    table = pruned.groupby([*_GROUP, "rank"])["class_density"].agg(
        class_density="mean", minimum="min", maximum="max"
    )
    smallest = pruned.groupby(_GROUP)["n_train"].min().rename("smallest_n_train")
    return table.join(smallest).reset_index()


def recalls(final: pd.DataFrame, pruned: pd.DataFrame) -> pd.DataFrame:
    """Full-data recall and class density of each class, both averaged over seeds.

    Columns: ``experiment``, ``method``, ``density``, ``class``, ``class_name``,
    ``class_density``, ``full_recall``, ``correlation`` (Pearson, over the classes of a method
    and density), ``mean_correlation`` (over the densities that have one), ``n_correlations``,
    ``chance`` (95% of the permutations of the recalls over the classes have a mean correlation
    within plus and minus this). A correlation is null if class densities or recalls are constant.
    """
    final = _metrics.require("final", final, ["experiment", "method", "class", "recall"])
    full = _metrics.one_experiment("final", final).query("method == @FULL")
    if full.empty:
        raise ValueError(f"frame 'final' must hold the method {FULL!r}, whose recalls are drawn")
    columns = [*_RUN, "class", "class_name", "class_density"]
    pruned = _metrics.one_experiment("pruned", _metrics.require("pruned", pruned, columns))
    recall = full.dropna(subset="recall").groupby("class")["recall"].mean().rename("full_recall")
    keys = [*_GROUP, "class", "class_name"]
    table = pruned.groupby(keys, as_index=False)["class_density"].mean()
    table = table.join(recall, on="class").dropna(subset=["class_density", "full_recall"])
    by_density = {key: _correlation(classes) for key, classes in table.groupby(_GROUP)}
    each = pd.Series(by_density, dtype=float).rename_axis(_GROUP).rename("correlation")
    methods = ["experiment", "method"]
    over = each.groupby(methods).agg(["mean", "count"])
    over.columns = ["mean_correlation", "n_correlations"]
    over["chance"] = pd.Series({key: _chance(classes) for key, classes in table.groupby(methods)})
    return table.join(each, on=_GROUP).join(over, on=methods)


def density_panel(axis: Axes, title: str, table: pd.DataFrame) -> None:
    """Draw sorted class densities of one method, headed by the smallest class of each density."""
    colors = density_colors(table["density"])
    few = table["rank"].max() <= 20
    for density, curve in table.groupby("density"):
        look = {"marker": "."} if few else {"marker": "", "drawstyle": "steps-mid"}
        axis.plot(curve["rank"], curve["class_density"], color=colors[density], **look)
        band = {"color": colors[density], "alpha": 0.15, "linewidth": 0}
        axis.fill_between(curve["rank"], curve["minimum"], curve["maximum"], **band)
    _head_smallest(axis, title, table.groupby("density")["smallest_n_train"].first(), colors)
    axis.set_ylim(-0.03, 1.03)
    axis.set_yticks(np.linspace(0, 1, 6))
    axis.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def recall_panel(axis: Axes, title: str, table: pd.DataFrame) -> None:
    """Draw full-data recall against class density of one method, headed by the correlation."""
    scatter(axis, table, "class_density", "full_recall", density_colors(table["density"]))
    of_chance = table["method"].iloc[0] in _OF_CHANCE
    panels.heading(
        axis, title, correlation_text(table), color=style.REFERENCE_COLOR if of_chance else "black"
    )
    axis.set_xlim(-0.03, 1.03)
    panels.percent(axis.yaxis)


def scatter(axis: Axes, table: pd.DataFrame, x: str, y: str, colors: Mapping[float, tuple]) -> None:
    """Draw two columns against each other, one point per class and density."""
    size = 14 if table["class"].nunique() <= 20 else 5
    for density, points in table.groupby("density"):
        look = {"color": colors[density], "s": size, "alpha": 0.75, "linewidths": 0}
        axis.scatter(points[x], points[y], **look)


def correlation_text(table: pd.DataFrame) -> str:
    """Describe the correlation, how many densities have one if not all, and what chance gives."""
    if table["method"].iloc[0] in _OF_CHANCE:
        return "classes differ\nby chance alone"
    defined, n_densities = int(table["n_correlations"].iloc[0]), table["density"].nunique()
    if defined == 0:
        return "Pearson's $r$ n/a"
    text = f"Pearson's $r$ = {panels.signed(table['mean_correlation'].iloc[0])}"
    text = f"mean {text}" if defined > 1 else text
    text += f" ({defined} of {n_densities} $d$)" if defined < n_densities else ""
    return f"{text}\nby chance within ±{table['chance'].iloc[0]:.2f}"


def density_colors(densities: Sequence[float]) -> dict[float, tuple]:
    """One colour per density, dark for the lowest; all are readable on white."""
    values = np.unique(densities)
    shades = np.linspace(0.05, 0.82, len(values)) if len(values) > 1 else [0.3]
    return dict(zip(values, matplotlib.colormaps["viridis"](shades), strict=True))


def density_legend(figure: Figure, densities: Sequence[float], *, lines: bool = True) -> None:
    """Add one legend below all panels; ``lines=False`` is for figures with points alone."""
    look = {"marker": ".", "markersize": 7, "linestyle": "-" if lines else "none"}
    handles = [
        Line2D([], [], color=color, label=f"{density:g}", **look)
        for density, color in density_colors(densities).items()
    ]
    columns = int(figure.get_figwidth() / 0.68)
    panels.bottom_legend(figure, handles, columns, title="density $d$", handlelength=1.8)


def _head_smallest(axis: Axes, title: str, sizes: pd.Series, colors: dict[float, tuple]) -> None:
    """Write a title, and below it the smallest class at each density, in the density's colour."""
    letters = {"fontsize": 7}
    numbers = [
        TextArea(f"{n:g}", textprops={"color": colors[d], **letters}) for d, n in sizes.items()
    ]
    words = TextArea("smallest class (examples):", textprops=letters)
    n_lines = -(-len(numbers) // _NUMBERS_A_LINE)
    parts = np.array_split(np.array(numbers, object), n_lines)
    lines = [[words], *(part.tolist() for part in parts)]
    rows = [HPacker(children=line, pad=0, sep=4, align="baseline") for line in lines]
    box = VPacker(children=rows, pad=0, sep=1.5, align="center")
    place = {"bbox_to_anchor": (0.5, 1), "bbox_transform": axis.transAxes, "frameon": False}
    axis.add_artist(AnchoredOffsetbox("lower center", child=box, pad=0, borderpad=0.4, **place))
    axis.set_title(title, pad=6 + 9 * len(rows))


def _correlation(classes: pd.DataFrame) -> float:
    """Pearson's correlation of class density and full-data recall, NaN if one is constant."""
    x, y = classes["class_density"].to_numpy(), classes["full_recall"].to_numpy()
    if min(np.ptp(x), np.ptp(y)) <= _SMALLEST_SPREAD:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _chance(method: pd.DataFrame) -> float:
    """Limit of the absolute mean correlation that 95% of the permutations stay within.

    A permutation reassigns the recalls to the classes in the same way at all densities.
    """
    wide = method.pivot(index="class", columns="density", values="class_density").dropna()
    recall = method.drop_duplicates("class").set_index("class")["full_recall"][wide.index]
    x, y = wide.to_numpy(), recall.to_numpy()
    x = x[:, np.ptp(x, axis=0) > _SMALLEST_SPREAD]
    if x.shape[1] == 0 or np.ptp(y) <= _SMALLEST_SPREAD:
        return float("nan")
    generator = np.random.default_rng(seed_sequence("recalls", "permutations"))
    permuted = generator.permuted(np.tile(stats.zscore(y), (_PERMUTATIONS, 1)), axis=1)
    means = (permuted @ stats.zscore(x) / len(y)).mean(axis=1)  # (permutations, K) @ (K, densities)
    return float(np.quantile(np.abs(means), _LEVEL))
