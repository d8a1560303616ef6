"""Figure 6: data pruning against a fairness-driven loss, CDB-W (Sinha et al. 2022).

As figure 1; full data with and without CDB-W are levels.
"""

from __future__ import annotations

from fairprune.figures.figure1 import draw, plotted_table

__all__ = ["METHODS", "NEEDS", "OPTIONS", "draw", "plotted_table"]

TITLE = "Pruning against a fairness-driven loss"
METHODS: tuple[str, ...] | None = (
    "full",
    "full_cdbw",
    "el2n",
    "el2n_metriq",
    "el2n_cdbw",
    "cdbw_el2n",
    "random_metriq",
)
NEEDS = ("final",)
OPTIONS = ("bands",)
