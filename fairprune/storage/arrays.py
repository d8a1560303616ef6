"""Named arrays in one ``.npz`` file, with their provenance as JSON under ``provenance``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fairprune._text import problem
from fairprune.storage.atomic import atomic_path
from fairprune.storage.npz import read_npz
from fairprune.storage.provenance import provenance

_PROVENANCE = "provenance"


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
