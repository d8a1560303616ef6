"""How the figures look: one colour, marker and line style per method, everywhere.

Existing methods have their own colours; what a method is combined with shows in the shade, the
line and the marker's face, so that a family stays recognisable:

    X          the colour of X, solid line, filled marker
    X_metriq   darker, dashed, filled           (the order of X within MetriQ's quotas)
    random_Xq  lighter, dotted, hollow          (random within the class counts of X)
    X_cdbw     lighter, dash-dotted, hollow     (CDB-W in the final training)
    X_fresh    the colour of X, long dashes, hollow   (other examples in each epoch)
    cdbw_X     ochre, densely dotted, filled    (scores of queries trained with CDB-W)
    a_b2       the colour of a_b, dotted, hollow, a marker of its own   (a_b with another setting)
    full...    a level across the panel, as these have no density to vary

Readers with protanopia, deuteranopia and tritanopia can tell the colours within each figure apart.
No two methods of the shipped configurations share marker, line and face, so that grey print works
too. A method unknown to this module gets a look from its name, or the next free one if another
method in the figure looks too much like it.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

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
    "figure.dpi": 200,  # as in saved files, because the width of letters depends on the resolution
    "figure.constrained_layout.w_pad": 0.07,
    "savefig.dpi": "figure",
    "pdf.fonttype": 42,
}
REFERENCE_COLOR = "#6E6E6E"
NOTE_SIZE = 7.0  # of notes within a figure
PAGE_WIDTH = 7.2  # inches, as wide as a page, so that print keeps the sizes of the letters
_METADATA: dict[str, dict] = {  # without dates and versions
    "pdf": {"CreationDate": None, "Producer": None},
    "png": {"Software": None},
}


@dataclass(frozen=True)
class Style:
    """The look of one method."""

    color: str
    marker: str | tuple
    linestyle: str | tuple = "-"
    hollow: bool = False

    @property
    def shape(self) -> tuple:
        """What tells the look apart in grey."""
        return self.marker, self.linestyle, self.hollow

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
            "markersize": _MARKER_SIZES.get(self.marker, 4.0),
        }


_SOLID, _DASHED, _DOTTED, _DASH_DOTTED = "-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5))
_DENSELY_DOTTED = (0, (2, 0.8))
_LONG = (4, (9, 2))  # starts within a dash, so that no gap is behind a legend's marker
_DASH_DOT_DOTTED = (0, (5, 1.2, 1, 1.2, 1, 1.2))
_STAR4: tuple = (4, 1, 0)  # corners, a star, upright
_MARKER_SIZES: dict = {"*": 7.0, _STAR4: 6.0}
_OCHRE, _PURPLE, _MOSS, _INDIGO, _MAROON = "#D8A25A", "#AA0DFE", "#6B8E23", "#332288", "#800000"

_KNOWN = {
    "full": Style(REFERENCE_COLOR, "8", _DASHED),
    "full_cdbw": Style("#8C510A", "H", _DASH_DOTTED, hollow=True),
    "full_cdbw_smooth": Style("#9F80FF", "D", _DASH_DOT_DOTTED, hollow=True),
    "full_group_dro": Style("#CCB366", "X", _LONG, hollow=True),
    "random": Style("#000000", "o"),
    "el2n": Style("#2166AC", "s"),
    "grand": Style("#D55E00", "^"),
    "influence": Style("#CC79A7", "D"),
    "forgetting": Style("#009E73", "v"),
    "dynamic_uncertainty": Style("#E69F00", "P"),
    "coreset": Style("#56B4E9", "X"),
    "ssp": Style("#882255", "h"),
    # quotas
    "random_metriq": Style(_PURPLE, "*"),
    "random_metriq2": Style(_PURPLE, "<", _DOTTED, hollow=True),
    "random_metriq_20": Style(_PURPLE, _STAR4, _DOTTED, hollow=True),
    "random_metriq_100": Style(_PURPLE, "d", _DOTTED, hollow=True),
    "random_metriq_group": Style(_PURPLE, "*", _DASHED, hollow=True),
    "random_loop": Style(_MOSS, "p", _DASH_DOTTED),
    "random_loop1": Style(_MOSS, ">", _DOTTED, hollow=True),
    "random_loop4": Style(_MOSS, "p", _DOTTED, hollow=True),
    "random_tempered": Style(_INDIGO, "<", _DASH_DOTTED),
    "random_tempered_20": Style(_INDIGO, "<", _DASH_DOTTED, hollow=True),
    "random_shrunk": Style(_MAROON, "d", _DASHED),
    "random_shrunk_20": Style(_MAROON, "d", _DASHED, hollow=True),
    "random_out_of_fold": Style("#806A40", ">", _DASH_DOTTED),
    "random_uniform": Style("#CC3DCC", "D", _LONG),
    "random_nucs": Style("#D4A1E6", _STAR4, _LONG),
    "random_variance": Style("#590059", "P", _LONG),
    # newer scores and selections
    "el2n_mixed": Style("#6F9CC9", "s", _DASH_DOTTED),
    "unseen_el2n": Style("#12385F", "s", hollow=True),
    "ssp_rotation": Style("#882255", "h", _DASHED, hollow=True),
    "ssp_supervised": Style("#882255", "h", hollow=True),
    "eva": Style("#BF80FF", ">"),
    "dual_beta": Style("#5300A6", "p"),
    "d2": Style("#FF8000", "d"),
    "infomax": Style("#CC3300", "<"),
    "tdds": Style(_MAROON, _STAR4),
    "cld": Style("#00CC99", "^", hollow=True),
    "ccs": Style("#E6AC00", ">", hollow=True),
    "ccs_cp": Style("#A60000", ">", _DASHED, hollow=True),
    "nucs": Style("#A1B2E6", "d", hollow=True),
}
_USER_COLORS = ("#4D4D4D", "#117733", "#332288", "#A50026", "#6B8E23", "#008B8B")
_USER_MARKERS = ("<", ">", "p", "d")
_USER_LINES = (_SOLID, _LONG, _DASH_DOTTED)  # dashes belong to X_metriq


def style(method: str) -> Style:
    """The look of a method on its own; an unknown method gets one from its name."""
    return next(_candidates(method))


def looks(methods: Iterable[str]) -> dict[str, Style]:
    """The looks of all methods of a figure.

    Known methods and combinations choose first, then the unknown ones in the order of their names.
    An unknown method never shares marker, line and face, or colour and marker, with an earlier one
    as long as such a look is left, and takes an unused colour as long as there is one.
    """
    chosen: dict[str, Style] = {}
    for method in sorted(set(methods), key=lambda name: (not _derived(name), name)):
        shapes = {look.shape for look in chosen.values()}
        inks = {(look.color, look.marker) for look in chosen.values()}
        colors = {look.color for look in chosen.values()}
        free = [
            look
            for look in _candidates(method)
            if look.shape not in shapes and (look.color, look.marker) not in inks
        ]
        unshared = (look for look in free if look.color not in colors)
        chosen[method] = next(unshared, free[0] if free else style(method))
    return chosen


def applied() -> AbstractContextManager:
    """Context in which figures are drawn and saved with this module's settings."""
    return matplotlib.rc_context({**matplotlib.rcParamsDefault, **RC, "backend": "agg"})


