"""Files that appear whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path in the folder of ``path`` that takes its name when the block succeeds.

    The folder is made if it is missing. The content and the folder entry reach the disk
    before the name does; after an error the temporary file is removed and ``path`` is as it was.
    A writer that is killed leaves its temporary file to the next writer of ``path``, which
    removes it; those of living writers are locked, and stay, as do those of other users.

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
    with open(temporary, "xb") as created:
        try:
            _try_lock(created.fileno())
            yield temporary
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)
        finally:
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
        temporaries = [Path(entry.path) for entry in entries if name.fullmatch(entry.name)]
    for temporary in temporaries:
        with suppress(FileNotFoundError, PermissionError), open(temporary, "rb+") as file:
            if _try_lock(file.fileno()):
                temporary.unlink(missing_ok=True)


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
