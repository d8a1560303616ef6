"""The folder that a source reads from."""

from __future__ import annotations

from pathlib import Path


def need_root(root: Path | None, source: str, what: str) -> Path:
    """The root as a path.

    Raises
    ------
    ValueError
        If it is None.
    """
    if root is None:
        raise ValueError(f"source {source!r} needs `root`: {what}")
    return Path(root)
