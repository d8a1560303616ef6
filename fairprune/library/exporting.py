"""A pruned set as other programs read it: a list of ids, a folder of files, or Parquet.

``ids``
    one id per line, in the order of the index set;
``links``, ``copies``
    the files that the ids name below the source's root, in the same sub-folders, for loaders of
    image folders;
``parquet``
    shards in the layout of the Hugging Face hub, ``data/train-00000-of-00001.parquet``. If the
    source is a table (Parquet, CSV or ``.npz``), they hold its rows unchanged, with all columns and
    the schema's metadata. For other sources they hold images as PNG, ``label`` with the class names
    in the metadata, and ``group`` where there is one. The columns ``id`` and ``index`` are added,
    unless the source has columns of these names. Any reader of data sets can read the shards, and
    so can the source ``parquet`` of this package.
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
        A file for ``ids``; for the other forms a folder, which must not exist yet.
    form : {"ids", "links", "copies", "parquet"}
    root : path, optional
        Root of the source, for links, copies and the columns of tables; by default the root that
        the data set was read from.

    Raises
    ------
    ValueError
        If the index set belongs to another data set, an id is not a file below ``root``, or the
        source holds other examples by now.
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
    """Links to the files, or copies of them, in a folder that appears only once complete."""
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
