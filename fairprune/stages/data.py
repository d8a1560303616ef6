"""Stage: any data source into canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune import registry
from fairprune.stages.source_files import made_from, remember


def write_data(folder: Path, *, entry: Mapping[str, Any], listed: str | None = None) -> None:
    """Load a source of the configuration's ``datasets`` and write it to ``folder``.

    Parameters
    ----------
    folder : path
        Where the arrays, ``examples.parquet`` and the fingerprint go.
    entry : mapping
        ``source``, a module of :mod:`fairprune.data`, its ``root``, and its other options.
    listed : str, optional
        :func:`fairprune.stages.source_files.listing` of the files, to be remembered.
    """
    from fairprune.storage.canonical import write_canonical  # planning needs no NumPy

    root = Path(entry["root"]).expanduser() if "root" in entry else None
    known = made_from(entry, listed)
    load = registry.load("data", entry["source"]).load
    dataset = load(**registry.declared(load, {"root": root}), **registry.source_options(entry))
    write_canonical(dataset, folder, metadata={"entry": dict(entry)})
    if known is not None:
        remember(folder, known)
