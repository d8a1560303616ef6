"""Named arrays in an ``.npz`` file: anybody's, or the workflow's own.

Its own have their provenance beside the arrays, as JSON under ``provenance``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from fairprune._text import problem
from fairprune.storage.atomic import atomic_path
from fairprune.storage.provenance import provenance

_PROVENANCE = "provenance"


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


def write_arrays(
    path: Path | str, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, Any]
) -> None:
    """Write arrays atomically, uncompressed."""
    about = json.dumps(provenance(path, metadata), sort_keys=True)
    stored: dict[str, Any] = {**arrays, _PROVENANCE: np.array(about)}
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **stored)


def read_arrays(path: Path | str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays by name, and their provenance.

    Raises
    ------
    ValueError
        If the file is damaged or holds something else.
    """
    arrays = read_npz(path)
    try:
        return arrays, json.loads(str(arrays.pop(_PROVENANCE)))
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a readable file of arrays: {problem(error)}") from error
