"""A pruned set as other programs read it: a list of ids, a folder of files, or Parquet.

``ids``
    one id a line, in the order of the index set;
``links``, ``copies``
    the files that the ids name below the source's root, in the same sub-folders, for loaders of
    image folders;
``parquet``
    shards in the layout of the Hugging Face hub, ``data/train-00000-of-00001.parquet``: images as
    PNG, or features or tokens as lists; ``label`` with the class names in the schema's metadata,
    ``id``, ``index``, and ``group`` where there is one. Any reader of data sets takes it, the
    source ``parquet`` of this package too.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fairprune._validation import check
from fairprune.library.index_sets import load_pruned_ids, read_kept

if TYPE_CHECKING:
    import pyarrow as pa

    from fairprune.storage.canonical import Canonical

Form = Literal["ids", "links", "copies", "parquet"]
_SHARD_ROWS = 1 << 16


def export(
    pruned: Path | str,
    data_folder: Path | str,
    out: Path | str,
    *,
    form: Form,
    root: Path | str | None = None,
) -> None:
    """Write a pruned set in one of the forms.

    Parameters
    ----------
    pruned : path
        An index set of the workflow.
    data_folder : path
        ``results/data/{dataset}`` of its data set.
    out : path
        A file for ``ids``, a folder for the other forms, which must not be there.
    form : {"ids", "links", "copies", "parquet"}
    root : path, optional
        Of the source, for links and copies.

    Raises
    ------
    ValueError
        If the index set is of another data set, or ids are no files below ``root``.
    """
    from fairprune.storage.atomic import write_text

    pruned, data_folder, out = Path(pruned), Path(data_folder), Path(out)
    check("form", form, Form)
    ids = load_pruned_ids(pruned, data_folder / "examples.parquet")
    if form == "ids":
        write_text(out, "".join(f"{name}\n" for name in ids))
        return
    if out.exists():
        raise ValueError(f"{out} is there already; an export makes a folder of its own")
    if form == "parquet":
        _write_shards(pruned, data_folder, out, ids)
        return
    if root is None:
        raise ValueError(f"{form} need the root of the source")
    _place(ids, Path(root).expanduser(), out, copy=form == "copies")


def _place(ids: list[str], root: Path, out: Path, *, copy: bool) -> None:
    """Links to the files, or copies of them, below a folder that appears whole."""
    missing = [name for name in ids if not (root / name).is_file()]
    if missing:
        raise ValueError(
            f"{root} has no file {missing[0]!r}: links and copies are for sources whose ids are "
            "paths, such as image_folder; parquet and ids are for all"
        )
    temporary = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    for name in ids:
        target = temporary / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if copy:
            shutil.copy2(root / name, target)
        else:
            target.symlink_to((root / name).resolve())
    os.replace(temporary, out)


def _write_shards(pruned: Path, data_folder: Path, out: Path, ids: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from fairprune.storage.atomic import atomic_path
    from fairprune.storage.canonical import read_canonical
    from fairprune.storage.examples import read_examples, rows_of

    canonical, kept = read_canonical(data_folder), read_kept(pruned)
    inputs, index = canonical.checked_images("train"), kept["index"].to_numpy()
    columns: dict[str, Any] = {"label": kept["label"].to_numpy().astype(np.int64), "id": ids}
    columns["index"] = index
    examples = read_examples(data_folder / "examples.parquet")
    if "group" in examples.column_names:
        rows = rows_of(data_folder / "examples.parquet", examples, "train")[index]
        columns["group"] = examples["group"].to_numpy()[rows].tolist()

    n_shards = max(1, -(-len(ids) // _SHARD_ROWS))
    for number, part in enumerate(np.array_split(np.arange(len(ids)), n_shards)):
        chosen = {name: [column[i] for i in part] for name, column in columns.items()}
        name, values = _inputs(inputs, index[part], canonical.fingerprint.kind)
        table = pa.table({name: values, **chosen})
        table = table.replace_schema_metadata(_metadata(table, name, canonical))
        path = out / "data" / f"train-{number:05}-of-{n_shards:05}.parquet"
        with atomic_path(path) as temporary:
            pq.write_table(table, temporary)


def _inputs(inputs: np.ndarray, index: np.ndarray, kind: str) -> tuple[str, pa.Array]:
    import pyarrow as pa

    if kind == "images":
        encoded = [{"bytes": png, "path": None} for png in _pngs(inputs, index)]
        fields = {"bytes": pa.binary(), "path": pa.string()}
        return "image", pa.array(encoded, pa.struct(fields))
    flat = pa.array(inputs[index].ravel())
    return kind, pa.FixedSizeListArray.from_arrays(flat, inputs.shape[1])


def _pngs(inputs: np.ndarray, index: np.ndarray) -> Iterator[bytes]:
    from PIL import Image

    for i in index:
        pixels = inputs[i]
        file = io.BytesIO()
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
        yield file.getvalue()


def _metadata(table: pa.Table, name: str, canonical: Canonical) -> dict[str, str]:
    """What the hub's ``datasets`` reads: the type of each column, and the names of the classes."""
    classes = {"names": list(canonical.class_names), "_type": "ClassLabel"}
    kinds: dict[str, Any] = {
        "image": {"_type": "Image"},
        "features": {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "Sequence"},
        "tokens": {"feature": {"dtype": "int32", "_type": "Value"}, "_type": "Sequence"},
        "label": classes,
        "index": {"dtype": "int64", "_type": "Value"},
    }
    text = {"dtype": "string", "_type": "Value"}
    features = {column: kinds.get(column, text) for column in table.column_names}
    return {"huggingface": json.dumps({"info": {"features": features}})}
