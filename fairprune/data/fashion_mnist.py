"""Fashion-MNIST (Xiao et al. 2017): 10 classes, 6,000 training and 1,000 test images of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data._download import check_published
from fairprune.data._download import download as fetch
from fairprune.data._idx import read_idx
from fairprune.data._names import expanded
from fairprune.data._splits import Part, split
from fairprune.storage.canonical import Dataset

URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
DOWNLOADS = True
_MAX_BYTES = 40_000_000  # the largest file has 26 MB
_PARTS = {"train": "train", "test": "t10k"}


def load(root: Path, *, download: bool = True, seed: NotNegative = 0) -> Dataset:
    """Load the official IDX files, in their order.

    Parameters
    ----------
    root : path
        Folder of the four files, gzipped or not, or of torchvision's ``FashionMNIST/raw``.
    download : bool, default=True
        Whether to download missing files into ``root``. If so, gzipped files already there must
        have the published checksums.
    seed : int, default=0
        Seed for the choice of the validation split.

    Raises
    ------
    ValueError
        If files are missing, are damaged or do not fit each other.
    """
    root = expanded(root)
    parts = {name: read_part(root, prefix, download) for name, prefix in _PARTS.items()}
    return split(parts, CLASS_NAMES, seed=seed)


def files(root: Path, **_options: object) -> list[Path]:
    """The four IDX files."""
    stems = [f"{p}-{kind}" for p in _PARTS.values() for kind in ("images-idx3", "labels-idx1")]
    return [_find(expanded(root), f"{stem}-ubyte", download=False) for stem in stems]


def read_part(root: Path, prefix: str, download: bool = False) -> Part:
    """Images of shape (n, 28, 28, 1) and labels of ``train`` or ``t10k``."""
    image_file = _find(root, f"{prefix}-images-idx3-ubyte", download)
    label_file = _find(root, f"{prefix}-labels-idx1-ubyte", download)
    images, labels = read_idx(image_file, 3), read_idx(label_file, 1)
    if len(images) != len(labels):
        raise ValueError(
            f"{image_file} has {len(images)} images, {label_file} {len(labels)} labels"
        )
    if len(labels) and labels.max() >= len(CLASS_NAMES):
        row = int(np.argmax(labels >= len(CLASS_NAMES)))
        raise ValueError(
            f"{label_file}: label {row} must be in 0 .. {len(CLASS_NAMES) - 1}, got {labels[row]}"
        )
    return Part(images[..., None], labels.astype(np.int64))


def _find(root: Path, stem: str, download: bool) -> Path:
    for folder in (root, root / "FashionMNIST" / "raw"):
        for name in (f"{stem}.gz", stem):
            path = folder / name
            if path.is_file():
                is_checked = download and name in CHECKSUMS
                return check_published(path, CHECKSUMS[name]) if is_checked else path
    if not download:
        raise ValueError(
            f"no {stem}.gz in {root} or {root / 'FashionMNIST' / 'raw'}; "
            "with download: true it is fetched"
        )
    name = f"{stem}.gz"
    return fetch(f"{URL}/{name}", root / name, checksum=CHECKSUMS[name], max_bytes=_MAX_BYTES)
