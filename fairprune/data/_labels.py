"""Turn the labels of shards into classes numbered 0 .. K-1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fairprune._text import as_line
from fairprune.data._shards import Shard, refuse

_Parts = Mapping[str, Sequence[Shard]]


def without_labels(part: str, shards: Sequence[Shard]) -> list[str]:
    """List one sentence if a held-out part has no labels: all -1, null or '', or no column."""
    labels = np.concatenate([shard.labels[shard.rows(part)] for shard in shards])
    if part == "train" or not len(labels) or (labels >= 0).any():
        return []
    return [f"{shards[0].path}: the {part} examples have no labels, and are left out"]


def classes_of(
    parts: _Parts, used_classes_only: bool
) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Class names, and the labels (n,), int64, of each part.

    Parameters
    ----------
    parts : mapping of str to sequence of Shard
        ``train`` among them.
    used_classes_only : bool
        Whether to number the classes with training examples, and leave out the others.

    Raises
    ------
    ValueError
        If a label is missing or has no name, shards name different classes, or a class has no
        training example.
    """
    if not sum(len(shard.labels) for shard in parts["train"]):
        raise ValueError(f"{parts['train'][0].path} has no training examples")
    names, coded = (_text if parts["train"][0].has_text else _integers)(parts)
    used = np.unique(coded["train"])
    if not used_classes_only and not parts["train"][0].has_text:
        _refuse_gaps(parts["train"][0], used, names)
    for part, labels in coded.items():
        unknown = np.setdiff1d(labels, used)
        if len(unknown):
            raise ValueError(
                f"{parts[part][0].path}: class {_name(names, unknown[0])!r} has {part} examples "
                "and no training example"
            )
    numbered = {part: np.searchsorted(used, labels) for part, labels in coded.items()}
    return tuple(_name(names, code) for code in used), numbered


def _text(parts: _Parts) -> tuple[list[str], dict[str, np.ndarray]]:
    """All text values, sorted, and the labels of each part as positions in them."""
    shards = [shard for part in parts.values() for shard in part]
    for shard in shards:
        if not shard.has_text:
            raise ValueError(f"{shard.path} has numbers as labels, {shards[0].path} text")
    names = sorted({name for shard in shards for name in shard.class_names or ()})
    position = {name: k for k, name in enumerate(names)}

    def coded(part: str, shard: Shard) -> np.ndarray:
        codes = shard.labels[shard.rows(part)]
        _refuse_missing(shard, part, len(shard.class_names or ()))
        return np.array([position[n] for n in shard.class_names or ()], dtype=np.int64)[codes]

    return names, {
        part: np.concatenate([coded(part, shard) for shard in shards])
        for part, shards in parts.items()
    }


def _integers(parts: _Parts) -> tuple[tuple[str, ...] | None, dict[str, np.ndarray]]:
    """Class names, which must agree between the shards that have them, and labels of each part."""
    shards = [shard for part in parts.values() for shard in part]
    first = next((shard for shard in shards if shard.class_names is not None), shards[0])
    names = first.class_names
    for shard in shards:
        if shard.has_text:
            raise ValueError(f"{shard.path} has text as labels, {shards[0].path} numbers")
        if shard.class_names not in (None, names):
            raise ValueError(f"{shard.path} and {first.path} name different classes")
    n = np.iinfo(np.int64).max if names is None else len(names)
    for part, of_part in parts.items():
        for shard in of_part:
            _refuse_missing(shard, part, n)
    return names, {
        part: np.concatenate([shard.labels[shard.rows(part)] for shard in of_part])
        for part, of_part in parts.items()
    }


def _refuse_missing(shard: Shard, part: str, n_classes: int) -> None:
    bad = np.zeros(len(shard.labels), dtype=bool)
    rows = shard.rows(part)
    bad[rows] = (shard.labels[rows] < 0) | (shard.labels[rows] >= n_classes)
    refuse(shard.path, shard.label_column, shard.labels, bad, n_classes - 1)


def _refuse_gaps(shard: Shard, used: np.ndarray, names: Sequence[str] | None) -> None:
    """Refuse classes without training examples, before allocating as much as the largest label."""
    n = int(used[-1]) + 1 if names is None else len(names)
    if len(used) == n:
        return
    if names is None:
        span = f"{len(used)} from {used[0]} to {used[-1]}"
        problem, remedy = f"labels must be 0 .. {len(used) - 1}, got {span}", "numbers them from 0"
    else:
        unused = next(k for k in range(n) if k >= len(used) or used[k] != k)
        missing = f"{n - len(used)} of {n} classes, such as {names[unused]!r}"
        problem, remedy = f"no training example of {missing}", "leaves them out"
    raise ValueError(f"{shard.path}: {problem}; used_classes_only: true {remedy}")


def _name(names: Sequence[str] | None, code: int) -> str:
    return str(code) if names is None else as_line(names[code])
