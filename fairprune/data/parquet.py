"""Parquet shards as image data sets are published on the Hugging Face hub.

An image column (struct of ``bytes``, the encoded image, and ``path``) and a column of integer
labels; class names are read from the JSON under ``huggingface`` in the schema's metadata, and
are the labels in decimal where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data._images import Encoded, Side, decode_parts
from fairprune.data._shards import Shard, class_names_of, open_shard
from fairprune.data._splits import DEFAULT_TEST_SHARE, Part, Share, split
from fairprune.storage.canonical import Dataset

TRAIN, TEST = "**/train*.parquet", "**/test*.parquet"


def load(
    root: Path,
    *,
    train: str = TRAIN,
    test: str | None = TEST,
    validation: str | None = None,
    split_column: str | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    image_size: Side | None = None,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load all shards; the order is that of the sorted file names, then of the rows.

    Parameters
    ----------
    root : path
        Folder of the shards.
    train, test, validation : str
        Globs relative to ``root``. Without ``test`` the training shards are split; without
        ``validation`` the test set is halved.
    split_column : str, optional
        Column of text that says ``train``, ``test`` or ``validation``; all splits then come
        from the shards that ``train`` matches.
    image_column : str, optional
        Default: the column ``image`` or ``img``.
    label_column : str, optional
        Default: the only column of class labels, or without such metadata of integers.
    group_column : str, optional
        Column of a finer group, integers or text.
    image_size : int, optional
        Side in pixels to resize to.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        With the file, and where it applies the column and row, that is wrong.
    """
    options = (image_column, label_column, group_column)
    globs = {"train": train, "test": test, "validation": validation}
    if split_column is not None:
        shards = [open_shard(path, *options, split_column) for path in _find(root, train)]
        found = {name: shards for name in globs if any(s.count(name) for s in shards)}
    else:
        found = {
            name: [open_shard(path, *options) for path in _find(root, glob)]
            for name, glob in globs.items()
            if glob is not None
        }
    return _assemble(found, image_size, seed=seed, test_share=test_share)


def files(
    root: Path,
    *,
    train: str = TRAIN,
    test: str | None = TEST,
    validation: str | None = None,
    split_column: str | None = None,
    **_options: object,
) -> list[Path]:
    """The shards of a folder."""
    globs = [train] if split_column is not None else [train, test, validation]
    return [path for glob in globs if glob is not None for path in _find(root, glob)]


def _assemble(found: dict[str, list[Shard]], image_size: int | None, **options: Any) -> Dataset:
    everything = [shard for shards in found.values() for shard in shards]
    if not found.get("train"):
        raise ValueError("there are no training examples")
    class_names = class_names_of(everything)
    counts = {name: sum(s.count(name) for s in shards) for name, shards in found.items()}
    decoded = decode_parts(
        {name: (counts[name], _encoded(shards, name)) for name, shards in found.items()},
        image_size=image_size,
    )
    parts = {
        name: Part(
            images=decoded[name].images,
            labels=np.concatenate([s.labels[s.rows(name)] for s in shards]),
            groups=_groups(shards, name),
            digests=decoded[name].digests,
        )
        for name, shards in found.items()
    }
    return split(parts, class_names, **options)


def _encoded(shards: list[Shard], name: str) -> Iterator[Encoded]:
    for shard in shards:
        yield from shard.images(name)


def _groups(shards: list[Shard], name: str) -> list[str] | None:
    groups: list[str] = []
    for shard in shards:
        if shard.groups is None:
            return None
        groups += [shard.groups[row] for row in shard.rows(name)]
    return groups


def _find(root: Path, glob: str) -> list[Path]:
    """Files that a glob matches, by name; hidden files and folders are left out."""
    try:
        found = sorted(root.glob(glob))
    except (ValueError, NotImplementedError) as error:
        raise ValueError(f"{glob!r} is not a glob relative to {root}: {error}") from error
    visible = [
        path
        for path in found
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(root).parts)
    ]
    if not visible:
        raise ValueError(
            f"no file in {root} matches {glob!r}; set train and test to globs that do, "
            "or test to null to split the training set"
        )
    return visible
