"""Stage: any data source into canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune import registry
from fairprune.storage.canonical import write_canonical


def write_data(folder: Path, *, entry: Mapping[str, Any]) -> None:
    """Load a source of the configuration's ``datasets`` and write it to ``folder``.

    Parameters
    ----------
    folder : path
        Where the arrays and ``examples.parquet`` go.
    entry : mapping
        ``source``, a module of :mod:`fairprune.data`, its ``root``, and its other options.
    """
    options = {key: value for key, value in entry.items() if key not in ("source", "root")}
    root = Path(entry["root"]) if "root" in entry else None
    load = registry.load("data", entry["source"]).load
    dataset = load(**registry.declared(load, {"root": root}), **options)
    write_canonical(dataset, folder, metadata={"entry": dict(entry)})
