"""Read the files of a folder or of a zip archive alike; nothing is ever extracted."""

from __future__ import annotations

import stat
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from fairprune.data._images import read_file
from fairprune.data._names import files_below, is_junk

MAX_FILE_BYTES = 1 << 25
MAX_TOTAL_BYTES = 1 << 31
_ENCRYPTED = 0x1


class Folder:
    """Files below a folder, named by relative paths with forward slashes, without junk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names = {path.relative_to(root).as_posix() for path in files_below(root)}

    def read(self, name: str) -> bytes:
        """Content of a file."""
        return read_file(self.root / name)

    def describe(self, name: str) -> str:
        """How messages call a file."""
        return str(self.root / name)


class Archive:
    """Files of a zip archive below its folder ``top``, without junk.

    Files are read in memory, each at most 32 MiB and with its checksum verified. An archive is
    refused as a whole if it is truncated, or if a member has an absolute path, a path with
    ``..``, is a link or encrypted, or if all members together would be larger than 2 GiB.
    """

    def __init__(self, path: Path, top: str) -> None:
        self.path, self._top = path, top
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # zipfile raises many kinds about damaged directories
            raise ValueError(f"{path} is no complete zip archive: {error}") from error
        members = self._zip.infolist()
        for member in members:
            self._check(member)
        total = sum(member.file_size for member in members)
        if total > MAX_TOTAL_BYTES:
            raise ValueError(f"{path} unpacks to {total} bytes, allowed are {MAX_TOTAL_BYTES}")
        twice = [name for name, n in Counter(m.filename for m in members).items() if n > 1]
        if twice:
            raise ValueError(f"{path} has two members {twice[0]!r}")
        self._members = {
            member.filename.removeprefix(f"{top}/"): member
            for member in members
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
        """How messages call a member."""
        return f"{self.path}, member {self._top}/{name}"

    def _check(self, member: zipfile.ZipInfo) -> None:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        kind = stat.S_IFMT(member.external_attr >> 16)
        reasons = {
            "has no name": not member.filename,
            "has an unsafe path": name.is_absolute() or ".." in name.parts,
            "is a link or a special file": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
            "is encrypted": bool(member.flag_bits & _ENCRYPTED),
            f"is larger than {MAX_FILE_BYTES} bytes": member.file_size > MAX_FILE_BYTES,
        }
        for reason, found in reasons.items():
            if found:
                raise ValueError(f"{self.path}: member {member.filename!r} {reason}")
