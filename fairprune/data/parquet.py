"""Image data sets in Parquet shards, as published on the Hugging Face hub.

A shard has an image column (struct of ``bytes``, the encoded image, and ``path``, or the bytes
alone) and a label column: integers, text, or booleans. For integers, the class names are read from
the JSON under ``huggingface`` in the schema's metadata, or else are the labels in decimal; for text
they are its values, sorted. Words in the paths (:mod:`fairprune.data._series`) or globs assign the
shards to splits. A held-out part without labels is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune._validation import NotNegative
from fairprune.data import _listing, _series
from fairprune.data._images import Fit, Side
from fairprune.data._labels import classes_of, without_labels
from fairprune.data._listing import ListedPart, Listing
from fairprune.data._names import WORDS, expanded
from fairprune.data._rows import Rows
from fairprune.data._shards import ColumnNames, Shard, open_shard
from fairprune.data._splits import DEFAULT_TEST_SHARE, Share, held_out_as_test
from fairprune.storage.canonical import Dataset

AUTO = "auto"


def load(
    root: Path,
    *,
    train: str = AUTO,
    test: str | None = AUTO,
    validation: str | None = AUTO,
    split_column: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    used_classes_only: bool = False,
    image_size: Side | None = None,
    fit: Fit = "squash",
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load all shards; the order is that of the sorted file names, then of the rows.

    Parameters
    ----------
    root : path
        Folder of the shards.
    train, test, validation : str
        Globs relative to ``root``. ``auto`` goes by words in the paths, such as ``train``,
        ``valid`` and ``Testing``; without a test part, the validation part is then the test set.
        If ``test`` is null, the training shards are split. If ``validation`` is null, or ``auto``
        while ``test`` is a glob or null, the test set is halved.
    split_column : str, optional
        Column of text that says ``train``, ``test`` or ``validation``; all splits then come
        from the shards that ``train`` matches, or from all.
    image_column : str, optional
        Default: the column ``image`` or ``img``.
    label_column : str, optional
        Default: the only column of class labels, or without such metadata the only column of
        integers, or else of text.
    group_column : str, optional
        Column of finer groups, integers or text.
    used_classes_only : bool, default=False
        Number the classes that have training examples from 0, and leave out the others; by
        default labels must be 0 .. K-1, each with training examples.
    image_size : int, optional
        Side in pixels to resize to.
    fit : {"squash", "crop", "pad"}, default="squash"
        How an image that is not square becomes square, with ``image_size``.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        Naming the file that is wrong, and the column and row if it is one of these.
    """
    listed = listing(
        root,
        train=train,
        test=test,
        validation=validation,
        split_column=split_column,
        image_column=image_column,
        label_column=label_column,
        group_column=group_column,
        used_classes_only=used_classes_only,
    )
    return _listing.read(listed, image_size=image_size, fit=fit, seed=seed, test_share=test_share)


def listing(
    root: Path,
    *,
    train: str = AUTO,
    test: str | None = AUTO,
    validation: str | None = AUTO,
    split_column: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    used_classes_only: bool = False,
    **_options: object,
) -> Listing:
    """The shards of a folder, and their labels.

    Raises
    ------
    ValueError
        As :func:`load`.
    """
    paths = _paths(expanded(root), train, test, validation, split_column)
    columns = ColumnNames(image_column, label_column, group_column, split_column)
    left_out = [sentence for part in paths.values() for sentence in _series.missing(part)]
    shards, unlabelled = _open(paths, columns)
    left_out += unlabelled

    class_names, labels = classes_of(shards, used_classes_only)
    parts = {name: _part(name, shards[name], labels[name]) for name in shards}
    return Listing(class_names, held_out_as_test(parts), left_out)


def train_rows(
    root: Path, *, image_size: Side | None = None, fit: Fit = "squash", **options: Any
) -> Rows:
    """The training rows with all of their columns; images stay encoded as they are."""
    part = listing(root, **options).parts["train"]
    assert part.tables is not None
    return Rows(
        part.labels, lambda: _listing.ids_of(part, image_size=image_size, fit=fit), part.tables
    )


def files(
    root: Path,
    *,
    train: str = AUTO,
    test: str | None = AUTO,
    validation: str | None = AUTO,
    split_column: str | None = None,
    **_options: object,
) -> list[Path]:
    """The shards of a folder."""
    paths = _paths(expanded(root), train, test, validation, split_column)
    return [path for part in paths.values() for path in part]


def _paths(
    root: Path, train: str, test: str | None, validation: str | None, split_column: str | None
) -> dict[str, list[Path]]:
    """Shards of each part; all under ``train`` if a column names the splits."""
    if split_column is not None:
        test = validation = None
    elif test != AUTO and validation == AUTO:
        validation = None
    globs = {"train": train, "test": test, "validation": validation}
    matched = {
        name: _series.by_glob(root, glob)
        for name, glob in globs.items()
        if glob is not None and glob != AUTO
    }
    if AUTO not in globs.values():
        return matched

    taken = {path for paths in matched.values() for path in paths}
    by_words = _series.by_words(root, taken)
    if split_column is not None:
        by_words = {"train": sorted(path for paths in by_words.values() for path in paths)}
    chosen = {name: by_words.get(name, []) for name, glob in globs.items() if glob == AUTO}
    return {name: paths for name in globs if (paths := {**chosen, **matched}.get(name))}


def _open(
    paths: dict[str, list[Path]], columns: ColumnNames
) -> tuple[dict[str, list[Shard]], list[str]]:
    """Shards of each part that has labels, and a sentence for each part that has none."""
    train = [open_shard(path, columns) for path in paths.get("train", [])]
    shards = {"train": train}
    if columns.split is not None:
        shards = {name: train for name in WORDS if any(len(s.rows(name)) for s in train)}
    if not train or "train" not in shards:
        raise ValueError("there are no training examples")
    known = columns._replace(image=train[0].image_column, label=train[0].label_column)
    for name, part in paths.items():
        if name != "train":
            shards[name] = [open_shard(path, known, needs_labels=False) for path in part]

    left_out = {name: without_labels(name, part) for name, part in shards.items()}
    said = [sentence for sentences in left_out.values() for sentence in sentences]
    return {name: part for name, part in shards.items() if not left_out[name]}, said


def _part(name: str, shards: list[Shard], labels: np.ndarray) -> ListedPart:
    first = shards[0].path
    more = f" and {len(shards) - 1} more" if len(shards) > 1 else ""
    return ListedPart(
        place=f"{first}{more}",
        labels=labels,
        encoded=lambda: (image for shard in shards for image in shard.images(name)),
        groups=_groups(shards, name),
        tables=lambda chosen: _tables(shards, name, chosen),
    )


def _groups(shards: list[Shard], name: str) -> list[str] | None:
    groups: list[str] = []
    for shard in shards:
        if shard.groups is None:
            return None
        groups += [shard.groups[row] for row in shard.rows(name)]
    return groups


def _tables(shards: list[Shard], name: str, chosen: np.ndarray) -> Iterator[pa.Table]:
    """All columns of the rows of a part that the mask ``chosen`` selects."""
    start = 0
    for shard in shards:
        rows = shard.rows(name)
        mask = np.zeros(len(shard.labels), dtype=bool)
        mask[rows] = chosen[start : start + len(rows)]
        start += len(rows)
        yield from shard.tables(mask)
