"""Read files from a folder or a zip archive in the same way, without extracting anything."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fairprune.data._names import files_below, is_junk


class Folder:
    """Files below a folder, named by relative paths with forward slashes, without junk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names = {path.relative_to(root).as_posix() for path in files_below(root)}

    def read(self, name: str) -> bytes:
        """Content of a file."""
        return (self.root / name).read_bytes()

    def describe(self, name: str) -> str:
        """Name of a file in messages."""
        return str(self.root / name)


class Archive:
    """Files of a zip archive below its folder ``top``, without junk.

    Files are read into memory, and the checksum of each is verified.
    """

    def __init__(self, path: Path, top: str) -> None:
        self.path, self._top = path, top
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # zipfile raises many kinds about damaged directories
            raise ValueError(f"{path} is no complete zip archive: {error}") from error
        self._members = {
            member.filename.removeprefix(f"{top}/"): member
            for member in self._zip.infolist()
            if not member.is_dir() and member.filename.startswith(f"{top}/")
            if not any(map(is_junk, member.filename.split("/")))
        }
        self.names = set(self._members)

    def read(self, name: str) -> bytes:
        """Content of a member; threads may read at the same time."""
        try:
            return self._zip.read(self._members[name])
        except MemoryError:
            raise
        except Exception as error:  # each compression has errors of its own
            raise ValueError(f"{self.describe(name)} is damaged: {error}") from error

    def describe(self, name: str) -> str:
        """Name of a member in messages."""
        return f"{self.path}, member {self._top}/{name}"
