"""A pruned set as other programs read it: a list of ids, a folder of files, or Parquet.

``ids``
    one id a line, in the order of the index set;
``links``, ``copies``
    the files that the ids name below the source's root, in the same sub-folders, for loaders of
    image folders;
``parquet``
    shards in the layout of the Hugging Face hub, ``data/train-00000-of-00001.parquet``. Of a source
    that is a table, Parquet, CSV or ``.npz``, they hold its rows as they are there, with all
    columns and the schema's metadata; of others, images as PNG, ``label`` with the class names in
    the metadata, and ``group`` where there is one. ``id`` and ``index`` are added, unless the
    source has columns of these names. Any reader of data sets takes it, the source ``parquet`` of
    this package too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from fairprune._validation import check
from fairprune.library.index_sets import load_pruned_ids, read_kept

Form = Literal["ids", "links", "copies", "parquet"]


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
        Of the source, for links, copies and the columns of tables; by default the one that the
        data set was read from.

    Raises
    ------
    ValueError
        If the index set is of another data set, ids are no files below ``root``, or the source
        holds other examples by now.
    """
    from fairprune.library.shards import write_shards
    from fairprune.storage.atomic import write_text
    from fairprune.storage.tables import read_metadata

    pruned, data_folder, out = Path(pruned), Path(data_folder), Path(out)
    check("form", form, Form)
    ids = load_pruned_ids(pruned, data_folder / "examples.parquet")
    if form == "ids":
        write_text(out, "".join(f"{name}\n" for name in ids))
        return
    if out.exists():
        raise ValueError(f"{out} is there already; an export makes a folder of its own")
    entry = dict(read_metadata(data_folder / "examples.parquet").get("entry", {}))
    entry |= {} if root is None else {"root": str(root)}
    if form == "parquet":
        with _whole(out) as temporary:
            write_shards(temporary, data_folder, read_kept(pruned)["index"].to_numpy(), entry)
        return
    if "root" not in entry:
        raise ValueError(f"{form} need the root of the source")
    _place(ids, Path(entry["root"]).expanduser(), out, copy=form == "copies")


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A folder beside ``out`` that takes its name when the block succeeds."""
    temporary = out.with_name(f".{out.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        os.replace(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _place(ids: list[str], root: Path, out: Path, *, copy: bool) -> None:
    """Links to the files, or copies of them, below a folder that appears whole."""
    missing = [name for name in ids if not (root / name).is_file()]
    if missing:
        raise ValueError(
            f"{root} has no file {missing[0]!r}: links and copies are for sources whose ids are "
            "paths, such as image_folder; parquet and ids are for all"
        )
    with _whole(out) as temporary:
        for name in ids:
            target = temporary / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if copy:
                shutil.copy2(root / name, target)
            else:
                target.symlink_to((root / name).resolve())
