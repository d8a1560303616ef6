"""Labels of tables: whether there are any, whether they fit the rows, and their classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from fairprune._text import as_line, shown
from fairprune.storage.outside import TableColumns, as_text, needed

Columns = Mapping[str, np.ndarray]
_EMPTY = ("", b"")


def has_no_labels(parts: Mapping[str, Columns], name: str, label_column: str) -> bool:
    """Whether a held-out part has no label at all."""
    columns, train = parts[name], parts["train"]
    if name == "train" or label_column not in columns:
        return name != "train"
    if isinstance(columns, TableColumns):
        column = columns.table[label_column]
        if len(column) and pc.all(column.is_null(nan_is_null=True)).as_py():
            return True
        if column.null_count:
            return False  # it is refused where it is read
    labels = _flat(columns[label_column])
    if labels.ndim != 1 or not len(labels):
        return False  # as above
    if labels.dtype.kind in "OUS":
        return all(label in _EMPTY for label in labels.tolist())
    is_none = labels.dtype.kind in "if" and bool(np.all(labels == -1))
    return is_none and -1 not in _flat(train[label_column]).tolist()


def _flat(labels: np.ndarray) -> np.ndarray:
    """Flatten labels of shape (n, 1), as Keras has them, to (n,)."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels


def check_labels(path: Path, part: str, columns: Columns, label_column: str) -> None:
    """Refuse labels of a file that are not a vector, or contain an empty text.

    Raises
    ------
    ValueError
        Naming the file, and the shape or the row.
    """
    if label_column not in columns:
        return
    labels = _flat(columns[label_column])
    if labels.ndim != 1:
        raise ValueError(
            f"{path}: column {label_column!r} must hold one label for each of the {part} "
            f"examples, shape (n,) or (n, 1), got {labels.shape}; of one-hot labels take argmax, "
            "several labels of one example cannot be read"
        )
    if labels.dtype.kind in "OUS":
        row = next((row for row, label in enumerate(labels.tolist()) if label in _EMPTY), None)
        if row is not None:
            raise ValueError(
                f"{path}: column {label_column!r} is empty in row {row} of the {part} examples"
            )


def check_nulls(path: Path, part: str, columns: Columns, names: Sequence[str]) -> None:
    """Refuse nulls of a file in columns called ``names``; joined tables cannot tell the file.

    Raises
    ------
    ValueError
        Naming the file, the column and the row.
    """
    if not isinstance(columns, TableColumns):
        return
    for name in names:
        if name in columns and columns.table[name].null_count:
            row = pc.index(columns.table[name].is_null(), True).as_py()
            raise ValueError(f"{path}: column {name!r} is null in row {row} of the {part} examples")


def check_lengths(paths: Sequence[Path], part: str, columns: Columns, names: Sequence[str]) -> None:
    """Refuse arrays of different lengths; only those called ``names`` count.

    Raises
    ------
    ValueError
        Naming the files and the lengths.
    """
    if isinstance(columns, TableColumns):
        return
    arrays = {name: columns[name] for name in names if name in columns}
    lengths = {name: len(array) for name, array in arrays.items() if array.ndim}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name!r} has {n}" for name, n in lengths.items())
        where = shown([str(path) for path in paths])
        raise ValueError(f"{where}: the {part} arrays must have one length, but {said}")


def check_any(paths: Sequence[Path], part: str, columns: Columns) -> None:
    """Refuse a part without rows.

    Raises
    ------
    ValueError
        Naming its files.
    """
    table = columns.table if isinstance(columns, TableColumns) else None
    lengths = [table.num_rows] if table is not None else [a.size for a in columns.values()]
    if not any(lengths):
        where = shown([str(path) for path in paths])
        raise ValueError(f"{where}: the {part} split is empty, it has no rows")


def classes(
    parts: Mapping[str, Columns], label_column: str, root: Path
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names of the classes that have training examples, sorted, and the labels of each part.

    Raises
    ------
    ValueError
        If labels are neither whole numbers nor text, or a held-out one does not occur in training.
    """
    values = {name: _flat(needed(part, label_column, root)) for name, part in parts.items()}
    kinds = {"text" if v.dtype.kind in "OUSb" else v.dtype.kind for v in values.values()}
    if not kinds <= {"i", "u"} and kinds != {"text"}:
        got = ", ".join(f"{v.dtype} in {name}" for name, v in values.items())
        raise ValueError(
            f"{root}: column {label_column!r} must hold whole numbers or text alone, got {got}"
        )
    if kinds == {"text"}:
        values = {
            name: as_text(v, f"{root}: column {label_column!r}") for name, v in values.items()
        }
    known = np.unique(values["train"])
    for name, labels_of_part in values.items():
        unknown = np.setdiff1d(labels_of_part, known)
        if len(unknown):
            raise ValueError(
                f"{root}: class {unknown.tolist()[0]!r} has {name} examples and no training example"
            )
    labels = {name: np.searchsorted(known, v).astype(np.int64) for name, v in values.items()}
    return [as_line(str(name)) for name in known], labels
