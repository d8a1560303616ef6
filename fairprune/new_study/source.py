"""Which source reads a path, with which options: an entry for ``datasets``."""

from __future__ import annotations

import glob
import io
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

from fairprune.data import image_folder
from fairprune.data._archive import Archive, Folder
from fairprune.data._images import FORMATS, Encoded
from fairprune.data._shards import Shard, open_shard
from fairprune.data.parquet import TEST, TRAIN
from fairprune.data.tiny_imagenet import TOP

Entry = dict[str, Any]

# What a folder holds that an official source reads.
_OFFICIAL = {
    "cifar10": ("cifar-10-python.tar.gz", "cifar-10-batches-py"),
    "cifar100": ("cifar-100-python.tar.gz", "cifar-100-python"),
    "fashion_mnist": ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
    "tiny_imagenet": ("tiny-imagenet-200.zip", "wnids.txt", f"{TOP}/wnids.txt"),
}
_PREFIXES = {"train": "train", "test": "test", "validation": "val"}
_GLOBS = ("**/{}*.parquet", "**/{}*/*.parquet")
_DEFAULTS = {"train": TRAIN, "test": TEST}
_SPLIT_COLUMN = "split"
_LOOKED_AT = 10_000  # images whose size is read to see whether sizes differ


def find_source(path: Path, columns: dict[str, str]) -> Entry:
    """Entry of ``datasets`` for a path, without ``image_size``.

    Parameters
    ----------
    path : path
        A folder of images, a Parquet file, a folder of Parquet files, the archive of Tiny
        ImageNet, or a folder of official files.
    columns : dict
        ``image_column``, ``label_column``, ``group_column`` of a Parquet source, where given.

    Raises
    ------
    ValueError
        If no source reads the path, or columns are given where there are none or are in doubt.
    """
    if not path.exists():
        raise ValueError(f"there is no {path}")
    if path.suffix == ".parquet" or (path.is_dir() and any(_visible(path, "**/*.parquet"))):
        return _parquet(path, columns)
    if columns:
        raise ValueError(f"{', '.join(columns)}: only a Parquet source has columns, not {path}")

    if path.suffix == ".zip":
        return {"source": "tiny_imagenet", "root": _written(path), "download": False}
    if not path.is_dir():
        raise ValueError(
            f"{path} is no source of images: expected a folder with one subfolder of images per "
            "class, a Parquet file or a folder of them, or an archive like tiny-imagenet-200.zip"
        )
    for source, names in _OFFICIAL.items():
        if any((path / name).exists() for name in names):
            return {"source": source, "root": _written(path), "download": False}
    return {"source": "image_folder", "root": _written(path)}


def image_sizes(entry: Entry) -> Counter[tuple[int, int]]:
    """How many of the first 10,000 images have which width and height; empty if not asked for.

    Official sets other than Tiny ImageNet have one size, and are not looked at.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    for item in islice(_encoded(entry), _LOOKED_AT):
        try:
            with Image.open(io.BytesIO(item.read()), formats=FORMATS) as image:
                sizes[image.size] += 1
        except Exception as error:  # as the source itself will say when it decodes
            raise ValueError(f"{item.name} is not a readable image: {error}") from error
    return sizes


def _encoded(entry: Entry) -> Iterator[Encoded]:
    """The images of a source, encoded."""
    root = Path(entry["root"])
    if entry["source"] == "image_folder":
        for path in image_folder.files(root):
            yield Encoded(str(path), path.read_bytes)
    elif entry["source"] == "tiny_imagenet":
        files = _tiny_imagenet(root)
        for name in sorted(n for n in files.names if n.startswith("train/") and "/images/" in n):
            yield Encoded(files.describe(name), partial(files.read, name))
    elif entry["source"] == "parquet":
        for path in _shard_paths(entry):
            yield from _open(path, entry).images("train")


def _tiny_imagenet(root: Path) -> Folder | Archive:
    if root.is_file():
        return Archive(root, TOP)
    if (root / f"{TOP}.zip").exists():
        return Archive(root / f"{TOP}.zip", TOP)
    return Folder(root if (root / "wnids.txt").exists() else root / TOP)


def _parquet(path: Path, columns: dict[str, str]) -> Entry:
    parts: dict[str, str | None] = {"train": glob.escape(path.name), "test": None}
    root = path.parent
    if path.is_dir():
        root, parts = path, _parts(path)
    options = {part: pattern for part, pattern in parts.items() if pattern != _DEFAULTS.get(part)}
    entry = {"source": "parquet", "root": _written(root), **options, **columns}
    first = _open(_shard_paths(entry)[0], entry)
    if parts["test"] is None and _SPLIT_COLUMN in pq.read_schema(first.path).names:
        del entry["test"]
        entry["split_column"] = _SPLIT_COLUMN
    return entry


def _parts(root: Path) -> dict[str, str | None]:
    """Globs of the published parts; one for all files where none is called ``train``."""
    for shape in _GLOBS:
        globs = {part: shape.format(prefix) for part, prefix in _PREFIXES.items()}
        there = {part: pattern for part, pattern in globs.items() if any(_visible(root, pattern))}
        if "train" in there:
            test = there.get("test") or there.pop("validation", None)
            return {**there, "test": test}
    return {"train": "**/*.parquet", "test": None}


def _shard_paths(entry: Entry) -> list[Path]:
    return list(_visible(Path(entry["root"]), entry.get("train", TRAIN)))


def _open(path: Path, entry: Entry) -> Shard:
    """A shard, of the columns that were named or that its source takes."""
    columns = (entry.get(key) for key in ("image_column", "label_column", "group_column"))
    try:
        return open_shard(path, *columns)
    except ValueError as error:
        hint = "; IMAGE, LABEL and GROUP name columns" if "set " in str(error) else ""
        raise ValueError(f"{error}{hint}") from error


def _visible(root: Path, pattern: str) -> Iterator[Path]:
    """Files that a glob matches, by name, without hidden ones."""
    for path in sorted(root.glob(pattern)):
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(root).parts):
            yield path


def _written(path: Path) -> str:
    """As the configuration names a path: relative to the project where it lies inside."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
