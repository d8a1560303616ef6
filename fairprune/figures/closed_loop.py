"""The closed loop beside MetriQ, in the mixtures of figure 9.

(a) The share of class 0 after pruning that equation (5) finds optimal, and those of MetriQ and of
the loop after two rounds, against the ratio of the standard deviations.
(b) How much higher the worst-class risk of the average-risk minimiser is, at the proportions of
MetriQ and of the loop, than the best one, Phi(-z), on a logarithmic axis.
There is one curve per separation z = (mu1 - mu0)/(s0 + s1). Both panels are in the limit of many
examples, see :mod:`fairprune.theory.loop`.

Curves are faint where condition (11) fails and no proportions attain the optimum, as in figure 9.
They are broken where "always class 1" begins to have the lowest average risk, in a round or at the
end, because proportions and risks jump there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from scipy.special import ndtr

from fairprune._validation import Range, checked
from fairprune.figures import style
from fairprune.theory import (
    closed_loop_priors,
    metriq_priors,
    mixtures_of_separation,
    optimal_priors,
    optimal_priors_attain,
    risk_minimiser,
    worst_class_risk,
)

TITLE = "The closed loop in the Gaussian mixture"
ROUNDS = 2  # of the loop, as in the workflow's default
_LOOKS: dict[str, Any] = {"metriq": (0, (1.5, 1.5)), "loop": "-"}
_FAINT: dict[str, Any] = {"alpha": 0.35, "linewidth": 0.9}
_RISKS = (1e-7, 1.5)  # the axis of (b)
_OPTIMAL: dict[str, Any] = {"color": "black", "linewidth": 1.8, "zorder": 1}


@checked
def plotted_table(
    *,
    separations: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
    ratio_min: Annotated[float, Range(0, 1, "()")] = 0.05,
    n_ratios: Annotated[int, Range(2)] = 96,
    priors: Sequence[float] = (0.5, 0.5),
) -> pd.DataFrame:
    """Proportions and risks of both rules, one row per separation, rule and ratio.

    Parameters
    ----------
    separations, ratio_min, n_ratios, priors
        As in :func:`fairprune.figures.figure9.plotted_table`.

    Returns
    -------
    DataFrame
        Columns ``series`` ("metriq" or "loop"), ``separation``, ``ratio`` (s0/s1), ``share`` of
        class 0, ``optimal`` share, ``excess`` (worst-class risk minus the best one), ``attained``
        (1 where (11) holds), ``constant`` (text with one digit each for the mixture before pruning,
        after each round and at the end: 1 where "always class 1" has the lowest average risk).
    """
    ratios = np.linspace(ratio_min, 1.0, n_ratios)
    return pd.concat(
        [_curves(separation, ratios, priors) for separation in separations], ignore_index=True
    )


def draw(table: pd.DataFrame) -> Figure:
    """Draw proportions on the left and the excess risk on the right."""
    with style.applied():
        figure = Figure(figsize=(7.0, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        separations = np.sort(table["separation"].unique())
        colors = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.8, len(separations)))
        for separation, color in zip(separations, colors, strict=True):
            for series, dashes in _LOOKS.items():
                rows = table[(table["separation"] == separation) & (table["series"] == series)]
                look = {"color": color, "linestyle": dashes}
                _pieces(left, rows, rows["share"], rows["constant"].str[:-1], look)
                excess = rows["excess"].where(rows["excess"] > _RISKS[0] / 10)  # less is rounding
                _pieces(right, rows, excess, rows["constant"], look)

        optimal = table.drop_duplicates("ratio").sort_values("ratio")
        left.plot(optimal["ratio"], optimal["optimal"], **_OPTIMAL)
        _label(left, "(a)", "Share of class 0 after pruning")
        _label(right, "(b)", "Worst-class risk above the best (points)")
        left.set_ylim(bottom=0)
        right.set_yscale("log")
        right.set_ylim(*_RISKS)
        right.yaxis.set_major_formatter(FuncFormatter(_points))
        right.yaxis.set_major_locator(LogLocator(numticks=10))
        right.yaxis.set_minor_locator(NullLocator())
        rules = {"MetriQ": _LOOKS["metriq"], f"loop, {ROUNDS} rounds": _LOOKS["loop"]}
        handles = [Line2D([], [], color="0.3", linestyle=rules[name], label=name) for name in rules]
        handles += [Line2D([], [], label="optimal", **_OPTIMAL)]
        handles += [Line2D([], [], color="0.3", label="faint: (11) fails", **_FAINT)]
        handles += [
            Line2D([], [], color=color, linewidth=4, label=f"$z$ = {separation:g}")
            for separation, color in zip(separations, colors, strict=True)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
        return figure


def _pieces(axis: Axes, rows: pd.DataFrame, y: pd.Series, regime: pd.Series, look: dict) -> None:
    """Draw a curve over ascending ratios, one piece per regime, faint where (11) fails."""
    number = (regime != regime.shift()).cumsum()
    for _, piece in rows.groupby(number):
        values, attained = y[piece.index], piece["attained"] == 1
        faint = attained.cumsum() <= 1  # (11) fails at small ratios: up to the first where it holds
        axis.plot(piece["ratio"], values.where(faint), **look | _FAINT)
        axis.plot(piece["ratio"], values.where(attained), **look)


def _curves(separation: float, ratios: np.ndarray, priors: Sequence[float]) -> pd.DataFrame:
    """Both rules in mixtures with s1 = 1 and s0 = the ratios."""
    mixture = mixtures_of_separation(separation, ratios, priors)

    parts = []
    steps: dict[str, list[Any]] = {
        "metriq": [mixture.priors, metriq_priors(mixture)],
        "loop": [closed_loop_priors(mixture, n) for n in range(ROUNDS + 1)],
    }
    for series, shares in steps.items():
        rules = [risk_minimiser(mixture.with_priors(each)) for each in shares]
        constant = [np.isinf(np.broadcast_to(rule, ratios.shape)).astype(int) for rule in rules]
        columns = {
            "ratio": ratios,
            "share": shares[-1][0],
            "optimal": optimal_priors(mixture)[0],
            "excess": worst_class_risk(mixture, rules[-1]) - ndtr(-separation),
            "attained": optimal_priors_attain(mixture).astype(int),
            "constant": ["".join(map(str, each)) for each in zip(*constant, strict=True)],
        }
        curve = pd.DataFrame(columns)
        parts.append(curve.assign(series=series, separation=float(separation)))
    return pd.concat(parts)


def _points(value: float, _: int) -> str:
    """Format a risk on the logarithmic axis, in points."""
    exponent = round(np.log10(100 * value))
    return f"{10.0**exponent:g}" if exponent > -3 else f"$10^{{{exponent}}}$"


def _label(axis: Axes, letter: str, ylabel: str) -> None:
    axis.set(xlabel="$s_0/s_1$", ylabel=ylabel, xlim=(0, 1.02))
    axis.set_title(letter, loc="left", fontweight="bold")
