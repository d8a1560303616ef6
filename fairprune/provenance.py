"""When is a finished artifact still valid? Keys of what it was made from.

Snakemake decides which jobs run: cheap rules carry the hash of their method's source as a
parameter, training rules carry ``TRAINING_VERSION``. Expensive jobs decide once more, run by
run: each result stores the key of its settings and inputs, and a job whose outputs are partly
there (a seed was added, a file was deleted, a job was killed) redoes only what is missing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune.tables import read_metadata


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_key(settings: Mapping[str, Any], inputs: Mapping[str, Path | str]) -> str:
    """Key of a run: its settings (JSON-serialisable) and the content of its input files."""
    hashes = {name: file_hash(path) for name, path in inputs.items()}
    text = json.dumps({"settings": settings, "inputs": hashes}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_finished(table: Path | str, key: str, beside: Mapping[str, Path | str] = {}) -> bool:
    """Whether ``table`` stands for a complete run of this key.

    The table is written last and holds the hashes of the files written ``beside`` it, so that
    a damaged or missing one counts as unfinished.
    """
    try:
        metadata = read_metadata(table)
        hashes = metadata["files"] if beside else {}
        return metadata["key"] == key and all(
            hashes[name] == file_hash(path) for name, path in beside.items()
        )
    except (OSError, ValueError, KeyError):
        return False


def source_hash(*modules: str) -> str:
    """Hash of the source files of modules, by name, without importing them.

    Examples
    --------
    >>> len(source_hash("fairprune.schedule"))
    16
    """
    digest = hashlib.sha256()
    for name in modules:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ValueError(f"there is no module {name!r}")
        digest.update(Path(spec.origin).read_bytes())
    return digest.hexdigest()[:16]
