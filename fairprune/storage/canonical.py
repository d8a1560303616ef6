"""The canonical form of a data set: uint8 arrays per split, and one table of examples.

A folder in canonical form holds

- ``train.npy``, ``validation.npy``, ``test.npy``: images of shape (N, H, W, C), uint8, with one
  channel (grayscale) or three (RGB), to be memory-mapped;
- ``examples.parquet``: ``index`` (position within the split), ``split``, ``label``,
  ``class_name``, ``id``, and ``group`` where the source has finer groups;
- ``fingerprint.json``: what all of these are (:mod:`fairprune.storage.fingerprint`), with the mean
  and standard deviation of each channel over all training pixels. They come from exact integer
  sums, so they do not depend on the order of the images; the standard deviation is that of the
  population (divisor N H W). A channel that never changes gets 1 there, so that normalising it
  gives zeros.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune._text import is_line, shown
from fairprune.storage.atomic import atomic_path
from fairprune.storage.examples import class_names, labels_of, read_examples
from fairprune.storage.fingerprint import (
    SPLITS,
    Fingerprint,
    read_fingerprint,
    write_fingerprint,
)
from fairprune.storage.kinds import TYPES, feature_statistics, fits, kind_of
from fairprune.storage.tables import EXAMPLES, GROUPED_EXAMPLES, write_table

_CHUNK_BYTES = 1 << 24
_LONGEST_NAME = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dataset:
    """Labelled images in three splits, as a source of :mod:`fairprune.data` gives them.

    Attributes
    ----------
    images : dict of split to ndarray of shape (n, H, W, C), uint8
        C is 1 or 3; may be memory-mapped. In their place features (n, D), float32, or tokens
        (n, L), int32, see :mod:`fairprune.storage.kinds`.
    labels : dict of split to ndarray of shape (n,), int64
        In 0 .. K - 1; every class has at least one training example.
    class_names : tuple of K str
    ids : dict of split to list of n str
        One name per example, unique in the data set and the same on every machine.
    groups : dict of split to list of n str, optional
        A finer group per example.
    standardise : bool, default=True
        Whether features are normalised by their mean and deviation.
    vocabulary : int, default=0
        Above all tokens.
    """

    images: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    class_names: tuple[str, ...]
    ids: Mapping[str, list[str]]
    groups: Mapping[str, list[str]] | None = None
    standardise: bool = True
    vocabulary: int = 0

    def __post_init__(self) -> None:
        for name in self._fields():
            if set(getattr(self, name)) != set(SPLITS):
                raise ValueError(f"{name} must have the splits {', '.join(SPLITS)}")
        for split in SPLITS:
            self._check_split(split)
        repeated = [name for name, n in Counter(self.class_names).items() if n > 1]
        if repeated:
            raise ValueError(f"class names must differ, got {repeated[0]!r} twice")
        groups = {name for names in (self.groups or {}).values() for name in names}
        for name in (*self.class_names, *groups):
            if not is_line(name) or len(name) > _LONGEST_NAME:
                allowed = f"one line of at most {_LONGEST_NAME} characters"
                raise ValueError(f"a name of a class or group must be {allowed}, got {name[:80]!r}")
        names = [name for split in SPLITS for name in self.ids[split]]
        if len(set(names)) != len(names):
            raise ValueError("ids must be unique within the data set")
        self._check_classes()

    def _fields(self) -> list[str]:
        return ["images", "labels", "ids", *(["groups"] if self.groups else [])]

    def _check_split(self, split: str) -> None:
        images, labels = self.images[split], self.labels[split]
        kind = kind_of(images, f"images[{split!r}]")
        if kind == "tokens" and images.size and images.max() >= self.vocabulary:
            raise ValueError(f"tokens must be below {self.vocabulary}, got {images.max()}")
        if images.shape[1:] != self.images["train"].shape[1:]:
            raise ValueError(
                f"{kind} must be of one size, got {images.shape[1:]} in {split!r} "
                f"and {self.images['train'].shape[1:]} in 'train'"
            )

        lengths = {name: len(getattr(self, name)[split]) for name in self._fields()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"split {split!r} has fields of different lengths: {lengths}")
        if len(images) == 0:
            raise ValueError(f"split {split!r} has no examples")
        if labels.min() < 0 or labels.max() >= len(self.class_names):
            raise ValueError(
                f"labels[{split!r}] must be in 0 .. {len(self.class_names) - 1}, "
                f"got {labels.min()} .. {labels.max()}"
            )

    def _check_classes(self) -> None:
        if len(self.class_names) < 2:
            names = shown([*map(repr, self.class_names)]) or "none"
            raise ValueError(f"there must be at least two classes, got {names}")
        for split in SPLITS:
            counts = np.bincount(self.labels[split], minlength=len(self.class_names))
            empty = [self.class_names[k] for k in np.flatnonzero(counts == 0)]
            if empty and split == "train":
                raise ValueError(f"no training example of class {shown([*map(repr, empty)])}")
            if empty:
                log.warning("no %s example of class %s", split, shown(empty, 9))


@dataclass(frozen=True)
class Canonical:
    """A canonical folder, opened.

    Attributes
    ----------
    images : dict of split to ndarray of shape (n, H, W, C), uint8
        Memory-mapped, read-only.
    labels : dict of split to ndarray of shape (n,), int64
    class_names : tuple of K str
    fingerprint : Fingerprint
    """

    folder: Path
    images: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    class_names: tuple[str, ...]
    fingerprint: Fingerprint
    _checked: set[str] = field(default_factory=set, compare=False, repr=False)

    def checked_images(self, split: str) -> np.ndarray:
        """The images of a split; the first call compares all their bytes with the checksum.

        Raises
        ------
        ValueError
            If they are not those that were written.
        """
        if split not in self._checked:
            self.fingerprint.check_array(self.folder / f"{split}.npy", split)
            self._checked.add(split)
        return self.images[split]


def write_canonical(
    dataset: Dataset, folder: Path | str, *, metadata: Mapping[str, Any] | None = None
) -> None:
    """Write a data set to ``folder``, each file atomically, the fingerprint last.

    Parameters
    ----------
    dataset : Dataset
    folder : path
        Made if it is missing.
    metadata : mapping, optional
        Provenance for the table of examples.
    """
    folder = Path(folder)
    for split in SPLITS:
        with atomic_path(folder / f"{split}.npy") as path, open(path, "wb") as file:
            np.save(file, dataset.images[split], allow_pickle=False)
    schema = GROUPED_EXAMPLES if dataset.groups else EXAMPLES
    examples = _examples(dataset).cast(schema)
    write_table(folder / "examples.parquet", examples, schema=schema, metadata=metadata)
    images = dataset.images["train"]
    kind = kind_of(images, "images")
    normalised = statistics(images, kind, standardise=dataset.standardise)
    write_fingerprint(folder, dataset.images, examples, *normalised, kind, dataset.vocabulary)


def read_canonical(folder: Path | str) -> Canonical:
    """Open a canonical folder; the images stay on the disk.

    Raises
    ------
    ValueError
        If a file is damaged, or the arrays and the table of examples do not belong together.
    FileNotFoundError
        If a file is missing.
    """
    folder = Path(folder)
    fingerprint = read_fingerprint(folder)
    images = {
        split: _read_array(folder / f"{split}.npy", shape, fingerprint.kind)
        for split, (shape, _) in fingerprint.arrays.items()
    }
    path = folder / "examples.parquet"
    table = read_examples(path)
    labels = {split: labels_of(table, split) for split in SPLITS}
    return Canonical(folder, images, labels, class_names(table), fingerprint)


def statistics(
    images: np.ndarray, kind: str, *, standardise: bool
) -> tuple[list[float], list[float]]:
    """What is subtracted from the inputs of a kind, and what they are divided by."""
    if kind == "images":
        return channel_statistics(images)
    if kind == "tokens":
        return [], []
    n_features = images.shape[1]
    return feature_statistics(images) if standardise else ([0.0] * n_features, [1.0] * n_features)


def channel_statistics(images: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel, for images in [0, 1].

    Parameters
    ----------
    images : ndarray of shape (N, H, W, C), uint8

    Examples
    --------
    >>> channel_statistics(np.array([[[[0], [255]]]], dtype=np.uint8))
    ([0.5], [0.5])
    """
    channels = images.shape[3]
    counts = np.zeros((channels, 256), dtype=np.int64)
    for chunk in chunks(images):
        for channel in range(channels):
            counts[channel] += np.bincount(chunk[..., channel].ravel(), minlength=256)
    n = images.size // channels
    values = range(256)
    mean, std = [], []
    for row in counts.tolist():  # Python integers: the sums are exact
        total = sum(c * v for c, v in zip(row, values, strict=True))
        squares = sum(c * v * v for c, v in zip(row, values, strict=True))
        mean.append(total / (255 * n))
        std.append(math.sqrt(n * squares - total * total) / (255 * n) or 1.0)
    return mean, std


