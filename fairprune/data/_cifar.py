"""CIFAR-10 and CIFAR-100 from the official Python archives, read by torchvision.

The order is that of the official files. They are pickles, so their MD5 is verified before they
are read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fairprune.data._download import check_file
from fairprune.data._download import download as fetch
from fairprune.data._names import expanded
from fairprune.data._splits import Part, split
from fairprune.storage.canonical import Dataset

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

_MAX_BYTES = 250_000_000  # the archives have 170 MB


def load_cifar(
    reader: type[CIFAR10], source: str, root: Path, *, download: bool, seed: int
) -> Dataset:
    """Load the extracted files, first downloading and extracting the archive if necessary.

    Parameters
    ----------
    reader : class
        Data set class of torchvision.
    source : str
        Name of the source, for messages.
    root : path
        The extracted folder, or the folder that contains it or the archive.
    download : bool
        Whether to download the archive if it is missing.
    seed : int
        Seed for the choice of the validation split.
    """
    root = expanded(root)
    root = root.parent if root.name == reader.base_folder else root
    intact = _intact(reader, root)
    if not intact:
        _need_archive(reader, source, root, download)
    parts = {}
    for name in ("train", "test"):  # told to download, torchvision extracts the archive
        read = reader(root, train=name == "train", download=not intact and name == "train")
        parts[name] = Part(read.data, np.array(read.targets, dtype=np.int64))
    return split(parts, read.classes, seed=seed)


def _intact(reader: type[CIFAR10], root: Path) -> bool:
    from torchvision.datasets.utils import check_integrity

    meta = [(reader.meta["filename"], reader.meta["md5"])]
    return all(
        check_integrity(root / reader.base_folder / name, md5)
        for name, md5 in (*reader.train_list, *reader.test_list, *meta)
    )


def _need_archive(reader: type[CIFAR10], source: str, root: Path, download: bool) -> None:
    """Check the archive's checksum, or download the archive if it is missing."""
    archive = root / reader.filename
    checksum = f"md5:{reader.tgz_md5}"
    if archive.exists():
        check_file(archive, checksum)
        return
    if not download:
        raise ValueError(
            f"no {source} in {root}: expected the folder {root / reader.base_folder} with all its "
            f"files intact, or {archive}; with download: true it is fetched"
        )
    fetch(reader.url, archive, checksum=checksum, max_bytes=_MAX_BYTES)
