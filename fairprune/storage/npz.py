"""Arrays in an ``.npz`` file, which may be damaged, or anybody's."""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

_SMALL_BYTES = 1 << 30
_RATIO = 100  # what larger files may unpack to; numbers hardly shrink by as much
_END = struct.Struct("<4s6xH10x")  # of an archive without comment: signature, members


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of a file, by name.

    Raises
    ------
    ValueError
        If the file is damaged or no ``.npz``, has two members of one name, or unpacks to more than
        1 GiB and 100 times its size.
    FileNotFoundError
        If there is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            for member in members:
                _check_size(archive, member)
        with open(path, "rb") as file:
            file.seek(-_END.size, os.SEEK_END)
            signature, n_members = _END.unpack(file.read())
        if signature == b"PK\5\6" and n_members != len(members):  # a damaged length hides some
            raise ValueError(f"it lists {len(members)} of {n_members} members")
        if len({member.filename for member in members}) < len(members):
            raise ValueError("two members have one name")
        check_unpacked(path, sum(member.file_size for member in members))
        with np.load(path, allow_pickle=False) as arrays:
            return {name: _array(arrays, name) for name in arrays}
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # zipfile and numpy raise many types on damaged files
        raise ValueError(f"{path} is not a readable .npz: {error}") from error


def _array(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    try:
        return arrays[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise ValueError(
            f"{name!r} holds Python objects: save numbers, or text by .astype(str)"
        ) from error


def check_unpacked(path: Path | str, unpacked: int) -> None:
    """Refuse a file that takes more than 1 GiB of memory and 100 times its size.

    Raises
    ------
    ValueError
        With both sizes.
    """
    size = Path(path).stat().st_size
    if unpacked > max(_SMALL_BYTES, _RATIO * size):
        raise ValueError(f"its {size} bytes unpack to {unpacked}")


def _check_size(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse an array that says to be larger than its bytes, before memory is asked for it.

    Python objects, which may take fewer, are refused when they are read.
    """
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        old = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    if not dtype.hasobject and math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} has {member.file_size} bytes for {dtype} {shape}")
