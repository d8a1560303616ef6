"""Seals: what the outputs of a finished job were, so that damage to them is noticed.

A job that ends well seals its outputs: size, time of change and SHA-256 of each stand in a file
of their own, in Snakemake's folder of bookkeeping. Whoever starts the workflow again compares.
A file of another size, or changed since and of another content, is damaged: cut off, overwritten,
or edited. It is set aside under the name ``{file}.damaged``, so that the workflow makes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from fairprune.storage.atomic import file_hash

FOLDER = Path(".snakemake/seals")
_SUFFIX = ".seal"


def seal(outputs: Iterable[Path], folder: Path = Path()) -> None:
    """Note what the outputs of a job are; their paths are relative to ``folder``."""
    for output in outputs:
        if (folder / output).exists():
            path = _seal_of(output, folder)
            path.parent.mkdir(parents=True, exist_ok=True)
            status = (folder / output).stat()
            noted = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
            path.write_text(json.dumps(noted | {"sha256": file_hash(folder / output)}))


def unseal(outputs: Iterable[Path], folder: Path = Path()) -> None:
    """Forget outputs that are about to change."""
    for output in outputs:
        _seal_of(output, folder).unlink(missing_ok=True)


def set_damaged_aside(folder: Path = Path()) -> list[Path]:
    """Rename sealed outputs that are not what they were; give their former paths.

    Only files touched since they were last looked at are read in full.
    """
    damaged = []
    for output, noted in _sealed(folder):
        path = folder / output
        if path.exists():
            if _as_noted(output, noted, folder):
                continue
            path.replace(path.with_name(f"{path.name}.damaged"))
            damaged.append(output)
        unseal([output], folder)
    return damaged


def _sealed(folder: Path) -> Iterator[tuple[Path, dict]]:
    for path in sorted((folder / FOLDER).rglob(f"*{_SUFFIX}")):
        output = path.relative_to(folder / FOLDER).with_suffix("")
        try:
            yield output, json.loads(path.read_text())
        except ValueError:  # cut off when its writer died
            path.unlink()


def _as_noted(output: Path, noted: dict, folder: Path) -> bool:
    status = (folder / output).stat()
    if status.st_size != noted["size"]:
        return False
    if status.st_mtime_ns == noted["mtime_ns"]:
        return True
    if file_hash(folder / output) != noted["sha256"]:
        return False
    seal([output], folder)
    return True


def _seal_of(output: Path, folder: Path) -> Path:
    inside = output.relative_to(output.anchor)
    return folder / FOLDER / inside.with_name(inside.name + _SUFFIX)
