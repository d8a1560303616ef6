"""What figures 8 and 9b share: pruned samples of the mixture above the thresholds fitted to them.

The table is in long format; ``kind`` says what a row draws:

    count       y: mean number of points kept of class ``series``
    bin         points of class ``series`` between x_low and x_high: y, per data set shown
    optimum     x: the threshold that is optimal before pruning for the ``series`` risk
    fit_bin     y: share of the fitted thresholds between x_low and x_high
    mode        x: mean of the fitted thresholds at one minimum of the risk, x_low and x_high: one
                standard deviation either way, y: their share of all fits. After SSP there are two
                minima, and their common mean lies where no fit does
    fit         the same over all fits, y: their number; ``n_constant`` of them were constant rules,
                which count in the risks but have no threshold to average

``average_risk`` and ``worst_class_risk`` are risks in the mixture before pruning; in ``mode`` and
``fit`` rows they are means over the fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import Formatter, MaxNLocator

from fairprune._validation import Positive, checked
from fairprune.theory import (
    Mixture,
    Simulation,
    average_optimum,
    average_risk,
    densities_crossing,
    simulate,
    split_fits,
    worst_class_optimum,
    worst_class_risk,
)

FONTS = {"xtick.labelsize": 8.0, "ytick.labelsize": 8.0, "legend.fontsize": 8.0}
CLASS_COLORS = {"class 0": "#0072B2", "class 1": "#E69F00"}
_FIT_COLOR = "#882255"
_OPTIMA = {
    "average": (r"$t^*$", (0, (3, 1.5)), "$t^*$, average risk"),
    "worst_class": (r"$\hat{t}$", "-", r"$\hat{t}$, worst-class risk"),
}
_TITLES = {
    "random_optimal": "Random, optimal class densities",
    "ssp": "SSP",
    "random_ssp": "Random+SSPQ",
    "random_metriq": "Random+MetriQ",
}
_FITS_PER_BIN = 4  # the thresholds' histogram is this much finer than the points'


@checked
def threshold_table(
    prunings: Sequence[str],
    *,
    means: Sequence[float] = (-1.0, 1.0),
    standard_deviations: Sequence[float] = (0.5, 1.0),
    priors: Sequence[float] = (0.5, 0.5),
    bins: Positive = 40,
    **sampling: Any,
) -> pd.DataFrame:
    """Everything that the panels show, one panel per pruning.

    Parameters
    ----------
    prunings : sequence of str
        Names from ``fairprune.theory.PRUNINGS``.
    means, standard_deviations, priors : pair of float
        The mixture before pruning.
    bins : int
        Bins of the histograms of the points.
    **sampling
        Further settings of :func:`fairprune.theory.simulate`.
    """
    mixture = Mixture(means, standard_deviations, priors)
    if not densities_crossing(mixture):
        raise ValueError(
            f"priors = {tuple(priors)}; allowed: such that t* exists for these means and "
            "standard_deviations (equation 6)"
        )
    results = simulate(mixture, prunings, **sampling)
    edges = _common_edges(list(results.values()), bins)
    rows = [
        {"panel": name, **row}
        for name, result in results.items()
        for row in [
            *_optimum_rows(mixture),
            *_point_rows(result, edges),
            *_fit_rows(mixture, name, result, edges),
        ]
    ]
    return pd.DataFrame(rows)


def draw_panel(axes: tuple[Axes, Axes], panel: pd.DataFrame) -> None:
    """Draw the points on the upper axes and the fitted thresholds on the lower ones."""
    points, fits = axes
    for name, color in CLASS_COLORS.items():
        rows = panel[(panel["kind"] == "bin") & (panel["series"] == name)]
        outline = {"edgecolor": color, "facecolor": (color, 0.35), "linewidth": 1.1}
        points.stairs(rows["y"], _edges(rows), fill=True, label=name, **outline)
    rows = panel[panel["kind"] == "fit_bin"]
    fits.stairs(
        rows["y"] * 100, _edges(rows), fill=True, color=_FIT_COLOR, alpha=0.55, label="fits"
    )
    _draw_optima(points, fits, panel[panel["kind"] == "optimum"])
    _draw_means(points, fits, panel[panel["kind"] == "mode"])
    _write_fits(fits, panel[panel["kind"] == "mode"], panel[panel["kind"] == "fit"].iloc[0])
    counts = panel[panel["kind"] == "count"].set_index("series")["y"]
    points.text(
        *(0.97, 0.94),
        f"kept: {counts['class 0']:.0f} of class 0,\n{counts['class 1']:.0f} of class 1",
        ha="right",
        va="top",
        transform=points.transAxes,
    )
    points.margins(y=0.4)  # room for the text, and for the mean below
    fits.margins(y=0.25)
    for axis in axes:
        axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    points.set_title(_TITLES[panel["panel"].iloc[0]], pad=16)
    points.tick_params(labelbottom=False)
    fits.set_xlabel("$x$")


def label_axes(axes: tuple[Axes, Axes]) -> None:
    """Label the vertical axes."""
    axes[0].set_ylabel("Points per data set")
    axes[1].set_ylabel("Fits (%)")


def legend(figure: Figure | SubFigure, axis: Axes, *, columns: int) -> None:
    """Add one legend for the colours and lines of all panels, below them."""
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, handlelength=2.2)


def _common_edges(results: Sequence[Simulation], bins: int) -> np.ndarray:
    """Bins that hold all points shown and all finite thresholds."""
    values = [result.shown.points.ravel() for result in results]
    values += [result.thresholds[np.isfinite(result.thresholds)] for result in results]
    every = np.concatenate(values)
    return np.linspace(every.min(), every.max(), bins + 1)


def _optimum_rows(mixture: Mixture) -> list[dict]:
    optima = {"average": average_optimum(mixture), "worst_class": worst_class_optimum(mixture)}
    return [
        {"series": name, "kind": "optimum", "x": float(t), **_risks(mixture, t)}
        for name, t in optima.items()
    ]


def _point_rows(result: Simulation, edges: np.ndarray) -> list[dict]:
    rows = []
    for k, name in enumerate(CLASS_COLORS):
        rows.append({"series": name, "kind": "count", "y": result.class_counts[:, k].mean()})
        shown = result.shown.points[result.shown.labels == k]
        counts = np.histogram(shown, edges)[0] / len(result.shown.points)
        rows += _bin_rows(name, "bin", edges, counts)
    return rows


def _fit_rows(mixture: Mixture, name: str, result: Simulation, edges: np.ndarray) -> list[dict]:
    thresholds = result.thresholds
    n, finite = len(thresholds), thresholds[np.isfinite(thresholds)]
    modes = [
        _summary("mode", mode, len(mode) / n) | _risks(mixture, mode)
        for mode in split_fits(mixture, name, thresholds)
    ]
    every = _summary("fit", finite, float(n)) | _risks(mixture, thresholds)
    every["n_constant"] = float(n - len(finite))
    fine = np.linspace(edges[0], edges[-1], _FITS_PER_BIN * (len(edges) - 1) + 1)
    shares = np.histogram(finite, fine)[0] / n
    return [every, *modes, *_bin_rows("fitted", "fit_bin", fine, shares)]


def _summary(kind: str, fits: np.ndarray, y: float) -> dict:
    """A row with the mean of some fits and one standard deviation either way."""
    mean, spread = (fits.mean(), fits.std()) if len(fits) else (np.nan, np.nan)
    limits = {"x_low": mean - spread, "x_high": mean + spread}
    return {"series": "fitted", "kind": kind, "x": mean, **limits, "y": y}


def _bin_rows(series: str, kind: str, edges: np.ndarray, values: np.ndarray) -> list[dict]:
    centres = (edges[:-1] + edges[1:]) / 2
    bins = zip(centres, edges[:-1], edges[1:], values, strict=True)
    about = {"series": series, "kind": kind}
    return [about | {"x": x, "x_low": low, "x_high": high, "y": y} for x, low, high, y in bins]


def _risks(mixture: Mixture, thresholds: np.ndarray) -> dict[str, float]:
    """Mean risks of rules with these thresholds."""
    return {
        "average_risk": float(np.mean(average_risk(mixture, thresholds))),
        "worst_class_risk": float(np.mean(worst_class_risk(mixture, thresholds))),
    }


def _edges(rows: pd.DataFrame) -> np.ndarray:
    return np.append(rows["x_low"].to_numpy(), rows["x_high"].iloc[-1])


def _draw_optima(points: Axes, fits: Axes, optima: pd.DataFrame) -> None:
    """Draw the optima as vertical lines, with the name of each on its outer side."""
    for side, row in zip(("right", "left"), optima.sort_values("x").itertuples(), strict=True):
        symbol, dashes, text = _OPTIMA[row.series]
        for axis in (points, fits):
            axis.axvline(row.x, color="black", linestyle=dashes, linewidth=1.1, label=text)
        points.annotate(
            symbol,
            (row.x, 1.0),
            xycoords=points.get_xaxis_transform(),
            xytext=(1.5 if side == "left" else -1.5, 2.5),
            textcoords="offset points",
            ha=side,
            fontsize=9,
        )


def _draw_means(points: Axes, fits: Axes, modes: pd.DataFrame) -> None:
    """Draw the mean threshold at each minimum, with its spread."""
    for number, mode in enumerate(modes.itertuples()):
        for axis, y in ((points, 0.035), (fits, 0.93)):
            axis.errorbar(
                mode.x,
                y,
                xerr=(mode.x_high - mode.x_low) / 2,
                transform=axis.get_xaxis_transform(),
                marker="D",
                markersize=4,
                color=_FIT_COLOR,
                capsize=2,
                label="mean fit ± 1 s.d." if number == 0 else None,
                zorder=4,
            )


def _write_fits(fits: Axes, modes: pd.DataFrame, fit: pd.Series) -> None:
    """Write the mean and spread of the fits, or share and mean of each mode, and their risk."""
    lines = []
    for mode in modes.itertuples():
        mean = Formatter.fix_minus(f"{mode.x:.2f}")
        if len(modes) == 1:
            lines += [f"mean {mean}", f"s.d. {(mode.x_high - mode.x_low) / 2:.2f}"]
        else:
            lines.append(f"{mode.y * 100:.2g}%: {mean}")
    lines += ["worst-class", f"risk {fit['worst_class_risk'] * 100:.1f}%"]
    if fit["n_constant"]:
        lines.append(f"constant: {fit['n_constant']:.0f}")
    fits.text(0.97, 0.95, "\n".join(lines), ha="right", va="top", transform=fits.transAxes)
