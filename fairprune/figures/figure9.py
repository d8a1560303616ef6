"""Figure 9: MetriQ in the Gaussian mixture.

(a) The share of class 0 after pruning that equation (5) finds optimal, s0/(s0 + s1), and the one
MetriQ gives, p0 R0(t*) / R(t*), against the ratio of the standard deviations. There is one curve
per separation z = (mu1 - mu0)/(s0 + s1), at which the best worst-class risk is Phi(-z). Where (11)
fails, no priors make the average-risk minimiser fair.
(b) Thresholds fitted after random pruning with MetriQ's class densities, as in figure 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fairprune._validation import Range, checked
from fairprune.figures import _thresholds, style
from fairprune.theory import (
    metriq_priors,
    mixtures_of_separation,
    optimal_priors,
    optimal_priors_attain,
)

TITLE = "MetriQ in the Gaussian mixture"
_PRUNING = "random_metriq"
_PROPORTIONS = "proportions"
_LOOKS = ("-", (0, (4, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1.2)))


@checked
def plotted_table(
    *,
    separations: Sequence[float] = (0.5, 1.0, 2.0, 4.0),
    ratio_min: Annotated[float, Range(0, 1, "()")] = 0.05,
    n_ratios: Annotated[int, Range(2)] = 96,
    priors: Sequence[float] = (0.5, 0.5),
    **settings: Any,
) -> pd.DataFrame:
    """Curves of panel (a), then panel (b) in the format of ``_thresholds``.

    Parameters
    ----------
    separations : sequence of float
        (mu1 - mu0)/(s0 + s1) of the mixtures, positive.
    ratio_min : float
        Smallest s0/s1, in (0, 1); the largest is 1.
    n_ratios : int
        Mixtures along a curve, evenly spaced in s0/s1.
    priors : pair of float
        Priors before pruning, in both panels.
    **settings
        Settings of the simulation in panel (b), see ``_thresholds.threshold_table``.
    """
    ratios = np.linspace(ratio_min, 1.0, n_ratios)
    curves = [_curve(separation, ratios, priors) for separation in separations]
    optimal = curves[0].assign(series="optimal", y=curves[0]["optimal"], separation=np.nan)
    curves = pd.concat([optimal, *curves]).drop(columns="optimal")
    fits = _thresholds.threshold_table([_PRUNING], priors=priors, **settings)
    return pd.concat([curves, fits], ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw proportions on the left and fitted thresholds on the right."""
    with style.applied(), matplotlib.rc_context(_thresholds.FONTS):
        figure = Figure(figsize=(7.0, 4.2), layout="constrained")
        left, right = figure.subfigures(1, 2, width_ratios=(1, 1))
        axis = left.subplots()
        _draw_proportions(axis, table[table["panel"] == _PROPORTIONS])
        left.legend(loc="outside lower center", ncols=2)
        axes = tuple(right.subplots(2, 1, sharex=True, height_ratios=(1.4, 1)))
        _thresholds.draw_panel(axes, table[table["panel"] == _PRUNING])
        _thresholds.label_axes(axes)
        _thresholds.legend(right, axes[0], columns=2)
        for labelled, letter in ((axis, "(a)"), (axes[0], "(b)")):
            labelled.set_title(letter, loc="left", pad=16, fontweight="bold")
        return figure


def _curve(separation: float, ratios: np.ndarray, priors: Sequence[float]) -> pd.DataFrame:
    """Shares of class 0 in mixtures with s1 = 1 and s0 = the ratios."""
    mixture = mixtures_of_separation(separation, ratios, priors)
    return pd.DataFrame(
        {
            "panel": _PROPORTIONS,
            "series": "metriq",
            "kind": "curve",
            "separation": float(separation),
            "x": ratios,
            "y": metriq_priors(mixture)[0],
            "optimal": optimal_priors(mixture)[0],
            "attained": optimal_priors_attain(mixture).astype(np.float64),
        }
    )


def _draw_proportions(axis: Axes, curves: pd.DataFrame) -> None:
    """Draw MetriQ's curves, faint where (11) fails, over the optimal one."""
    metriq = curves[curves["series"] == "metriq"]
    separations = sorted(metriq["separation"].unique())
    colors = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.8, len(separations)))
    for k, (separation, color) in enumerate(zip(separations, colors, strict=True)):
        rows = metriq[metriq["separation"] == separation].sort_values("x")
        look = {"color": color, "linestyle": _LOOKS[k % len(_LOOKS)]}
        attained = rows["y"].where(rows["attained"] == 1)
        axis.plot(rows["x"], attained, label=f"MetriQ, $z$ = {separation:g}", **look)
        axis.plot(rows["x"], rows["y"], alpha=0.35, linewidth=0.9, **look)
    optimal = curves[curves["series"] == "optimal"].sort_values("x")
    axis.plot(optimal["x"], optimal["y"], color="black", linewidth=1.8, label="optimal", zorder=1)
    axis.set(xlabel="$s_0/s_1$", ylabel="Share of class 0 after pruning", xlim=(0, 1.02))
    axis.set_ylim(bottom=0)
    axis.set_title("Class proportions", pad=16)
