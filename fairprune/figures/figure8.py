"""Figure 8: thresholds fitted to samples of a Gaussian mixture, pruned in three ways.

The three are random pruning with the class densities that equation (5) finds optimal, SSP, and
random pruning with the class counts that SSP leaves. Above: points kept; below: fitted thresholds.
The lines are the optima of the mixture before pruning, equations (3) and (4). After SSP the fits
lie at two minima of the risk; each is marked, with its share of the fits.
"""

from __future__ import annotations

from typing import Any

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _thresholds, style

TITLE = "Thresholds in the Gaussian mixture"
PANELS = ("random_optimal", "ssp", "random_ssp")


def plotted_table(**settings: Any) -> pd.DataFrame:
    """Draw samples, prune and fit, with the settings of ``_thresholds.threshold_table``."""
    return _thresholds.threshold_table(PANELS, **settings)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one column per pruning, with common axes."""
    with style.applied(), matplotlib.rc_context(_thresholds.FONTS):
        figure = Figure(figsize=(7.0, 4.2), layout="constrained")
        axes = figure.subplots(
            2, len(PANELS), sharex=True, sharey="row", height_ratios=(1.4, 1), squeeze=False
        )
        for column, name in enumerate(PANELS):
            _thresholds.draw_panel(tuple(axes[:, column]), table[table["panel"] == name])
        _thresholds.label_axes(tuple(axes[:, 0]))
        _thresholds.legend(figure, axes[0, 0], columns=3)
        return figure
