"""Files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path in the folder of ``path`` that takes its name when the block succeeds.

    The folder is made if it is missing. The content and the folder entry reach the disk
    before the name does; after an error the temporary file is removed and ``path`` is as it was.
    A writer that is killed leaves its temporary file to the next writer of ``path``, which
    removes it; those of living writers are locked, and stay.

    Parameters
    ----------
    path : path
        Final name of the file.

    Yields
    ------
    Path
        Where to write; the file must be closed when the block ends.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        _try_lock(descriptor)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def file_hash(path: Path | str) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_leftovers(path: Path) -> None:
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{32}}\.tmp")
    with os.scandir(path.parent) as entries:
        for entry in entries:
            if name.fullmatch(entry.name):
                _remove_if_left(Path(entry.path))


def _remove_if_left(temporary: Path) -> None:
    try:
        descriptor = os.open(temporary, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        if _try_lock(descriptor):
            temporary.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    """False if another writer lives, or the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
