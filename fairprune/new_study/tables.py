"""Which source reads a table of features or of texts, and which of its columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from fairprune._text import shown
from fairprune.data._columns import LABEL_NAMES, Columns, class_labels, is_text, label_column
from fairprune.data._names import files_below, splits_said, visible
from fairprune.data._shards import readable

NUMPY = (".npz", ".npy")
SUFFIXES = (".csv", *NUMPY)  # of files that hold no images; Parquet may
_OPTIONS = ("label_column", "feature_column", "text_column")


def table_below(path: Path) -> Path | None:
    """The file or folder that a table source reads for a path; None if it holds no such files."""
    if not path.is_dir():
        return path if path.suffix.lower() in (*SUFFIXES, ".parquet") else None
    suffixes = {file.suffix.lower() for file in visible(path) if file.is_file()}
    if suffixes & set(SUFFIXES):
        return path
    folders = {file.parent for file in files_below(path) if file.suffix.lower() == ".parquet"}
    return folders.pop() if len(folders) == 1 else None


def table_entry(root: Path, options: Mapping[str, Any], *, gpu: bool) -> dict[str, Any]:
    """Source and columns of an entry of ``datasets``, without ``root``.

    Parameters
    ----------
    root : path
        As :func:`table_below` gives it.
    options : mapping
        ``label_column``, ``feature_column`` and ``text_column``, where given.
    gpu : bool
        Whether texts become tokens, for a transformer, rather than counts of words.

    Raises
    ------
    ValueError
        If there are neither features nor texts, or a column is in doubt.
    """
    foreign = [name for name in options if name not in _OPTIONS]
    if foreign:
        raise ValueError(f"{', '.join(foreign)}: not for tables of features or texts, as {root}")
    files = [root] if root.is_file() else [path for path in visible(root) if path.is_file()]
    path = next(f for f in files if f.suffix.lower() in (*SUFFIXES, ".parquet"))
    suffix = path.suffix.lower()
    if suffix in NUMPY:
        return {"source": "features", **options}
    with readable(path):
        schema = pq.read_schema(path) if suffix == ".parquet" else _csv_schema(path)
    split = {}
    if len(files) == 1 and "split" in schema.names and not splits_said(path.stem):
        split = {"split_column": "split"}
    names = [name for name in schema.names if name not in split.values()]

    if "text_column" not in options and any(_is_vector(schema.field(name).type) for name in names):
        column, source = "feature_column", "features"
        inputs = _chosen(path, schema, names, column, options, "features", _is_vector)
    else:
        column, source = "text_column", "text" if gpu else "ngrams"
        taken = options.get("label_column") or _named_label(schema)
        names = [name for name in names if name != taken]
        inputs = _chosen(path, schema, names, column, options, "text", is_text)
    known = Columns(image=inputs, split=split.get("split_column"))
    label = options.get("label_column") or _named_label(schema)
    label = label or label_column(path, schema, class_labels(path, schema), known)
    return {"source": source, column: inputs, "label_column": label, **split}


def _chosen(
    path: Path,
    schema: pa.Schema,
    names: list[str],
    column: str,
    options: Mapping[str, Any],
    usual: str,
    fits: Callable[[pa.DataType], bool],
) -> str:
    """The column of inputs: given, the only one of its type, or the usual name."""
    if column in options:
        return options[column]
    found = [name for name in names if fits(schema.field(name).type)]
    if usual in found or len(found) == 1:
        return usual if usual in found else found[0]
    raise ValueError(
        f"{path}: set {column}; columns that may be meant: {shown(found, 9) or 'none'}"
    )


def _named_label(schema: pa.Schema) -> str | None:
    """The column that is called like one of labels, if there is one such."""
    found = [name for name in schema.names if name.lower() in LABEL_NAMES]
    return found[0] if len(found) == 1 else None


def _is_vector(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)
    return is_list and (
        pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)
    )


def _csv_schema(path: Path) -> pa.Schema:
    """Names and types of the columns, as the first block of rows has them."""
    in_quotes = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=in_quotes) as reader:
        return reader.schema
