"""Stage: what comes from files of the user's own: scores, embeddings to score, classes' quotas.

Nothing here trains. Rows are joined by key (:mod:`fairprune.storage.outside`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fairprune import registry
from fairprune.seeds import numpy_generator
from fairprune.stages.inputs import Examples, IndexSet, as_scores, read_index_set
from fairprune.storage.outside import by_class, joined
from fairprune.storage.tables import MEAN_SCORE, write_table

_WEIGHTS = ("quota", "class_density", "weight")  # columns that say how much of a class is kept


@dataclass(frozen=True)
class Space:
    """What a score sees of a query, where its embeddings come from a file.

    Attributes
    ----------
    labels : ndarray of shape (N,), int64
    n_classes : int
    embeddings : ndarray of shape (N, D), float32
    name : str
        Of the score, for its random streams.
    """

    labels: np.ndarray
    n_classes: int
    embeddings: np.ndarray
    name: str

    def generator(self, name: str) -> np.random.Generator:
        """Seeded NumPy generator for one purpose of a score."""
        return numpy_generator("score", self.name, name)


def write_outside_score(
    table: Path,
    *,
    file: Path,
    examples: Path,
    training_set: Path,
    score: str,
    entry: Mapping[str, Any],
) -> None:
    """Write a score that a file holds, or that is computed on the embeddings in a file.

    Parameters
    ----------
    table : path
        As an average over one seed.
    file : path
    examples, training_set : path
    score : str
        Its name.
    entry : mapping
        ``key`` and ``column`` of the file; ``embeddings`` says that the column holds these, and
        then ``definition`` and ``options`` what is computed on them.

    Raises
    ------
    ValueError
        If the file lacks a training example, names one twice, or holds no finite number for it; or
        if what is computed is not one finite number per example, in float32.
    """
    known = Examples.read(examples)
    chosen = read_index_set(training_set, known.parts("class").labels["train"])
    keys = chosen.index if entry["key"] == "index" else known.ids[chosen.index]
    values = joined(file, keys, key=entry["key"], column=entry["column"])
    if "embeddings" in entry:
        values = _scored(values, chosen, len(known.class_names), score, entry, file)
    elif values.ndim != 1:
        raise ValueError(f"{file}: column {entry['column']!r} must hold one number an example")
    columns = {
        "index": chosen.index,
        "label": chosen.labels,
        "score": as_scores(score, values, chosen),
        "score_std": np.zeros(len(chosen.index), np.float32),
        "n_seeds": np.ones(len(chosen.index), np.int32),
    }
    write_table(table, columns, schema=MEAN_SCORE, metadata={"entry": {"score": score, **entry}})


def _scored(
    embeddings: np.ndarray,
    chosen: IndexSet,
    n_classes: int,
    score: str,
    entry: Mapping[str, Any],
    file: Path,
) -> Any:
    """What the module of a score gives for embeddings."""
    if embeddings.ndim != 2:
        raise ValueError(f"{file}: column {entry['column']!r} must hold a list an example")
    space = Space(chosen.labels, n_classes, embeddings.astype(np.float32), score)
    module = registry.load("scores", entry["definition"])
    return module.score(space, **entry["options"])


def class_evidence(
    file: Path, names: Sequence[str], counts: np.ndarray, density: float, n_keep: int
) -> dict[str, Any]:
    """What quota rules may declare, from a file with one row a class (or group).

    Parameters
    ----------
    file : path
        With the column ``recall``, null or NaN for a class without validation examples, and
        ``n_validation`` where it is known; or with ``quota``,
        ``class_density`` or ``weight``.
    names : sequence of K str
    counts : ndarray of shape (K,), int64
        Training examples.
    density, n_keep
        What is kept in all.

    Returns
    -------
    dict
        ``recall`` and ``tries``, or ``weight``, each (K,).

    Raises
    ------
    ValueError
        If the file holds none of these, a recall is not in [0, 1], a number of validation examples
        is negative, or quotas do not fit the density.
    """
    columns = by_class(file, names, density, ("recall", "n_validation", *_WEIGHTS))
    if "recall" in columns:
        tries = columns.get("n_validation", np.zeros(len(names), np.int64))
        if (wrong := ~(tries >= 0)).any():
            k = int(np.argmax(wrong))
            raise ValueError(f"{file}: n_validation of class {k} must not be negative: {tries[k]}")
        recall = columns["recall"].astype(np.float64)
        if (wrong := (recall < 0) | (recall > 1)).any():
            k = int(np.argmax(wrong))
            raise ValueError(
                f"{file}: recall of class {names[k]!r} must be in [0, 1], got {recall[k]:g}"
            )
        return {"recall": recall, "tries": tries}
    for name in _WEIGHTS:
        if name in columns:
            return {"weight": _weight(file, name, columns[name], counts, density, n_keep)}
    raise ValueError(f"{file}: no column recall, quota, class_density or weight")


def _weight(
    file: Path, name: str, values: np.ndarray, counts: np.ndarray, density: float, n_keep: int
) -> np.ndarray:
    """Class densities that the file says, or weights that they are proportional to."""
    values = values.astype(np.float64)
    if name == "weight":
        return values
    sizes = values if name == "quota" else values * counts
    over = sizes > counts + 1e-6
    if over.any():
        k = int(np.argmax(over))
        raise ValueError(f"{file}: {name} of class {k} keeps {sizes[k]:g} of {counts[k]} examples")
    if abs(sizes.sum() - n_keep) > (1e-6 if name == "quota" else 1):
        raise ValueError(
            f"{file}: the {name} column keeps {sizes.sum():g} examples, density {density:g} keeps "
            f"{n_keep}; a column `weight` is scaled to any density"
        )
    return np.divide(sizes, counts, out=np.zeros(len(counts)), where=counts > 0)
