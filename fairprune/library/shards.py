"""A pruned set as Parquet shards in the layout of the Hugging Face hub."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairprune import registry
from fairprune.storage.atomic import atomic_path
from fairprune.storage.canonical import Canonical, read_canonical
from fairprune.storage.examples import read_examples, rows_of

_SHARD_ROWS = 1 << 16
_BATCH_ROWS = 1 << 10  # rows encoded at a time
_GROUP_BYTES = 1 << 26  # size of the rows written together
_HUB = b"huggingface"
_Tables = Callable[[np.ndarray], Iterator[pa.Table]]  # the rows of an index (n,), unchanged


def write_shards(out: Path, data_folder: Path, index: np.ndarray, entry: Mapping[str, Any]) -> None:
    """Write training examples below a folder.

    Parameters
    ----------
    out : path
    data_folder : path
        The canonical form of the data set.
    index : ndarray of shape (n,), int64
        Positions in the training set, ascending.
    entry : mapping
        ``source``, ``root`` and options that the data set was read with; empty if they are not
        known.

    Raises
    ------
    ValueError
        If the source is a table that holds other examples by now.
    """
    canonical = read_canonical(data_folder)
    examples = read_examples(data_folder / "examples.parquet")
    examples = examples.take(rows_of(examples, "train"))
    ids = examples["id"].to_numpy()
    source = _of_source(entry, ids, canonical)
    tables, rows = source or (_of_arrays(examples, canonical), np.arange(len(ids)))

    index = index[np.argsort(rows[index])]  # the source may have been sorted since
    n_shards = max(1, -(-len(index) // _SHARD_ROWS))
    for number, shard in enumerate(np.array_split(index, n_shards)):
        name = f"train-{number:05}-of-{n_shards:05}.parquet"
        with atomic_path(out / "data" / name) as temporary:
            _write(temporary, tables(shard), {"id": ids[shard], "index": shard})


def _write(path: Path, tables: Iterator[pa.Table], added: Mapping[str, np.ndarray]) -> None:
    """Write tables one after another, with further columns."""
    start = 0
    with ExitStack() as files:
        writer = None
        for table in _joined(tables):
            stop = start + len(table)
            columns = {name: pa.array(column[start:stop]) for name, column in added.items()}
            table, start = _with_columns(table, columns), stop
            if writer is None:
                writer = files.enter_context(pq.ParquetWriter(path, table.schema))
            writer.write_table(table.cast(writer.schema))


def _joined(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in fewer tables: each becomes a row group of the file."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(each.nbytes for each in waiting) >= _GROUP_BYTES:
            yield pa.concat_tables(waiting, promote_options="default")
            waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting, promote_options="default")


def _with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The table with the columns that it lacks, added to the hub's metadata too, if any."""
    metadata = dict(table.schema.metadata or {})
    about = json.loads(metadata.get(_HUB, "{}"))
    for name, column in columns.items():
        if name in table.column_names:
            continue
        table = table.append_column(name, column)
        if "features" in about.get("info", {}):
            about["info"]["features"][name] = _value(str(column.type))
    return table.replace_schema_metadata(metadata | ({_HUB: json.dumps(about)} if about else {}))


def _of_source(
    entry: Mapping[str, Any], ids: np.ndarray, canonical: Canonical
) -> tuple[_Tables, np.ndarray] | None:
    """Tables of a source that is a table, and the rows (N,) of all training examples in it."""
    source = registry.load("data", entry["source"]) if entry else None
    if source is None or not hasattr(source, "train_rows"):
        return None
    root = Path(entry["root"]).expanduser()
    published = source.train_rows(root, **registry.source_options(entry))
    rows = published.of(ids, canonical.labels["train"])

    def tables(index: np.ndarray) -> Iterator[pa.Table]:
        chosen = np.zeros(len(published.labels), dtype=bool)
        chosen[rows[index]] = True
        return published.tables(chosen)

    return tables, rows


def _of_arrays(examples: pa.Table, canonical: Canonical) -> _Tables:
    """What the canonical form holds: inputs, labels and groups."""
    kind, inputs = canonical.fingerprint.kind, canonical.checked_images("train")

    def tables(index: np.ndarray) -> Iterator[pa.Table]:
        for start in range(0, len(index), _BATCH_ROWS):
            batch = index[start : start + _BATCH_ROWS]
            rows = examples.take(batch)
            columns = {
                "image" if kind == "images" else kind: _encoded(inputs[batch], kind),
                "label": rows["label"].cast(pa.int64()),
                **({"group": rows["group"]} if "group" in rows.column_names else {}),
            }
            yield pa.table(columns, metadata={_HUB: _described(columns, canonical)})

    return tables


def _encoded(inputs: np.ndarray, kind: str) -> pa.Array:
    """Images (n, H, W, C) as PNG, features or tokens (n, D) as lists."""
    if kind != "images":
        return pa.FixedSizeListArray.from_arrays(pa.array(inputs.ravel()), inputs.shape[1])
    fields = {"bytes": pa.binary(), "path": pa.string()}
    return pa.array([{"bytes": _png(image), "path": None} for image in inputs], pa.struct(fields))


def _png(pixels: np.ndarray) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _described(columns: Mapping[str, Any], canonical: Canonical) -> str:
    """What the hub's ``datasets`` reads: the type of each column, and the names of the classes."""
    kinds: dict[str, Any] = {
        "image": {"_type": "Image"},
        "features": {"feature": _value("float32"), "_type": "Sequence"},
        "tokens": {"feature": _value("int32"), "_type": "Sequence"},
        "label": {"names": list(canonical.class_names), "_type": "ClassLabel"},
        "group": _value("string"),
    }
    return json.dumps({"info": {"features": {name: kinds[name] for name in columns}}})


def _value(dtype: str) -> dict[str, str]:
    return {"dtype": dtype, "_type": "Value"}