def chunks(images: np.ndarray, rows: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Cut images, or those of ``rows``, into parts (n, H, W, C) of a bounded number of bytes."""
    size = max(1, _CHUNK_BYTES // max(1, math.prod(images.shape[1:])))
    n = len(images) if rows is None else len(rows)
    for start in range(0, n, size):
        chunk = slice(start, start + size)
        yield images[chunk] if rows is None else images[rows[chunk]]


def _examples(dataset: Dataset) -> pa.Table:
    columns: dict[str, Any] = {
        "index": np.concatenate([np.arange(len(dataset.labels[s])) for s in SPLITS]),
        "split": np.repeat(SPLITS, [len(dataset.labels[s]) for s in SPLITS]),
        "label": np.concatenate([dataset.labels[s] for s in SPLITS]).astype(np.int32),
    }
    columns["class_name"] = [dataset.class_names[k] for k in columns["label"]]
    columns["id"] = [name for s in SPLITS for name in dataset.ids[s]]
    if dataset.groups:
        columns["group"] = [name for s in SPLITS for name in dataset.groups[s]]
    return pa.table(columns)


def _read_array(path: Path, shape: tuple[int, ...], kind: str) -> np.ndarray:
    """An array that stays on the disk, of the shape that its fingerprint says."""
    try:
        images = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy parses the header as Python and raises what that raises
        raise ValueError(f"{path} is not a readable array: {error}") from error
    if images.shape != shape or not fits(kind, images.dtype, shape):
        raise ValueError(
            f"{path} is not a readable array: it is {images.dtype} of shape {images.shape}, "
            f"its fingerprint {np.dtype(TYPES[kind])} of shape {shape}"
        )
    return images
