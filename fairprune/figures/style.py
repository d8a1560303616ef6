"""How the figures look: one colour, marker and line style per method, everywhere.

Existing methods have their own colours; what a method is combined with shows in the shade, the
line and the marker's face, so that a family stays recognisable:

    X          the colour of X, solid line, filled marker
    X_metriq   darker, dashed, filled           (the order of X within MetriQ's quotas)
    random_Xq  lighter, dotted, hollow          (random within the class counts of X)
    X_cdbw     lighter, dash-dotted, hollow     (CDB-W in the final training)
    cdbw_X     ochre, densely dotted, filled    (scores of queries trained with CDB-W)
    a_b2       the colour of a_b, dotted, hollow, a marker of its own   (a_b with another setting)
    full...    a level across the panel, as these have no density to vary

The colours keep apart for readers with protanopia, deuteranopia and tritanopia within each figure,
and no two methods share colour, marker and line, so that grey print works too. A method unknown
to this module gets a look that depends on its name alone, from markers no known method uses.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from fairprune.reporting.labels import between
from fairprune.storage.atomic import atomic_path

RC = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 3.0,
    "lines.linewidth": 1.3,
    "figure.dpi": 200,  # drawn as it is saved: letters are not equally wide at all resolutions
    "figure.constrained_layout.w_pad": 0.07,
    "savefig.dpi": "figure",
    "pdf.fonttype": 42,
}
REFERENCE_COLOR = "#6E6E6E"
NOTE_SIZE = 7.0  # of what is said about a figure in it
PAGE_WIDTH = 7.2  # inches: of a page, so that print keeps the sizes of the letters


@dataclass(frozen=True)
class Style:
    """The look of one method."""

    color: str
    marker: str
    linestyle: str | tuple = "-"
    hollow: bool = False

    @property
    def line(self) -> dict:
        """Keyword arguments for ``Axes.plot``."""
        face = "white" if self.hollow else self.color
        return {
            "color": self.color,
            "marker": self.marker,
            "linestyle": self.linestyle,
            "markerfacecolor": face,
            "markeredgecolor": self.color,
            "markeredgewidth": 0.9,
            "markersize": 7.0 if self.marker == "*" else 4.0,
        }


_DASHED, _DOTTED, _DASH_DOTTED = (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5))
_DENSELY_DOTTED = (0, (2, 0.8))
_OCHRE = "#D8A25A"

_KNOWN = {
    "full": Style(REFERENCE_COLOR, "8", _DASHED),
    "full_cdbw": Style("#8C510A", "H", _DASH_DOTTED, hollow=True),
    "random": Style("#000000", "o"),
    "el2n": Style("#2166AC", "s"),
    "grand": Style("#D55E00", "^"),
    "influence": Style("#CC79A7", "D"),
    "forgetting": Style("#009E73", "v"),
    "dynamic_uncertainty": Style("#E69F00", "P"),
    "coreset": Style("#56B4E9", "X"),
    "ssp": Style("#882255", "h"),
    "random_metriq": Style("#AA0DFE", "*"),
}
_USER_COLORS = ("#4D4D4D", "#117733", "#332288", "#A50026", "#6B8E23", "#008B8B")
_USER_MARKERS = ("<", ">", "p", "d")


def style(method: str) -> Style:
    """The look of a method; of an unknown one, a look that its name alone decides."""
    if method in _KNOWN:
        return _KNOWN[method]
    return _combined(method) or _user_style(method)


def applied() -> AbstractContextManager:
    """Context in which figures are drawn and saved with this module's settings."""
    return matplotlib.rc_context({**matplotlib.rcParamsDefault, **RC, "backend": "agg"})


def save(figure: Figure, pdf_path: Path | str, png_path: Path | str) -> None:
    """Write a figure as vector PDF and as PNG, atomically, with the same bytes on every run."""
    with applied():
        with atomic_path(pdf_path) as path:
            figure.savefig(path, format="pdf", metadata={"CreationDate": None, "Producer": None})
        with atomic_path(png_path) as path:
            figure.savefig(path, format="png", metadata={"Software": None})


def _combined(method: str) -> Style | None:
    """The look of a combination, derived from the method it combines."""
    if base := _between(method, "", "_metriq"):
        dark: dict[str, Any] = {"color": _mixed(base.color, "black", 0.45), "linestyle": _DASHED}
        return replace(base, **dark)
    if base := _between(method, "random_", "q"):
        light: dict[str, Any] = {
            "color": _mixed(base.color, "white", 0.4),
            "linestyle": _DOTTED,
            "hollow": True,
        }
        return replace(base, **light)
    if base := _between(method, "", "_cdbw"):
        color = _mixed(base.color, "white", 0.35)
        return replace(base, linestyle=_DASH_DOTTED, color=color, hollow=True)
    if base := _between(method, "", "_distilled"):
        return replace(base, linestyle=_DENSELY_DOTTED, hollow=True)
    if base := _between(method, "cdbw_", ""):
        return replace(base, color=_OCHRE, linestyle=_DENSELY_DOTTED)
    if numbered := re.fullmatch(r"(.+_.+?)_?\d+", method):
        color = style(numbered[1]).color
        return replace(_user_style(method), color=color, linestyle=_DOTTED, hollow=True)
    return None


def _between(method: str, prefix: str, suffix: str) -> Style | None:
    """The look of what stands between a prefix and a suffix, if both are there."""
    name = between(method, prefix, suffix)
    return style(name) if name else None


def _user_style(method: str) -> Style:
    digest = hashlib.sha256(method.encode()).digest()
    return Style(
        color=_USER_COLORS[digest[0] % len(_USER_COLORS)],
        marker=_USER_MARKERS[digest[1] % len(_USER_MARKERS)],
        linestyle=("-", _DASHED, _DASH_DOTTED)[digest[2] % 3],
    )


def _mixed(color: str, other: str, share: float) -> str:
    """A colour mixed with ``share`` of another, as hexadecimal."""
    pairs = zip(to_rgb(color), to_rgb(other), strict=True)
    return to_hex([(1 - share) * a + share * b for a, b in pairs])
