"""When is a finished artifact still valid? Keys of what it was made from.

Snakemake decides which jobs run: cheap rules carry the hash of their method's source as a
parameter, training rules carry ``TRAINING_VERSION``. Expensive jobs decide once more, run by
run: each result stores the key of its settings and inputs, and a job whose outputs are partly
there (a seed was added, a file was deleted, a job was killed) redoes only what is missing.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fairprune.tables import read_metadata

_PACKAGE = "fairprune"
_PLUMBING = {
    f"{_PACKAGE}.{name}"
    for name in (
        "atomic",
        "checkpoints",
        "costs",
        "evaluation",
        "images",
        "query",
        "records",
        "registry",
        "seeds",
        "stages.inputs",
        "tables",
        "training",
        "version",
    )
}


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_key(settings: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Key of a run: its settings (JSON-serialisable) and the hashes of its input files."""
    text = json.dumps({"settings": settings, "inputs": dict(inputs)}, sort_keys=True)
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
    except (OSError, ValueError, KeyError, TypeError):
        return False


@cache
def source_hash(*modules: str) -> str:
    """Hash of the source of modules and of what they import from this package.

    Modules are found by name and not imported. The package's plumbing, which defines no
    number, is left out: editing it reruns nothing.

    Examples
    --------
    >>> len(source_hash("fairprune.schedule"))
    16
    """
    digest = hashlib.sha256()
    for name in sorted(_with_imports(modules)):
        digest.update(_source(name).read_bytes())
    return digest.hexdigest()[:16]


def _with_imports(modules: Iterable[str]) -> set[str]:
    """The modules, and those they import from this package, and so on."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _imports(name) - _PLUMBING
    return found


@cache
def _imports(module: str) -> set[str]:
    """Modules of this package that a module imports, wherever in its source."""
    imported = set()
    for node in ast.walk(ast.parse(_source(module).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PACKAGE):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if _is_module(name)}
            imported |= modules or {node.module}
    return imported - {_PACKAGE}


def _is_module(name: str) -> bool:
    """Whether there is such a module; only packages are looked into: looking imports the parent."""
    try:
        parent = importlib.util.find_spec(name.rpartition(".")[0])
        package = parent is not None and parent.submodule_search_locations is not None
        return package and importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _source(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"there is no module {module!r}")
    return Path(spec.origin)