def save(figure: Figure, *paths: Path | str) -> None:
    """Write a figure as PDF or PNG, by suffix, atomically and with the same bytes each time."""
    with applied():
        for path in map(Path, paths):
            with atomic_path(path) as temporary:
                kind = path.suffix[1:]
                figure.savefig(temporary, format=kind, metadata=_METADATA[kind])


def _candidates(method: str) -> Iterator[Style]:
    """Possible looks of a method, first choice first; only one if its name determines it."""
    if derived := _derived(method):
        yield derived
    elif numbered := re.fullmatch(r"(.+_.+?)_?\d+", method):
        color = style(numbered[1]).color
        for look in _user_styles(method):
            yield replace(look, color=color, linestyle=_DOTTED, hollow=True)
    else:
        yield from _user_styles(method)


def _derived(method: str) -> Style | None:
    """The look of a known method, or of a combination by the method it builds on, or None."""
    if method in _KNOWN:
        return _KNOWN[method]
    if base := _between(method, "", "_metriq"):
        return replace(base, linestyle=_DASHED, color=_mixed(base.color, "black", 0.45))
    if base := _between(method, "random_", "q"):
        color = _mixed(base.color, "white", 0.4)
        return replace(base, linestyle=_DOTTED, color=color, hollow=True)
    if base := _between(method, "", "_cdbw"):
        color = _mixed(base.color, "white", 0.35)
        return replace(base, linestyle=_DASH_DOTTED, color=color, hollow=True)
    if base := _between(method, "", "_distilled"):
        return replace(base, linestyle=_DENSELY_DOTTED, hollow=True)
    if base := _between(method, "", "_fresh"):
        return replace(base, linestyle=_LONG, hollow=True)
    if base := _between(method, "cdbw_", ""):
        return replace(base, color=_OCHRE, linestyle=_DENSELY_DOTTED)
    return None


def _between(method: str, prefix: str, suffix: str) -> Style | None:
    """The look of the method named between a prefix and a suffix, if both are there."""
    name = between(method, prefix, suffix)
    return style(name) if name else None


def _user_styles(method: str) -> Iterator[Style]:
    """All looks for unknown methods, from the one that the hash of the name chooses onwards."""
    digest = hashlib.sha256(method.encode()).digest()
    colors = _rolled(_USER_COLORS, digest[0])
    markers = _rolled(_USER_MARKERS, digest[1])
    lines = _rolled(_USER_LINES, digest[2])
    for hollow, color, line, marker in itertools.product((False, True), colors, lines, markers):
        yield Style(color, marker, line, hollow)


def _rolled(values: tuple, start: int) -> tuple:
    """The values, rotated to start at position ``start``."""
    start %= len(values)
    return values[start:] + values[:start]


def _mixed(color: str, other: str, share: float) -> str:
    """A colour mixed with ``share`` of another, as hexadecimal."""
    pairs = zip(to_rgb(color), to_rgb(other), strict=True)
    return to_hex([(1 - share) * a + share * b for a, b in pairs])
