"""Tables of examples that are not images: files for each split, or one file to be split.

A root is a file, or a folder in which file names say the split (``train.parquet``,
``reviews_test.csv``). Files are Parquet, CSV, ``.npz`` with an array per column, or ``x_train.npy``
and ``y_train.npy``; one ``.npz`` may hold ``x_train``, ``y_train``, ``x_test`` and so on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairprune._text import is_line, shown
from fairprune.data._names import SPLIT_OF, expanded, splits_said, visible
from fairprune.data._rows import Rows
from fairprune.data._series import check_one
from fairprune.data._splits import held_out_as_test
from fairprune.data._table_labels import (
    Columns,
    check_any,
    check_labels,
    check_lengths,
    check_nulls,
    classes,
    has_no_labels,
)
from fairprune.storage.outside import (
    TableColumns,
    as_text,
    has_leading_zeros,
    is_text,
    needed,
    read_columns,
    suffix_of,
)

log = logging.getLogger(__name__)

_TABLES = (".parquet", ".csv")
_SUFFIXES = (*_TABLES, ".npz", ".npy")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_NUMPY = re.compile(f"([xy])_({'|'.join(SPLIT_OF)})", re.IGNORECASE | re.ASCII)
_LETTERS = {"x": "features", "y": "label"}


def files(root: Path, **_options: object) -> list[Path]:
    """Files that are read, sorted by name.

    Raises
    ------
    ValueError
        If there are none.
    """
    root = expanded(root)
    paths = [root] if root.is_file() else visible(root)
    tables = [path for path in paths if suffix_of(path) in _SUFFIXES]
    if not tables:
        packed = [path.name for path in paths if path.suffix.lower() in _PACKED]
        hint = f"; unpack {shown(packed)}" if packed else ""
        raise ValueError(f"{root} has no file that ends with {', '.join(_SUFFIXES)}{hint}")
    return tables


def read_parts(
    root: Path,
    input_columns: Sequence[str],
    label_column: str,
    id_column: str | None,
    split_column: str | None,
) -> dict[str, Columns]:
    """Columns of each published part; all under ``train`` if nothing names a split.

    Ids in a CSV are read as text, exactly as written. So are labels if a number has leading zeros
    or another file's labels are text. A held-out part without labels (no such column, null, empty
    text, or -1 if no training example has it) is left out with a warning.

    Raises
    ------
    ValueError
        If a file does not name exactly one split, there are no training examples, a label is
        empty, or labels do not fit the rows.
    """
    paths = files(root)
    if split_column is None:
        _check_one_set(root, paths)
    as_written = {id_column} if id_column else set()
    if any(has_leading_zeros(p, label_column) for p in paths if suffix_of(p) == ".csv"):
        as_written.add(label_column)

    parts = _parts(paths, as_written, split_column)
    if label_column not in as_written and _is_mixed(parts, label_column):
        parts = _parts(paths, {*as_written, label_column}, split_column)
    joined = {name: _joined(name, pairs) for name, pairs in parts.items()}
    if "train" not in joined:
        raise ValueError(f"{root} has no training examples, but {shown(sorted(joined), 9)}")
    for name in [name for name in joined if has_no_labels(joined, name, label_column)]:
        log.warning("%s: the %s examples have no %r, and are left out", root, name, label_column)
        del joined[name]

    used = [*input_columns, label_column, *([id_column] if id_column else [])]
    for name, columns in joined.items():
        for path, piece in parts[name]:
            check_nulls(path, name, piece, used)
            check_labels(path, name, piece, label_column)
            check_lengths([path], name, piece, used)
        of_part = [path for path, _ in parts[name]]
        check_any(of_part, name, columns)
        check_lengths(of_part, name, columns, used)
    return held_out_as_test(joined)


def _parts(
    paths: list[Path], as_written: Collection[str], split_column: str | None
) -> dict[str, list[tuple[Path, Columns]]]:
    """The files of each published part, with their columns."""
    parts: dict[str, list[tuple[Path, Columns]]] = {}
    for path in paths:
        columns_of = _read(path, as_written, alone=len(paths) == 1, split_column=split_column)
        for name, columns in columns_of.items():
            parts.setdefault(name, []).append((path, columns))
    return parts


def _is_mixed(parts: Mapping[str, list[tuple[Path, Columns]]], label_column: str) -> bool:
    """Whether labels are text in one table but not in another."""
    pieces = [piece for pairs in parts.values() for _, piece in pairs]
    tables = [each.table for each in pieces if isinstance(each, TableColumns)]
    columns = [table[label_column] for table in tables if label_column in table.column_names]
    return len({is_text(labels.type) for labels in columns if not _are_none(labels)}) > 1


def _are_none(labels: pa.ChunkedArray) -> bool:
    """Whether labels are all null or -1."""
    kind = labels.type
    if pa.types.is_signed_integer(kind) or pa.types.is_floating(kind):
        return pc.all(pc.equal(labels, -1)).as_py() is not False
    return pa.types.is_null(kind)


def _check_one_set(root: Path, paths: list[Path]) -> None:
    """Refuse tables of one split that are not shards of one data set."""
    tables: dict[str, list[Path]] = {}
    for path in paths:
        if suffix_of(path) in _TABLES and len(said := splits_said(path.stem)) == 1:
            tables.setdefault(said.pop(), []).append(path)
    check_one(expanded(root), tables)


def _read(
    path: Path, as_written: Collection[str], *, alone: bool, split_column: str | None
) -> dict[str, Columns]:
    if path.suffix.lower() == ".npy":
        return _by_letters({path.stem: _load(path)}, path)
    columns = read_columns(path, as_written)
    if any(_NUMPY.fullmatch(name) for name in columns):
        return _by_letters(columns, path)
    if split_column is not None:
        says = as_text(needed(columns, split_column, path), path)
        meant = {word: _split(word, path) for word in np.unique(says)}
        splits = np.array([meant[word] for word in says.tolist()])
        return {name: _rows(columns, splits == name) for name in sorted({*meant.values()})}
    said = splits_said(path.stem)
    if not said and alone:
        return {"train": columns}
    if len(said) != 1:
        raise ValueError(
            f"{path}: the name must say one of train, validation and test; "
            "what is no part of the data set has to lie elsewhere"
        )
    return {said.pop(): columns}


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)  # mapping checks the size it claims
    except Exception as error:  # numpy parses the header as Python and raises what that raises
        raise ValueError(f"{path} is not a readable .npy: {error}") from error


def _by_letters(arrays: Mapping[str, np.ndarray], path: Path) -> dict[str, Columns]:
    """Columns of each split, from arrays called like ``x_train``: the letter gives the column."""
    parts: dict[str, dict[str, np.ndarray]] = {}
    names: dict[tuple[str, str], str] = {}
    for name, array in arrays.items():
        said = _NUMPY.fullmatch(name)
        if said is None:
            raise ValueError(f"{path}: an array must be called like x_train, got {name!r}")
        split, column = SPLIT_OF[said[2].lower()], _LETTERS[said[1].lower()]
        if (other := names.setdefault((split, column), name)) != name:
            raise ValueError(
                f"{path}: the arrays {other!r} and {name!r} are both for {column!r} of the {split} "
                "split; keep one, or join them"
            )
        parts.setdefault(split, {})[column] = array
    return dict(parts)


def _split(text: str, path: Path) -> str:
    said = splits_said(text)
    if len(said) != 1:
        raise ValueError(f"{path}: a split must be train, validation or test, got {text!r}")
    return said.pop()


def _rows(columns: Columns, chosen: np.ndarray) -> Columns:
    if isinstance(columns, TableColumns):
        return replace(columns, table=columns.table.filter(chosen))
    return {name: column[chosen] for name, column in columns.items()}


def _joined(part: str, pairs: list[tuple[Path, Columns]]) -> Columns:
    """Join a part's files: shards by rows, ``x_train.npy`` and ``y_train.npy`` by columns."""
    pieces = [piece for _, piece in pairs]
    if len(pieces) == 1:
        return pieces[0]
    names = [set(piece) for piece in pieces]
    if not set.intersection(*names):
        return _beside(part, pairs)
    for (path, _), each in zip(pairs, names, strict=True):
        if odd := sorted(each ^ names[0]):
            raise ValueError(
                f"{pairs[0][0]} and {path} have different columns for the {part} split: only one "
                f"of them has {', '.join(map(repr, odd))}"
            )
    tables = [piece for piece in pieces if isinstance(piece, TableColumns)]
    if len(tables) < len(pieces):
        return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    how = {"promote_options": "permissive"}
    try:
        table = pa.concat_tables([each.table for each in tables], **how)
        schema = pa.unify_schemas([each.schema for each in tables], **how)
    except pa.ArrowException as error:
        raise ValueError(f"{tables[0].path} and {tables[1].path}: {error}") from error
    return TableColumns(tables[0].path, table, schema)


