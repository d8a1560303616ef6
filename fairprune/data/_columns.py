"""Find the columns of images and labels in a Parquet file, and the names of the classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from fairprune._text import problem, shown

LABEL_NAMES = ("label", "labels", "class", "category", "target")


class ColumnNames(NamedTuple):
    """Names of the columns to read; None for those not known."""

    image: str | None = None
    label: str | None = None
    group: str | None = None
    split: str | None = None


def class_labels(path: Path, schema: pa.Schema) -> dict[str, tuple[str, ...] | None]:
    """Class names (or None) of each column of class labels in the Hugging Face metadata."""
    stored = (schema.metadata or {}).get(b"huggingface")
    if stored is None:
        return {}
    try:
        metadata = json.loads(stored)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: unreadable 'huggingface' metadata: {problem(error)}") from error
    for key in ("info", "features"):
        metadata = metadata.get(key) if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict):
        return {}
    labels = {
        column: entry.get("names")
        for column, entry in metadata.items()
        if isinstance(entry, dict) and entry.get("_type") == "ClassLabel"
    }
    return {k: tuple(map(str, v)) if v and isinstance(v, list) else None for k, v in labels.items()}


def has_images(schema: pa.Schema) -> bool:
    """Whether any column may hold images."""
    return any(_holds_bytes(field.type) for field in schema)


def image_column(path: Path, schema: pa.Schema, name: str | None) -> str:
    """Name of the image column: ``name``, or ``image`` or ``img``; its type must hold bytes."""
    if name is None:
        name = next((n for n in ("image", "img") if n in schema.names), None)
        if name is None:
            raise ValueError(
                f"{path}: no column 'image' or 'img'; set image_column to one of "
                f"{shown(schema.names, 9)}"
            )
    kind = needed(path, schema, name)
    if not _holds_bytes(kind):
        raise ValueError(
            f"{path}: column {name!r} is {kind}, expected binary or a struct with binary 'bytes'"
        )
    return name


def label_column(
    path: Path, schema: pa.Schema, features: dict[str, Any], known: ColumnNames
) -> str:
    """Name of the label column, if exactly one column may be meant."""
    free = [f for f in schema if f.name not in (known.group, known.split, known.image)]
    text = [f.name for f in free if is_text(f.type)]
    integers = [f.name for f in free if pa.types.is_integer(_values(f.type))]
    candidates = (
        [f.name for f in free if f.name in features]
        or [f.name for f in free if f.name in integers or f.name.lower() in LABEL_NAMES]
        or text
    )
    if len(set(candidates)) != 1:
        raise ValueError(
            f"{path}: set label_column; columns that may be meant: {shown(candidates, 9) or 'none'}"
        )
    return candidates[0]


def needed(path: Path, schema: pa.Schema, name: str) -> pa.DataType:
    """Type of a column, which must exist exactly once."""
    if (times := schema.names.count(name)) != 1:
        problem = f"{times} columns are called {name!r}" if times else f"no column {name!r}"
        raise ValueError(f"{path}: {problem}; it has {shown(schema.names, 9)}")
    return schema.field(name).type


def check_type(path: Path, column: str, kind: pa.DataType) -> None:
    """Refuse a column of labels, groups or splits with the wrong type, before it is read."""
    if not (is_text(kind) or pa.types.is_integer(_values(kind))):
        raise ValueError(f"{path}: column {column!r} is {kind}, expected integers or text")


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are treated as text; booleans are."""
    kind = _values(kind)
    return kind in (pa.string(), pa.large_string(), pa.string_view(), pa.bool_())


def _values(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _holds_bytes(kind: pa.DataType) -> bool:
    inner = {f.name: f.type for f in kind}.get("bytes") if pa.types.is_struct(kind) else kind
    return inner in (pa.binary(), pa.large_binary(), pa.binary_view())
