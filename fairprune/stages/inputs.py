"""Readers that several stages share: labels, index sets, images and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fairprune import registry
from fairprune.library.index_sets import read_kept
from fairprune.storage.atomic import file_hash
from fairprune.storage.canonical import SPLITS, Canonical, read_canonical
from fairprune.storage.examples import class_names, groups_of, labels_of, read_examples, rows_of
from fairprune.storage.kinds import model_sizes
from fairprune.storage.tables import read_metadata

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn

    from fairprune.training.images import ImageSet


_COPIED_BYTES = 1 << 32  # images of a part that are copied out of the memory-mapped array


def read_labels(examples: Path, split: str) -> tuple[np.ndarray, list[str]]:
    """Labels (N,) of a split, in index order, and the names of all K classes."""
    table = read_examples(examples)
    return labels_of(table, split), list(class_names(table))


def check_beside(table: Path, **files: Path) -> None:
    """Refuse files whose hashes are not those in a table that was written after them.

    Raises
    ------
    ValueError
        Naming the first such file.
    """
    hashes = read_metadata(table).get("files")
    for name, path in files.items():
        if not isinstance(hashes, dict) or hashes.get(name) != file_hash(path):
            raise ValueError(f"{path} is not a readable {name}: it is not the one of {table}")


@dataclass(frozen=True)
class Parts:
    """What quotas are for: the classes of a data set, or its groups.

    Attributes
    ----------
    names : sequence of K str
    labels : dict of split to ndarray of shape (n,), int64
        Positions in ``names``, in the order of the split.
    classes : dict of split to ndarray of shape (n,), int64
        The class of each, which is ``labels`` where these are classes.
    """

    names: Sequence[str]
    labels: Mapping[str, np.ndarray]
    classes: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Examples:
    """The table of examples of a data set, read once for all that a stage asks of it."""

    path: Path
    table: pa.Table

    @classmethod
    def read(cls, path: Path) -> Examples:
        """Raises as :func:`fairprune.storage.examples.read_examples`."""
        return cls(path, read_examples(path))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of all K classes, by label."""
        return class_names(self.table)

    @property
    def ids(self) -> np.ndarray:
        """Stable ids of the training examples, which order equal scores."""
        return self.table["id"].to_numpy()[rows_of(self.table, "train")]

    def parts(self, kind: str) -> Parts:
        """The parts that quotas are for; ``kind`` is "class" or "group"."""
        classes = {split: labels_of(self.table, split) for split in SPLITS}
        if kind == "group":
            return Parts(*groups_of(self.path, self.table), classes)
        return Parts(self.class_names, classes, classes)


@dataclass(frozen=True)
class IndexSet:
    """Chosen training examples: ``index`` ascending, and their labels."""

    index: np.ndarray
    labels: np.ndarray


def read_index_set(path: Path, classes: np.ndarray) -> IndexSet:
    """Read an index set of the training examples that have these classes (N,).

    Raises
    ------
    ValueError
        If indices are negative, repeated or out of order, or its labels are not their classes.
    """
    table = read_kept(path)
    check_labels(path, table, classes)
    return IndexSet(table["index"].to_numpy(), table["label"].to_numpy().astype(np.int64))


def as_scores(score: str, given: Any, chosen: IndexSet) -> np.ndarray:
    """What the module of a score returns, which may be a user's own, as float32 (N,).

    Raises
    ------
    ValueError
        If it is not one finite number per example.
    """
    needed = f"score {score!r} must give one finite number for each of {len(chosen.index)} examples"
    try:
        with np.errstate(over="ignore"):
            values = np.asarray(given).astype(np.float32, casting="same_kind")
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{needed}, got {type(given).__name__}: {error}") from error
    n_bad = (~np.isfinite(values)).sum()
    if values.shape != chosen.index.shape or n_bad:
        raise ValueError(f"{needed}; it gave shape {values.shape}, {n_bad} not finite in float32")
    return values


def check_labels(path: Path, table: pa.Table | pd.DataFrame, classes: np.ndarray) -> None:
    """Refuse a table whose ``label`` is not the class of the example at its ``index``.

    Raises
    ------
    ValueError
        Naming the first such index.
    """
    index, label = table["index"].to_numpy(), table["label"].to_numpy()
    inside = (index >= 0) & (index < len(classes))
    wrong = ~inside
    wrong[inside] = classes[index[inside]] != label[inside]
    if wrong.any():
        first = index[wrong][0]
        raise ValueError(
            f"{path} is not a readable table of these examples: the label at index {first} is "
            "another; the data set is not the one that it was made on"
        )


@dataclass(frozen=True)
class Data:
    """A data set in canonical form and the device that its images go to."""

    folder: Path
    canonical: Canonical
    device: Any

    @classmethod
    def open(cls, folder: Path, device: Any) -> Data:
        """Map the arrays of a canonical folder."""
        return cls(folder, read_canonical(folder), device)

    @property
    def n_classes(self) -> int:
        """Number of classes K."""
        return len(self.canonical.class_names)

    def images(
        self, split: str, index: np.ndarray | Sequence[int] | None = None, max_shift: int = 0
    ) -> ImageSet:
        """Images of a split, checked, all of them or those of ``index``, on the device.

        Features or tokens where the data set has these, as a ``RowSet`` that does the same.
        """
        from fairprune.training.rows import labelled

        images, labels = self.canonical.checked_images(split), self.canonical.labels[split]
        rows = None  # of a part too large to be copied into memory
        if index is not None and len(index) < len(labels):
            labels = labels[index]
            size = images.nbytes // len(images) * len(index)
            if self.canonical.fingerprint.kind == "images" and size > _COPIED_BYTES:
                rows = np.asarray(index)
            else:
                images = images[index]
        known = self.canonical.fingerprint
        normalised = known.mean, known.std
        return labelled(known.kind, images, labels, *normalised, self.device, max_shift, rows)

    @property
    def model_sizes(self) -> tuple[int, int, int]:
        """What models are built with: classes, and ``in_channels`` and ``image_size``."""
        shape, known = self.canonical.images["train"].shape, self.canonical.fingerprint
        return self.n_classes, *model_sizes(known.kind, shape, known.vocabulary)

    def build_model(self, model: Mapping[str, Any]) -> nn.Module:
        """Untrained model of the configuration's ``model`` entry, for these images."""
        return registry.build_model(model, self.model_sizes)


def load_model(data: Data, weights: Path, model: Mapping[str, Any]) -> nn.Module:
    """A trained model of the configuration's ``model`` entry, on the device of the data."""
    import torch

    from fairprune.training.images import placed

    loaded = data.build_model(model)
    loaded.load_state_dict(torch.load(weights, map_location=data.device, weights_only=True))
    return placed(loaded, data.device)