def _beside(part: str, pairs: list[tuple[Path, Columns]]) -> Columns:
    """Columns of several files; each column must be in only one of them."""
    files: dict[str, Path] = {}
    for path, piece in pairs:
        for name in piece:
            if (other := files.setdefault(name, path)) != path:
                raise ValueError(
                    f"{other} and {path} are both for {name!r} of the {part} split; keep one, or "
                    "join them"
                )
    return {name: column for _, piece in pairs for name, column in piece.items()}


def ids_of(
    columns: Mapping[str, np.ndarray], id_column: str | None, root: Path
) -> list[str] | None:
    """Ids of a part, if a column has them; each must fit in one line of a list of ids."""
    if id_column is None:
        return None
    ids = as_text(needed(columns, id_column, root), root).tolist()
    wrong = next((name for name in ids if not is_line(name)), None)
    if wrong is not None:
        raise ValueError(f"{root}: column {id_column!r} must hold lines of text, got {wrong!r}")
    return ids


def train_rows(
    root: Path,
    input_columns: Sequence[str],
    label_column: str,
    id_column: str | None,
    split_column: str | None,
    ids: Callable[[Columns, np.ndarray], list[str]],
) -> Rows:
    """The training rows with all of their columns; ``ids`` computes ids from columns and labels."""
    parts = read_parts(root, input_columns, label_column, id_column, split_column)
    labels = classes(parts, label_column, root)[1]["train"]
    columns = parts["train"]
    if isinstance(columns, TableColumns):
        table, schema = columns.table, columns.schema
    else:
        table = pa.table({name: _as_arrow(column) for name, column in columns.items()})
        schema = table.schema
    return Rows(
        labels,
        lambda: ids(columns, labels),
        lambda chosen: iter([table.filter(chosen).cast(schema)]),
    )


def _as_arrow(column: np.ndarray) -> pa.Array:
    """Convert a column (n,), or one of vectors (n, D), to Arrow."""
    if column.ndim == 1:
        return pa.array(column)
    width = int(np.prod(column.shape[1:]))
    return pa.FixedSizeListArray.from_arrays(pa.array(column.ravel()), width)
