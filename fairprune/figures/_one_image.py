"""One test image of the smallest class: the first step of a worst-class accuracy above 0.

If classes are tiny, a worst-class accuracy moves in steps of one image, and a curve near the first
step says little more than whether one image was classified correctly. Figures mark this step if a
worst class comes down to it; their tables hold it as ``one_image``.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

WORST = "worst_class_accuracy"
_COLOR = "#8C8C8C"


def one_image(final: pd.DataFrame) -> float:
    """One over the number of test images of the smallest class; 0 if it is not known."""
    if "n_test" not in final:
        return 0.0
    tested = final.loc[final["n_test"] > 0, "n_test"]
    return 1 / float(tested.min()) if len(tested) else 0.0


def mark(axis: Axes, table: pd.DataFrame) -> None:
    """Draw a dotted level at the step if a worst class of the table comes down to it."""
    if _is_reached(table):
        look = {"color": _COLOR, "linestyle": (0, (1, 1.5)), "linewidth": 0.8, "zorder": 1}
        axis.axhline(table["one_image"].iloc[0], **look)


def with_mark(note: str, table: pd.DataFrame) -> str:
    """Add to a legend's note what the dotted levels are, if there are any."""
    steps = [step for step, rows in table.groupby("one_image") if _is_reached(rows)]
    if not steps:
        return note
    n = " or ".join(f"{1 / step:.0f}" for step in reversed(steps))
    return f"{note}\ndotted level: one of the {n} test examples of the smallest class"


def _is_reached(table: pd.DataFrame) -> bool:
    """Whether a worst class of the table, if it has any, comes down to the step."""
    if "metric" in table:
        lowest = table.loc[table["metric"] == WORST, "lower"]
    else:
        lowest = table.get(f"{WORST}_lower", pd.Series(dtype=float))
    return bool((lowest <= table["one_image"].iloc[0]).any() and table["one_image"].iloc[0])
