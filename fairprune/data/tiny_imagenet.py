"""Tiny ImageNet in the layout of its official archive, ``tiny-imagenet-200.zip``.

There are 200 classes, with 500 training images each (``train/WNID/images``) and 50 each in
``val``, which is the official labelled test set (``val/val_annotations.txt``). The archive's
unlabelled ``test`` is not used. Classes are numbered in the order of their sorted WordNet ids, and
called by the first name in ``words.txt``. The id of an example is its file name. Training images
come class by class, sorted by name within each; validation and test images come in the order of
the annotations.

The folders ``images`` may be missing, and ``val`` may be sorted into class folders, as some scripts
that prepare the data set for other readers leave it.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data import _listing
from fairprune.data._archive import Archive, Folder
from fairprune.data._download import check_published
from fairprune.data._download import download as fetch
from fairprune.data._images import SUFFIXES, Encoded, Fit, Side
from fairprune.data._listing import ListedPart, Listing
from fairprune.data._names import expanded
from fairprune.storage.canonical import Dataset

URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
CHECKSUM = "md5:90528d7ca1a48142e341f4ef8d21d0de"  # as widely published; the site gives none
TOP = "tiny-imagenet-200"
DOWNLOADS = True
_ARCHIVE = f"{TOP}.zip"
_MAX_BYTES = 300_000_000  # the archive has 248 MB


def load(
    root: Path,
    *,
    download: bool = True,
    image_size: Side | None = None,
    fit: Fit = "squash",
    seed: NotNegative = 0,
) -> Dataset:
    """Load the data set; an archive is read as it is, not extracted.

    Parameters
    ----------
    root : path
        The archive, its extracted folder ``tiny-imagenet-200``, or a folder with one of them.
    download : bool, default=True
        Whether to download the archive into ``root`` if nothing is there. If so, an archive of
        that name already there must have the published checksum.
    image_size : int, optional
        Side in pixels to resize to; the images have 64.
    fit : {"squash", "crop", "pad"}, default="squash"
        How an image that is not square becomes square, with ``image_size``.
    seed : int, default=0
        Seed for the choice of the validation split.

    Raises
    ------
    ValueError
        If files are missing or damaged, or the annotations do not fit them.
    """
    listed = listing(root, download=download)
    return _listing.read(listed, image_size=image_size, fit=fit, seed=seed)


def listing(root: Path, *, download: bool = False, **_options: object) -> Listing:
    """The classes and images of the archive or its folder.

    Raises
    ------
    ValueError
        As :func:`load`.
    """
    files = _open(expanded(root), download)
    wnids = sorted(set(_text(files, "wnids.txt").split()))
    number = {wnid: k for k, wnid in enumerate(wnids)}
    parts = {
        "train": _part(files, "train", _in_folders(files, "train", number)),
        "test": _part(files, "val", _validation(files, number)),
    }
    return Listing(_class_names(files, wnids), parts)


def files(root: Path, **_options: object) -> list[Path]:
    """The archive, or the files of its extracted folder."""
    opened = _open(expanded(root), download=False)
    if isinstance(opened, Archive):
        return [opened.path]
    return [opened.root / name for name in sorted(opened.names)]


def _open(root: Path, download: bool) -> Folder | Archive:
    for folder in (root, root / TOP):
        if (folder / "wnids.txt").is_file():
            return Folder(folder)
    archive = root if root.is_file() else root / _ARCHIVE
    if archive.exists():
        if download and archive.name == _ARCHIVE:
            check_published(archive, CHECKSUM)
    elif download:
        fetch(URL, archive, checksum=CHECKSUM, max_bytes=_MAX_BYTES)
    else:
        raise ValueError(
            f"no Tiny ImageNet in {root}: expected {archive} or {root / TOP}; "
            "with download: true it is fetched"
        )
    return Archive(archive, TOP)


def _part(files: Folder | Archive, folder: str, images: list[tuple[str, int]]) -> ListedPart:
    return ListedPart(
        place=files.describe(folder),
        labels=np.array([label for _, label in images], dtype=np.int64),
        encoded=lambda: (Encoded(files.describe(n), partial(files.read, n)) for n, _ in images),
        ids=[name.rpartition("/")[2] for name, _ in images],
    )


def _in_folders(
    files: Folder | Archive, part: str, number: dict[str, int]
) -> list[tuple[str, int]]:
    """Names and labels of the images in folders of classes, class by class."""
    images = []
    for name in sorted(files.names):
        folder, _, inside = name.partition("/")
        wnid, _, image = inside.partition("/")
        image = image.removeprefix("images/")
        if folder != part or "/" in image or not image.lower().endswith(SUFFIXES):
            continue
        if wnid not in number:
            raise ValueError(f"{files.describe(name)}: {wnid} is not in wnids.txt")
        images.append((name, number[wnid]))
    return images


def _validation(files: Folder | Archive, number: dict[str, int]) -> list[tuple[str, int]]:
    """Names and labels of the images of ``val``, annotated or sorted into folders of classes."""
    if any(name.startswith("val/") and name.split("/")[1] in number for name in files.names):
        return _in_folders(files, "val", number)
    return _annotated(files, number)


def _annotated(files: Folder | Archive, number: dict[str, int]) -> list[tuple[str, int]]:
    """Names and labels of the images of ``val``, in the order of the annotations."""
    annotations = "val/val_annotations.txt"
    labels = {}
    for line, text in enumerate(_text(files, annotations).splitlines(), 1):
        where = f"{files.describe(annotations)}, line {line}"
        image, _, rest = text.partition("\t")
        wnid = rest.partition("\t")[0]
        folder = "val/images" if f"val/{image}" not in files.names else "val"
        name = f"{folder}/{image}"
        if wnid not in number:
            raise ValueError(f"{where}: class {wnid!r} is not in wnids.txt")
        if name not in files.names:
            raise ValueError(f"{where}: there is no {name}")
        if name in labels:
            raise ValueError(f"{where}: {image} is annotated twice")
        labels[name] = number[wnid]
    return list(labels.items())


def _class_names(files: Folder | Archive, wnids: list[str]) -> list[str]:
    """First name of each class, followed by the WordNet id if two classes share the name."""
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
