"""Tiny ImageNet in the layout of its official archive, ``tiny-imagenet-200.zip``.

200 classes of 500 training images (``train/WNID/images``), 50 of each in ``val``, which is the
official labelled test set (``val/val_annotations.txt``); the archive's unlabelled ``test`` is not
used. Classes are numbered in the order of their sorted WordNet ids, and called by the first
name in ``words.txt``. The id of an example is its file name. Training images come class by
class, each sorted by name; validation and test images in the order of the annotations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data._archive import Archive, Folder
from fairprune.data._download import download as fetch
from fairprune.data._images import Encoded, Side, decode_parts
from fairprune.data._splits import Part, split
from fairprune.storage.canonical import Dataset

URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
CHECKSUM = "md5:90528d7ca1a48142e341f4ef8d21d0de"  # as widely published; the site gives none
TOP = "tiny-imagenet-200"
DOWNLOADS = True
_MAX_BYTES = 300_000_000  # the archive has 248 MB


def load(
    root: Path,
    *,
    download: bool = True,
    image_size: Side | None = None,
    seed: NotNegative = 0,
) -> Dataset:
    """Load the data set; an archive is read as it is, not extracted.

    Parameters
    ----------
    root : path
        The archive, its extracted folder ``tiny-imagenet-200``, or a folder with one of them.
    download : bool, default=True
        Whether to fetch the archive into ``root`` if nothing is there.
    image_size : int, optional
        Side in pixels to resize to; the images have 64.
    seed : int, default=0
        Of the choice of the validation split.

    Raises
    ------
    ValueError
        If files are missing or damaged, or the annotations do not fit them.
    """
    files = _open(root, download)
    wnids = sorted(set(_text(files, "wnids.txt").split()))
    number = {wnid: k for k, wnid in enumerate(wnids)}
    names = {"train": _training_files(files, number), "test": _annotated(files, number)}
    decoded = decode_parts(
        {part: (len(found), _encoded(files, found)) for part, found in names.items()},
        image_size=image_size,
    )
    parts = {
        part: Part(
            images=decoded[part].images,
            labels=np.array([label for _, label in found], dtype=np.int64),
            ids=[name.rpartition("/")[2] for name, _ in found],
        )
        for part, found in names.items()
    }
    return split(parts, _class_names(files, wnids), seed=seed)


def files(root: Path, **_options: object) -> list[Path]:
    """The archive, or the files of its extracted folder."""
    opened = _open(root, download=False)
    if isinstance(opened, Archive):
        return [opened.path]
    return [opened.root / name for name in sorted(opened.names)]


def _open(root: Path, download: bool) -> Folder | Archive:
    if root.is_file():
        return Archive(root, TOP)
    for folder in (root, root / TOP):
        if (folder / "wnids.txt").is_file():
            return Folder(folder)
    archive = root / f"{TOP}.zip"
    if not archive.exists():
        if not download:
            raise ValueError(
                f"no Tiny ImageNet in {root}: expected {archive} or {root / TOP}; "
                "with download: true it is fetched"
            )
        fetch(URL, archive, checksum=CHECKSUM, max_bytes=_MAX_BYTES)
    return Archive(archive, TOP)


def _training_files(files: Folder | Archive, number: dict[str, int]) -> list[tuple[str, int]]:
    """Names and labels of the training images, class by class."""
    found = []
    for name in sorted(files.names):
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != "train" or parts[2] != "images":
            continue
        if parts[3].startswith("."):
            continue
        if parts[1] not in number:
            raise ValueError(f"{files.describe(name)}: {parts[1]} is not in wnids.txt")
        found.append((name, number[parts[1]]))
    return found


def _annotated(files: Folder | Archive, number: dict[str, int]) -> list[tuple[str, int]]:
    """Names and labels of the images of ``val``, in the order of the annotations."""
    annotations = "val/val_annotations.txt"
    found = {}
    for line, text in enumerate(_text(files, annotations).splitlines(), 1):
        where = f"{files.describe(annotations)}, line {line}"
        image, _, rest = text.partition("\t")
        wnid = rest.partition("\t")[0]
        name = f"val/images/{image}"
        if wnid not in number:
            raise ValueError(f"{where}: class {wnid!r} is not in wnids.txt")
        if name not in files.names:
            raise ValueError(f"{where}: there is no {name}")
        if name in found:
            raise ValueError(f"{where}: {image} is annotated twice")
        found[name] = number[wnid]
    return list(found.items())


def _encoded(files: Folder | Archive, found: list[tuple[str, int]]) -> Iterator[Encoded]:
    for name, _ in found:
        yield Encoded(files.describe(name), partial(files.read, name))


def _class_names(files: Folder | Archive, wnids: list[str]) -> list[str]:
    """First name of each class, with the WordNet id where two classes share it."""
    words = dict(
        line.split("\t", 1) for line in _text(files, "words.txt").splitlines() if "\t" in line
    )
    names = [words.get(wnid, wnid).partition(",")[0].strip() for wnid in wnids]
    times = Counter(names)
    return [
        f"{name} ({wnid})" if times[name] > 1 else name
        for name, wnid in zip(names, wnids, strict=True)
    ]


def _text(files: Folder | Archive, name: str) -> str:
    if name not in files.names:
        raise ValueError(f"there is no {files.describe(name)}")
    try:
        return files.read(name).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{files.describe(name)} is not UTF-8 text: {error}") from error
