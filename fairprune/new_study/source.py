"""Find the source that reads a path, and its options: an entry for ``datasets``."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from fairprune import registry
from fairprune._text import shown
from fairprune.data import _series
from fairprune.data._columns import has_images
from fairprune.data._images import SUFFIXES, size_of
from fairprune.data._listing import Listing
from fairprune.data._names import expanded, files_below
from fairprune.data._shards import schema_of
from fairprune.data.tiny_imagenet import TOP
from fairprune.new_study.tables import table_below, table_entry

Entry = dict[str, Any]

# By official source: files or folders by which its folder is recognised.
_OFFICIAL = {
    "cifar10": ("cifar-10-python.tar.gz", "cifar-10-batches-py"),
    "cifar100": ("cifar-100-python.tar.gz", "cifar-100-python"),
    "fashion_mnist": ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
    "tiny_imagenet": ("tiny-imagenet-200.zip", "wnids.txt", f"{TOP}/wnids.txt"),
}
_SPLIT_COLUMN = "split"
_HINTS = {  # by words in a source's message: how to give that option here
    "set image_column": "by IMAGE, or --image-column",
    "set label_column": "by LABEL, or --label-column",
    "set text_column": "by TEXT, or --text-column",
    "set feature_column": "by FEATURES, or --feature-column",
    "or feature_column": "by FEATURES=a,b, or --feature-column a,b",
    "used_classes_only": "here USED=1, or --used-classes-only",
}
_CONVERTED = {  # by suffix that no source reads: how to convert such a file
    ".arrow": "of a folder that `save_to_disk` wrote, load each split by "
    "datasets.load_from_disk(...) and write it by .to_parquet('train.parquet')",
    ".gz": "unpack it by gunzip",
    ".tsv": "pandas.read_csv(..., sep='\\t').to_parquet('train.parquet')",
    ".jsonl": "pandas.read_json(..., lines=True).to_parquet('train.parquet')",
    ".json": "pandas.read_json(...).to_parquet('train.parquet')",
    ".xlsx": "pandas.read_excel(...).to_parquet('train.parquet')",
    ".parquet": "in several folders: name one of them",
}
_LOOKED_AT = 10_000  # images whose size is read to see whether sizes differ


def find_source(path: Path, options: Mapping[str, Any], *, gpu: bool = False) -> Entry:
    """Entry of ``datasets`` for a path, without ``image_size``.

    Parameters
    ----------
    path : path
        A folder of images, a Parquet file, a folder of Parquet files, the archive of Tiny
        ImageNet, a folder of official files, or a table of features or texts.
    options : mapping
        ``image_column``, ``label_column``, ``group_column`` and ``used_classes_only`` of a Parquet
        source, ``label_column``, ``feature_column`` and ``text_column`` of a table; all optional.
    gpu : bool, default=False
        Whether trainings run on a GPU, which decides how texts are read.

    Raises
    ------
    ValueError
        If no source reads the path, or options are given that it does not have.
    """
    path = expanded(path)
    if not path.exists():
        raise ValueError(f"there is no {path}")
    if _is_parquet(path):
        return _parquet(path, options)
    if table := _table(path):
        with said():
            return {"root": _written(table), **table_entry(table, options, gpu=gpu)}
    if options:
        raise ValueError(f"{', '.join(options)}: only a table has columns, not {path}")

    if path.suffix == ".zip":
        return {"source": "tiny_imagenet", "root": _written(path), "download": False}
    for source, names in _OFFICIAL.items():
        if any((path / name).exists() for name in names):
            return {"source": source, "root": _written(path), "download": False}
    files = list(files_below(path)) if path.is_dir() else [path]
    if not any(file.suffix.lower() in SUFFIXES for file in files) or not path.is_dir():
        raise ValueError(
            f"{path} is no source of data: {_say_other(files)}; expected a folder with one "
            "subfolder of images per class, a Parquet file or a folder of them, an archive like "
            "tiny-imagenet-200.zip, or a table of features or texts: Parquet, CSV with commas, "
            ".npz or .npy"
        )
    return {"source": "image_folder", "root": _written(path)}


def _say_other(files: Sequence[Path]) -> str:
    """Say what lies there instead, and how to convert it to something that is read."""
    if not files:
        return "the folder is empty"
    suffixes = sorted({file.suffix.lower() or file.name for file in files})
    way = next((f" ({way})" for suffix, way in _CONVERTED.items() if suffix in suffixes), "")
    return f"it holds {shown(suffixes)}{way}"


def list_source(entry: Entry) -> Listing | None:
    """List what the source of an entry finds; None if the source has no ``listing``.

    Raises
    ------
    ValueError
        As the source does; the message adds the arguments of new-study that help.
    """
    source = registry.load("data", entry["source"])
    if not hasattr(source, "listing"):
        return None
    with said():
        return source.listing(Path(entry["root"]), **registry.source_options(entry))


@contextmanager
def said() -> Iterator[None]:
    """Add to errors that name a source's options how to give these options here."""
    try:
        yield
    except ValueError as error:
        hints = [f"; {hint}" for words, hint in _HINTS.items() if words in str(error)]
        raise ValueError(str(error) + "".join(hints)) from error


def image_sizes(listing: Listing | None) -> Counter[tuple[int, int]]:
    """Count the first 10,000 training images by width and height."""
    if listing is None:
        return Counter()
    return Counter(size_of(item) for item in islice(listing.parts["train"].encoded(), _LOOKED_AT))


def _is_parquet(path: Path) -> bool:
    """Whether a path is a Parquet file of images, or a folder of such shards."""
    shards = _series.shards(path) if path.is_dir() else [path]
    if not shards or shards[0].suffix.lower() != ".parquet":
        return False
    return has_images(schema_of(shards[0]))


def _table(path: Path) -> Path | None:
    """What a table source reads; None for a folder of images, even if tables describe them."""
    if path.is_dir() and any(file.suffix.lower() in SUFFIXES for file in files_below(path)):
        return None
    return table_below(path)


def _parquet(path: Path, options: Mapping[str, Any]) -> Entry:
    if path.is_dir():
        entry: Entry = {"source": "parquet", "root": _written(path)}
        shards = _series.by_words(path)
    else:
        entry = {
            "source": "parquet",
            "root": _written(path.parent),
            "train": glob.escape(path.name),
        }
        shards = {"train": [path]}
    if list(shards) == ["train"]:
        if _SPLIT_COLUMN in schema_of(shards["train"][0]).names:
            entry["split_column"] = _SPLIT_COLUMN
        elif "train" in entry:
            entry["test"] = None
    return {**entry, **options}


def _written(path: Path) -> str:
    """Path as the configuration names it: relative to the project if it lies inside."""
    absolute, here = path.absolute(), Path.cwd()
    return str(absolute.relative_to(here) if absolute.is_relative_to(here) else absolute)
