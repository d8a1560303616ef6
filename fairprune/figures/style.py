"""How the figures look: one colour, marker, line style and name per method, everywhere.

Existing methods have their own colours; what a method is combined with shows in the shade, the
line and the marker's face, so that a family stays recognisable:

    X          the colour of X, solid line, filled marker
    X_metriq   darker, dashed, filled           (the order of X within MetriQ's quotas)
    random_Xq  lighter, dotted, hollow          (random within the class counts of X)
    X_cdbw     lighter, dash-dotted, hollow     (CDB-W in the final training)
    cdbw_X     ochre, densely dotted, filled    (scores of queries trained with CDB-W)
    full...    a level across the panel, as these have no density to vary

The colours keep apart for readers with protanopia, deuteranopia and tritanopia within each figure,
and no two methods share colour, marker and line, so that grey print works too. A method unknown
to this module gets a look that depends on its name alone, from markers no known method uses.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from fairprune.atomic import atomic_path

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
    "figure.dpi": 100,
    "figure.constrained_layout.w_pad": 0.07,
    "savefig.dpi": 200,
    "pdf.fonttype": 42,
}
REFERENCE_COLOR = "#6E6E6E"
PAGE_WIDTH = 7.2  # inches: of a page, so that print keeps the sizes of the letters


@dataclass(frozen=True)
class Style:
    """The look of one method."""

    label: str
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
    "full": Style("Full data", REFERENCE_COLOR, "8", _DASHED),
    "full_cdbw": Style("Full data+CDB-W", "#8C510A", "H", _DASH_DOTTED, hollow=True),
    "random": Style("Random", "#000000", "o"),
    "el2n": Style("EL2N", "#2166AC", "s"),
    "grand": Style("GraNd", "#D55E00", "^"),
    "influence": Style("Influence", "#CC79A7", "D"),
    "forgetting": Style("Forgetting", "#009E73", "v"),
    "dynamic_uncertainty": Style("Dynamic Uncertainty", "#E69F00", "P"),
    "coreset": Style("CoreSet", "#56B4E9", "X"),
    "ssp": Style("SSP", "#882255", "h"),
    "random_metriq": Style("Random+MetriQ", "#AA0DFE", "*"),
}
_USER_COLORS = ("#4D4D4D", "#117733", "#332288", "#A50026", "#6B8E23", "#008B8B")
_USER_MARKERS = ("<", ">", "p", "d")
_ACRONYMS = {"aum": "AUM", "ccs": "CCS", "dual": "DUAL"}
_LABELS_ALLOWED = re.compile(r"[^0-9A-Za-z_+\-. ]")


def style(method: str) -> Style:
    """The look of a method; of an unknown one, a look that its name alone decides."""
    if method in _KNOWN:
        return _KNOWN[method]
    return _combined(method) or _user_style(method)


def label(method: str) -> str:
    """The name of a method as figures and tables write it."""
    return style(method).label


def is_reference(method: str) -> bool:
    """Whether a method keeps the whole training set, and so is drawn as a level."""
    return method == "full" or method.startswith("full_")


def ordered(methods: Iterable[str]) -> list[str]:
    """Methods in the order of legends: known ones as documented, combinations, then the rest."""
    families = list(_KNOWN)

    def key(method: str) -> tuple[int, int, str]:
        if method in families:
            return 0, families.index(method), method
        return (1 if _combined(method) else 2), 0, method

    return sorted(set(methods), key=key)


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
        return replace(base, label=f"{base.label}+MetriQ", **dark)
    if base := _between(method, "random_", "q"):
        light: dict[str, Any] = {
            "color": _mixed(base.color, "white", 0.4),
            "linestyle": _DOTTED,
            "hollow": True,
        }
        return replace(base, label=f"Random+{base.label}Q", **light)
    if base := _between(method, "", "_cdbw"):
        color = _mixed(base.color, "white", 0.35)
        label = f"{base.label}+CDB-W"
        return replace(base, label=label, linestyle=_DASH_DOTTED, color=color, hollow=True)
    if base := _between(method, "cdbw_", ""):
        return replace(base, label=f"CDB-W+{base.label}", color=_OCHRE, linestyle=_DENSELY_DOTTED)
    return None


def _between(method: str, prefix: str, suffix: str) -> Style | None:
    """The look of what stands between a prefix and a suffix, if both are there."""
    name = method.removeprefix(prefix).removesuffix(suffix)
    whole = f"{prefix}{name}{suffix}" == method and name not in ("", method)
    return style(name) if whole and not is_reference(name) else None


def _user_style(method: str) -> Style:
    digest = hashlib.sha256(method.encode()).digest()
    text = _LABELS_ALLOWED.sub("", method).replace("_", " ").strip() or "method"
    return Style(
        label=_ACRONYMS.get(method, text[0].upper() + text[1:]),
        color=_USER_COLORS[digest[0] % len(_USER_COLORS)],
        marker=_USER_MARKERS[digest[1] % len(_USER_MARKERS)],
        linestyle=("-", _DASHED, _DASH_DOTTED)[digest[2] % 3],
    )


def _mixed(color: str, other: str, share: float) -> str:
    """A colour mixed with ``share`` of another, as hexadecimal."""
    pairs = zip(to_rgb(color), to_rgb(other), strict=True)
    return to_hex([(1 - share) * a + share * b for a, b in pairs])
