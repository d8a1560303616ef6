"""Index sets that belong to a data set in any order of its examples.

A table lists the training examples of a data set by content: a hash of pixels and label
(:mod:`fairprune.data`) that does not depend on the reader or the order. The table has a column
of booleans for each index set.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fairprune._arrays import as_integers
from fairprune._validation import check_known

_ROW = ("id", "label")


def load_published(path: Path | str, name: str, images: object, labels: object) -> np.ndarray:
    """Positions of the examples of a published index set in your own copy of a data set.

    Parameters
    ----------
    path : path
        The table of the data set.
    name : str
        A column of the table, such as ``"random_metriq_0.5"``.
    images : array_like of shape (N, H, W) or (N, H, W, C), uint8, or sequence of N such images
        The training images, in any order: ``data`` of a torchvision data set, or the image column
        of a Hugging Face one.
    labels : array_like of shape (N,), int
        Their labels, numbered as the data set does.

    Returns
    -------
    ndarray of shape (n,), int64
        Ascending.

    Raises
    ------
    ValueError
        If there is no such index set, or some of its examples are not among the images.
    """
    import pyarrow.parquet as pq

    from fairprune.data._ids import content_ids

    table = pq.read_table(path)
    known = [column for column in table.column_names if column not in _ROW]
    check_known(name, known, f"{path} has no index set {name!r}")
    kept = set(table.filter(table[name])["id"].to_pylist())

    pixels = _pixels(images)
    numbers = as_integers("labels", labels, length=len(pixels), minimum=0)
    is_kept = [id_ in kept for id_ in content_ids(pixels, numbers)]
    if sum(is_kept) != len(kept):
        raise ValueError(
            f"{len(kept) - sum(is_kept)} of the {len(kept)} examples of {name!r} in {path} are not "
            f"among the {len(pixels)} images with these labels"
        )
    return np.flatnonzero(is_kept)


def _pixels(images: object) -> np.ndarray:
    """Images as an array of shape (N, H, W, C)."""
    if isinstance(images, Sequence):
        images = np.stack([np.asarray(image) for image in images])
    pixels = np.asarray(images)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    in_channels_first = pixels.ndim == 4 and pixels.shape[1] in (1, 3) and pixels.shape[3] > 4
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or in_channels_first:
        raise ValueError(
            "images must be uint8 of shape (N, H, W) or (N, H, W, C), "
            f"got {pixels.dtype} of shape {pixels.shape}"
        )
    return pixels
