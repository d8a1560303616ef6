"""Arrays of images that may be larger than memory."""

from __future__ import annotations

import math
import os
import tempfile

import numpy as np

from fairprune.storage.canonical import chunks

_IN_MEMORY_BYTES = 1 << 30


def allocate(shape: tuple[int, ...], dtype: np.dtype | type = np.uint8) -> np.ndarray:
    """Allocate an uninitialised array; one above 1 GiB is mapped to an unnamed temporary file.

    The file is in the folder that ``TMPDIR`` names, and vanishes with the array.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= _IN_MEMORY_BYTES:
        return np.empty(shape, dtype=dtype)
    with tempfile.TemporaryFile(prefix="fairprune-") as file:
        try:
            if hasattr(os, "posix_fallocate"):  # or a full disk kills the process that writes
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            raise OSError(error.errno, f"no {size} bytes", tempfile.gettempdir()) from error
        return np.memmap(file, dtype=dtype, mode="w+", shape=shape)


def take(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The images of ``rows``, copied chunk by chunk."""
    taken = allocate((len(rows), *images.shape[1:]), images.dtype)
    start = 0
    for chunk in chunks(images, rows):
        taken[start : start + len(chunk)] = chunk
        start += len(chunk)
    return taken


def as_rgb(images: np.ndarray) -> np.ndarray:
    """Images of shape (n, H, W, 3) from those of shape (n, H, W, 1) or (n, H, W, 3)."""
    if images.shape[3] == 3:
        return images
    colour = allocate((*images.shape[:3], 3))
    colour[:] = images
    return colour
