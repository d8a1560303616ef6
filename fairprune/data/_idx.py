"""The IDX format of MNIST and its kin: a header of sizes, then the bytes, often gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

_GZIP = b"\x1f\x8b"
_UINT8 = 0x08


def read_idx(path: Path, n_dimensions: int) -> np.ndarray:
    """Read an array of uint8; gzip is recognised by content.

    Parameters
    ----------
    path : path
    n_dimensions : int
        3 for images, 1 for labels.

    Raises
    ------
    ValueError
        If the file is damaged, truncated, or holds something else.
    """
    content = _unpacked(path)
    header = 4 + 4 * n_dimensions
    if content[:4] != bytes([0, 0, _UINT8, n_dimensions]) or len(content) < header:
        raise ValueError(f"{path} is no IDX file of bytes with {n_dimensions} dimensions")
    shape = [int(size) for size in np.frombuffer(content[4:header], dtype=">u4")]
    if len(content) - header != math.prod(shape):
        raise ValueError(f"{path} has {len(content) - header} bytes for an array of shape {shape}")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)


def _unpacked(path: Path) -> bytes:
    with open(path, "rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
    try:
        with gzip.open(path) if packed else open(path, "rb") as file:
            return file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
