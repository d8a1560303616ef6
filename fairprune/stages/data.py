"""Stage: any data source into canonical form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune import registry

_KEYS = ("source", "root")  # of every entry; the others are options of its source


def write_data(folder: Path, *, entry: Mapping[str, Any]) -> None:
    """Load a source of the configuration's ``datasets`` and write it to ``folder``.

    Parameters
    ----------
    folder : path
        Where the arrays, ``examples.parquet`` and the fingerprint go.
    entry : mapping
        ``source``, a module of :mod:`fairprune.data`, its ``root``, and its other options.
    """
    from fairprune.storage.canonical import write_canonical  # planning needs no NumPy

    root = Path(entry["root"]).expanduser() if "root" in entry else None
    load = registry.load("data", entry["source"]).load
    dataset = load(**registry.declared(load, {"root": root}), **_options(entry))
    write_canonical(dataset, folder, metadata={"entry": dict(entry)})


def own_root(entry: Mapping[str, Any]) -> str | None:
    """The folder of the user's own files; None where the source has none, or may fetch them."""
    fetches = registry.constant("data", entry["source"], "DOWNLOADS", False)
    if entry.get("download", fetches) or "root" not in entry:
        return None
    return str(Path(entry["root"]).expanduser())


def listing(entry: Mapping[str, Any]) -> str | None:
    """Digest of the names, sizes and times of the user's own files that a source reads.

    None where there are none, or where the source verifies their checksums.

    Raises
    ------
    ValueError
        If the source does not find what it needs.
    """
    root = own_root(entry)
    if root is None:
        return None
    source = registry.load("data", entry["source"])
    if not hasattr(source, "files"):
        return None
    digest = hashlib.sha256()
    for path in source.files(Path(root), **_options(entry)):
        status = path.stat()
        name = path.relative_to(root) if path != Path(root) else path.name
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _options(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _KEYS}
