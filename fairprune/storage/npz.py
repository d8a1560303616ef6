"""Arrays from an ``.npz`` file, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile


def read_npz(path: Path | str) -> dict[str, np.ndarray]:
    """All arrays of a file, by name.

    Raises
    ------
    ValueError
        If the file is damaged or no ``.npz``, or holds Python objects.
    FileNotFoundError
        If there is none.
    """
    try:
        with open(path, "rb") as file, NpzFile(file) as arrays:
            return {name: _array(arrays, name) for name in arrays}
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # zipfile and numpy raise many types on damaged files
        raise ValueError(f"{path} is not a readable .npz: {error}") from error


def _array(arrays: NpzFile, name: str) -> np.ndarray:
    try:
        return arrays[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise ValueError(
            f"{name!r} holds Python objects: save numbers, or text by .astype(str)"
        ) from error
