"""What a file of the results says of itself: where it belongs, and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune.version import __version__

_RESULTS = "results"


def provenance(path: Path | str, metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is stored with a file: the version, its place under ``results``, and ``metadata``.

    Examples
    --------
    >>> provenance("x/results/demo/training_set.parquet")["path"]
    'demo/training_set.parquet'
    """
    place = {"path": where} if (where := place_of(path)) else {}
    return {"version": __version__, **place, **(metadata or {})}


def place_of(path: Path | str) -> str | None:
    """The part of a path after its folder ``results``; None for a file elsewhere.

    A path that begins with ``results``, as in the workflow, is cut there: an experiment or a method
    may have this name too. Any other is cut at the last: folders around the study may have it.
    """
    parts = Path(path).parts[:-1]
    if _RESULTS not in parts:
        return None
    first = 0 if parts[0] == _RESULTS else len(parts) - 1 - parts[::-1].index(_RESULTS)
    return "/".join(Path(path).parts[first + 1 :])
