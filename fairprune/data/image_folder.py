"""A folder of images with one subfolder per class, as torchvision's ``ImageFolder`` reads it.

The layout is ``root/CLASS/*``, or the same below folders named after splits: ``root/train`` and any
of ``root/test`` and ``root/val``, in upper or lower case and with the usual synonyms
(:data:`fairprune.data._names.WORDS`). If there is only one of test and validation, it is the test
set, half of which becomes validation; if there are both, each is what its name says; if there is
neither, the training set is split. A test folder without class folders has no labels, and is left
out. Any other folder beside ``train`` that holds images is refused.

Classes and files are in the order of their names (by code point, whatever the locale). Links are
followed. Hidden files, those of operating systems (``Thumbs.db``, ``__MACOSX``), and files beside
the class folders that are not images are left out; any other file must be an image. The id of an
example is its path relative to ``root``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fairprune._text import shown
from fairprune._validation import NotNegative
from fairprune.data import _listing
from fairprune.data._images import SUFFIXES, Encoded, Fit, Side
from fairprune.data._listing import ListedPart, Listing
from fairprune.data._names import (
    SPLIT_OF,
    WORDS,
    expanded,
    files_below,
    looks_like,
    split_of_folder,
    visible,
    visible_files,
)
from fairprune.data._splits import DEFAULT_TEST_SHARE, Share, held_out_as_test
from fairprune.storage.canonical import Dataset

_Files = list[tuple[Path, int]]


def load(
    root: Path,
    *,
    image_size: Side | None = None,
    fit: Fit = "squash",
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load the images of a folder.

    Parameters
    ----------
    root : path
    image_size : int, optional
        Side in pixels to resize to; without it images of different sizes are an error.
    fit : {"squash", "crop", "pad"}, default="squash"
        How an image that is not square becomes square, with ``image_size``.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        If the folders are not as described above, a class of another part has no training
        folder, or a file is not an image.
    """
    return _listing.read(
        listing(root), image_size=image_size, fit=fit, seed=seed, test_share=test_share
    )


def listing(root: Path, **_options: object) -> Listing:
    """The classes and images of a folder.

    Raises
    ------
    ValueError
        As :func:`load`.
    """
    root = expanded(root)
    folders, left_out = _parts(root)
    class_names = _class_names(folders["train"])
    parts = {split: _part(root, folder, class_names) for split, folder in folders.items()}
    return Listing(class_names, held_out_as_test(parts), left_out)


def files(root: Path, **_options: object) -> list[Path]:
    """The images of a folder."""
    folders, _ = _parts(expanded(root))
    class_names = _class_names(folders["train"])
    return [path for folder in folders.values() for path, _ in _files(folder, class_names)]


def _parts(root: Path) -> tuple[dict[str, Path], list[str]]:
    """Folders of the published parts, or ``root`` itself if there are none; what is left out."""
    folders = [path for path in visible(root) if path.is_dir()]
    named = [path for path in folders if split_of_folder(path.name)]
    if not any(_holds_folders(path) for path in named):
        if len(named) > 1 or (named and named == folders):  # one class may be called `train`
            raise ValueError(
                f"{named[0]} holds no class folders: expected one subfolder of images per class"
            )
        return {"train": root}, []

    by_split: dict[str, Path] = {}
    for path in folders:
        split = split_of_folder(path.name)
        if split in by_split:
            raise ValueError(f"{by_split[split]} and {path} are both for the split {split!r}")
        if split:
            by_split[split] = path
        elif image := next(filter(_is_image, files_below(path)), None):
            raise ValueError(
                f"{path} lies beside folders of splits, holds images such as {image.name}, and is "
                f"not named for a split: {', '.join(SPLIT_OF)}; rename it, or move it elsewhere"
            )
    if "train" not in by_split:
        raise ValueError(f"there is no folder 'train' beside {shown([str(p) for p in named])}")
    loose = [path for path in visible(root) if path.is_file() and _is_image(path)]
    left_out = [f"{path} lies beside folders of splits, and is left out" for path in loose[:1]]
    if "test" in by_split and not _has_classes(by_split["test"], by_split["train"]):
        left_out += [f"{by_split.pop('test')} has no class folders, so no labels: it is left out"]
    return {split: by_split[split] for split in WORDS if split in by_split}, left_out


def _class_names(folder: Path) -> list[str]:
    classes = _class_folders(folder)
    if len(classes) == 1:
        hint = f"; if the classes are in it, use {classes[0]}" if _holds_folders(classes[0]) else ""
        raise ValueError(
            f"{folder} holds {classes[0].name!r} alone: expected one subfolder of images per class"
            f"{hint}"
        )
    return [path.name for path in classes]


def _holds_folders(folder: Path) -> bool:
    return any(path.is_dir() for path in visible(folder))


def _has_classes(folder: Path, train: Path) -> bool:
    """Whether a test folder has class folders, not just images or one folder of all images."""
    inside = [path.name for path in visible(folder) if path.is_dir()]
    return len(inside) > 1 or any((train / name).is_dir() for name in inside)


def _class_folders(folder: Path) -> list[Path]:
    inside = visible(folder)
    for path in inside:
        if path.is_file() and _is_image(path):
            raise ValueError(f"{path}: expected class folders in {folder}, and no images")
    folders = [path for path in inside if path.is_dir()]
    if not folders:
        raise ValueError(f"there are no class folders in {folder}")
    return folders


def _part(root: Path, folder: Path, class_names: list[str]) -> ListedPart:
    images = _files(folder, class_names)
    return ListedPart(
        place=str(folder),
        labels=np.array([label for _, label in images], dtype=np.int64),
        encoded=lambda: (Encoded(str(path), path.read_bytes) for path, _ in images),
        ids=[path.relative_to(root).as_posix() for path, _ in images],
    )


def _files(folder: Path, class_names: list[str]) -> _Files:
    """Images below a folder with their labels."""
    number = {name: label for label, name in enumerate(class_names)}
    files = []
    for class_folder in _class_folders(folder):
        if (name := class_folder.name) not in number:
            similar = looks_like(name, number)
            hint = f", which has {similar!a}" if similar else ""
            said = ascii(name) if similar else repr(name)
            raise ValueError(f"{class_folder}: class {said} is not in training{hint}")
        files += [(path, number[name]) for path in visible_files(class_folder)]
    return files


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES
