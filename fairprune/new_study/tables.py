"""Find the source that reads a table of features or of texts, and the columns to read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BufferedReader
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from fairprune._text import as_line, shown
from fairprune.data._columns import LABEL_NAMES, ColumnNames, class_labels, is_text, label_column
from fairprune.data._names import files_below, splits_said, visible
from fairprune.data._shards import schema_of
from fairprune.storage.decimals import number_type
from fairprune.storage.outside import is_list, readable_csv, suffix_of

NUMPY = (".npz", ".npy")
SUFFIXES = (".csv", *NUMPY)  # of files that hold no images; Parquet may
_USES = {
    "feature_column": "features",
    "feature_columns": "features",
    "text_column": "texts",
    "label_column": "labels",
    "split_column": "splits",
}
_OPTIONS = ("label_column", "feature_column", "text_column")
_IDS = ("", "id", "index", "unnamed: 0")  # numbers of these names are no features
_PANDAS_INDEX = "__index_level_"  # how pandas names the index of a DataFrame that has no name
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF8 = "save the file as UTF-8, from Latin-1 by `iconv -f LATIN1 -t UTF-8`"


def table_below(path: Path) -> Path | None:
    """The file or folder that a table source reads for a path; None if it holds no such files."""
    if not path.is_dir():
        return path if suffix_of(path) in (*SUFFIXES, ".parquet") else None
    suffixes = {suffix_of(file) for file in visible(path) if file.is_file()}
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
        ``label_column``, ``feature_column`` and ``text_column``; all optional.
    gpu : bool
        Whether texts become tokens, for a transformer, rather than counts of words.

    Raises
    ------
    ValueError
        If there are neither features nor texts, a column is in doubt, or a CSV has a delimiter or
        an encoding that is not read.
    """
    foreign = [name for name in options if name not in _OPTIONS]
    if foreign:
        raise ValueError(f"{', '.join(foreign)}: not for tables of features or texts, as {root}")
    files = [root] if root.is_file() else [path for path in visible(root) if path.is_file()]
    path = _with_all_columns([f for f in files if suffix_of(f) in (*SUFFIXES, ".parquet")])
    suffix = suffix_of(path)
    if suffix in NUMPY:
        return {"source": "features", **options}
    schema, other_encoding = _csv_schema(path) if suffix == ".csv" else (schema_of(path), [])
    split = {}
    if len(files) == 1 and "split" in schema.names and not splits_said(path.stem):
        split = {"split_column": "split"}
    label = options.get("label_column") or _named_label(schema)
    schema = _as_numbers(_without_index(schema))
    names = [name for name in schema.names if name not in (label, *split.values())]

    numbers = [] if "text_column" in options else _numbers(schema, names, label, options)
    inputs: str | list[str]
    if numbers:
        column, source = "feature_columns", "features"
        label = label or _label_beside(path, schema, split)
        inputs = [name for name in numbers if name != label]
        if not inputs:
            raise ValueError(f"{path} has no features or texts beside the labels, {label!r}")
    elif "text_column" not in options and any(_is_vector(schema.field(n).type) for n in names):
        column, source = "feature_column", "features"
        inputs = _chosen(path, schema, names, column, options, "features", _is_vector)
    else:
        column, source = "text_column", "text" if gpu else "ngrams"
        if "text_column" not in options:
            _check_no_features(path, schema, names)
        inputs = _chosen(path, schema, names, column, options, "text", _is_text)
    if label is None:
        known = ColumnNames(image=str(inputs), split=split.get("split_column"))
        label = label_column(path, schema, class_labels(path, schema), known)
    for name in (inputs, label):
        if name in other_encoding:
            raise ValueError(f"{path}: column {name!r} is not text in UTF-8; {_UTF8}")
    return {"source": source, column: inputs, "label_column": label, **split}


def say_columns(entry: Mapping[str, Any]) -> list[str]:
    """List one line that says which columns of a table an entry reads; none for other data.

    Examples
    --------
    >>> say_columns({"source": "text", "text_column": "review", "label_column": "stars"})
    ["columns: 'review' for texts, 'stars' for labels"]
    """
    chosen = [f"{_said(entry[key])} for {use}" for key, use in _USES.items() if key in entry]
    return [f"columns: {', '.join(chosen)}"] if chosen else []


def _with_all_columns(files: list[Path]) -> Path:
    """The first file named for training, as others may lack labels; else the first file."""
    return next((file for file in files if splits_said(file.stem) == {"train"}), files[0])


def _said(columns: str | list[str]) -> str:
    """Columns in a line."""
    return repr(columns) if isinstance(columns, str) else shown([repr(name) for name in columns], 9)


def _numbers(
    schema: pa.Schema, names: list[str], label: str | None, options: Mapping[str, Any]
) -> list[str]:
    """Columns of numbers that are features; the labels may be among them.

    These are the columns asked for, or all if neither vectors nor texts are left beside the labels.
    """
    kinds = {name: schema.field(name).type for name in names}
    if (column := options.get("feature_column")) is not None:
        return [] if column in kinds and _is_vector(kinds[column]) else column.split(",")
    numbers = [
        name for name, kind in kinds.items() if _is_number(kind) and name.lower() not in _IDS
    ]
    n_texts = sum(map(_is_text, kinds.values()))
    if label is None and all(pa.types.is_floating(kinds[name]) for name in numbers):
        n_texts -= 1  # it can only be the labels
    return [] if n_texts > 0 or any(map(_is_vector, kinds.values())) else numbers


def _check_no_features(path: Path, schema: pa.Schema, names: list[str]) -> None:
    """Refuse to choose between columns of texts and of features."""
    numbers = [name for name in names if pa.types.is_floating(schema.field(name).type)]
    texts = [name for name in names if _is_text(schema.field(name).type)]
    if numbers and texts and "text" not in texts:
        raise ValueError(
            f"{path}: set text_column or feature_column: {shown(texts)} may be texts, "
            f"{shown(numbers)} features"
        )


def _label_beside(path: Path, schema: pa.Schema, split: Mapping[str, str]) -> str:
    """The only column that may hold the labels, if each feature has a column of its own."""
    named = class_labels(path, schema)
    free = pa.schema([field for field in schema if field.name.lower() not in _IDS])
    return label_column(path, free, named, ColumnNames(split=split.get("split_column")))


def _chosen(
    path: Path,
    schema: pa.Schema,
    names: list[str],
    column: str,
    options: Mapping[str, Any],
    usual: str,
    fits: Callable[[pa.DataType], bool],
) -> str:
    """The input column: the one given, the one with the usual name, or the only one that fits."""
    if column in options:
        return options[column]
    fitting = [name for name in names if fits(schema.field(name).type)]
    if usual in fitting or len(fitting) == 1:
        return usual if usual in fitting else fitting[0]
    raise ValueError(
        f"{path}: set {column}; columns that may be meant: {shown(fitting, 9) or 'none'}"
    )


def _named_label(schema: pa.Schema) -> str | None:
    """The column with a usual name for labels, if there is exactly one."""
    named = [name for name in schema.names if name.lower() in LABEL_NAMES]
    return named[0] if len(named) == 1 else None


def _without_index(schema: pa.Schema) -> pa.Schema:
    """Leave out the index of a DataFrame: of rows sorted by class it gives the class away."""
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    kept = [f for f in schema if f.name not in index and not f.name.startswith(_PANDAS_INDEX)]
    return pa.schema(kept, schema.metadata)


def _as_numbers(schema: pa.Schema) -> pa.Schema:
    """The columns with the types of numbers that stand for decimals."""
    fields = [field.with_type(number_type(field.type)) for field in schema]
    return pa.schema(fields, schema.metadata)


def _is_text(kind: pa.DataType) -> bool:
    return is_text(kind) and not pa.types.is_boolean(kind)


def _is_number(kind: pa.DataType) -> bool:
    """Whether a type is numeric; booleans count as 0 and 1, as pandas writes categories."""
    tests = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean)
    return any(test(kind) for test in tests)


def _is_vector(kind: pa.DataType) -> bool:
    return is_list(kind) and _is_number(kind.value_type)


def _csv_schema(path: Path) -> tuple[pa.Schema, list[str]]:
    """Names and types of the columns, judged by the first block of rows.

    Columns in another encoding than UTF-8 count as text; the second value names them.
    """
    _check_header(path)
    in_quotes = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with readable_csv(path), pyarrow.csv.open_csv(path, parse_options=in_quotes) as reader:
        schema = reader.schema
    other_encoding = [field.name for field in schema if pa.types.is_binary(field.type)]
    fields = [f.with_type(pa.string()) if f.name in other_encoding else f for f in schema]
    return pa.schema(fields), other_encoding


def _check_header(path: Path) -> None:
    """Refuse a CSV whose first line has an encoding or a delimiter that is not read."""
    with readable_csv(path), BufferedReader(pa.input_stream(path)) as file:
        line = file.readline()
    try:
        header = line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: its header is not text in UTF-8; {_UTF8}") from error
    if "," in header:
        return
    for delimiter, words in _DELIMITERS.items():
        if delimiter in header:
            names = shown([as_line(name) for name in header.split(delimiter)])
            written = f"{path.stem}.parquet"
            raise ValueError(
                f"{path}: its columns {names} are separated by {words}, and commas are read; save "
                "it with commas, or as Parquet: "
                f"pandas.read_csv({path.name!r}, sep={delimiter!r}).to_parquet({written!r})"
            )
