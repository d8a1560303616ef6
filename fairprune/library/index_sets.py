"""Pruned index sets for training code outside the workflow.

``import fairprune`` gives these functions. The storage modules under them, and with them pyarrow,
are imported only when a function is called.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from fairprune._arrays import as_array

if TYPE_CHECKING:
    import pyarrow as pa
    from torch.utils.data import Dataset, Subset

log = logging.getLogger(__name__)

_LABELS = ("label", "labels", "fine_label")  # columns of classes on the Hugging Face hub
_HASH = re.compile(r"[0-9a-f]{16}(-\d+)?")  # an id that is not a file name


def read_kept(path: Path | str) -> pa.Table:
    """The table of an index set.

    Raises
    ------
    ValueError
        If it has other columns, or indices are negative, repeated or out of order.
    """
    from fairprune.storage.tables import PRUNED, read_table

    table = read_table(path, PRUNED)
    if others := set(table.column_names) - set(PRUNED.names):
        raise ValueError(
            f"{path} is no index set: besides {' and '.join(PRUNED.names)} it has the columns "
            f"{', '.join(sorted(others))}"
        )
    index = table["index"].to_numpy()
    if len(index) and (index[0] < 0 or np.any(index[1:] <= index[:-1])):
        raise ValueError(f"{path}: column 'index' must be ascending, without repeats, from 0")
    return table


@overload
def load_pruned(path: Path | str, dataset: None = None) -> np.ndarray: ...


@overload
def load_pruned(path: Path | str, dataset: Dataset[Any]) -> Subset[Any]: ...


def load_pruned(path: Path | str, dataset: Dataset[Any] | None = None) -> Subset[Any] | np.ndarray:
    """The examples that a method keeps.

    Parameters
    ----------
    path : path
        ``results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet``.
    dataset : torch Dataset, optional
        The training set in canonical order. If it has ``targets`` or ``labels``, as torchvision's
        data sets do, or a column ``label``, as Hugging Face's do, these are compared with the
        labels of the index set. If it has ``samples``, as ``ImageFolder`` does, their files are
        compared with those of the training set.

    Returns
    -------
    torch.utils.data.Subset, or ndarray of shape (n,), int64
        The part of ``dataset`` that is kept; without ``dataset``, the kept indices, ascending.

    Raises
    ------
    ValueError
        If the file is not an index set, an index lies outside ``dataset``, or ``dataset`` is a
        stream, or has another length, other files or another order.
    """
    from fairprune.storage.tables import read_metadata

    table = read_kept(path)
    index = table["index"].to_numpy()
    if dataset is None:
        return index

    from torch.utils.data import IterableDataset, Subset

    if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__len__"):
        raise ValueError(
            f"an index set needs a data set with positions, and {type(dataset).__name__} is a "
            "stream; choose its examples by fairprune.load_pruned_ids"
        )
    n = len(dataset)
    metadata = read_metadata(path)
    if "n_examples" not in metadata:
        log.warning("%s does not say how many examples its training set has: not checked", path)
    n_examples = metadata.get("n_examples", n)
    if n != n_examples:
        raise ValueError(
            f"{path} is of a training set of {n_examples} examples; the data set has {n}, so that "
            "an index may mean another example; choose examples by fairprune.load_pruned_ids"
        )
    if len(index) and index.max() >= n:
        raise ValueError(f"{path} keeps index {index.max()}; the data set has {n}")
    _check_files(path, metadata.get("files"), _each(dataset, "samples", "imgs"))
    _check_order(path, _labels_of(dataset), n, index, table["label"].to_numpy())
    return Subset(dataset, index.tolist())


def load_pruned_ids(path: Path | str, examples: Path | str) -> list[str]:
    """Ids of the examples that a method keeps: file names, where the source has them.

    Parameters
    ----------
    path : path
        An index set, as for :func:`load_pruned`.
    examples : path
        ``results/data/{dataset}/examples.parquet`` of its data set.

    Returns
    -------
    list of n str
        In the order of the indices.

    Raises
    ------
    ValueError
        If a file has the wrong contents, or the index set belongs to another data set.
    """
    from fairprune.storage.examples import read_examples, rows_of

    kept = read_kept(path)
    table = read_examples(examples)
    train = rows_of(table, "train")
    index, labels = kept["index"].to_numpy(), table["label"].to_numpy()[train]
    inside = index < len(labels)
    if not inside.all() or not np.array_equal(labels[index], kept["label"].to_numpy()):
        raise ValueError(f"{path} is not an index set of the training set in {examples}")
    return table["id"].to_numpy()[train[index]].tolist()


def files_digest(names: Iterable[str], parts: int = 2) -> str | None:
    """Hexadecimal SHA-256 of the last parts of file names; None for ids that are hashes.

    The class folder and the file name stay the same wherever a data set of files is stored.

    Examples
    --------
    >>> files_digest(["train/cat/0.png"]) == files_digest(["/data/flowers/cat/0.png"])
    True
    """
    names = list(names)
    if all(_HASH.fullmatch(name) for name in names):
        return None
    tails = ("/".join(name.split("/")[-parts:]) for name in names)
    return hashlib.sha256("\0".join(tails).encode()).hexdigest()


def _each(dataset: object, *names: str) -> object:
    """An attribute with a value per example, in order; a ``Subset`` takes it from the whole set."""
    for name in names:
        if hasattr(dataset, name):
            return getattr(dataset, name)
    if not (hasattr(dataset, "dataset") and hasattr(dataset, "indices")):
        return None
    values = _each(dataset.dataset, *names)
    if not hasattr(values, "__getitem__"):
        return None
    return [values[i] for i in dataset.indices]


def _labels_of(dataset: Any) -> object:
    """Targets or labels of a torchvision data set, or Hugging Face's column of labels."""
    columns = getattr(dataset, "column_names", None)
    labels = [name for name in _LABELS if isinstance(columns, list) and name in columns]
    return list(dataset[labels[0]]) if len(labels) == 1 else _each(dataset, "targets", "labels")


def _check_files(path: Path | str, digest: object, samples: object) -> None:
    """Refuse an ``ImageFolder`` or the like whose files are not those of the training set."""
    if not isinstance(digest, str) or not isinstance(samples, Sequence | np.ndarray):
        return
    pairs = Sequence | np.ndarray
    files = [each[0] if isinstance(each, pairs) and len(each) else None for each in samples]
    names = [Path(file).as_posix() for file in files if isinstance(file, str | Path)]
    if len(names) == len(samples) and digest not in (files_digest(names, p) for p in (1, 2)):
        raise ValueError(
            f"{path} is of a training set of other files than the data set's `samples`, or in "
            "another order; choose examples by fairprune.load_pruned_ids"
        )


def _check_order(
    path: Path | str, targets: object, n: int, index: np.ndarray, labels: np.ndarray
) -> None:
    """Refuse targets that cannot be the labels renumbered, refined or merged."""
    if targets is None:
        return
    labelled = as_array("dataset.targets", targets)
    if labelled.ndim != 1:
        return
    if len(labelled) != n:
        raise ValueError(f"{path}: the data set has {n} examples and {len(labelled)} targets")
    numbers = np.unique(labelled[index], return_inverse=True)[1]
    pairs = np.unique(np.stack([numbers, labels]), axis=1).shape[1]
    if pairs > len(np.unique(numbers)) and pairs > len(np.unique(labels)):
        raise ValueError(
            f"{path} has other labels than the data set at its indices: the data set is not in "
            "canonical order; choose its examples by fairprune.load_pruned_ids"
        )
