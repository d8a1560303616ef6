"""A folder of images with one subfolder per class, as torchvision's ``ImageFolder`` reads it.

Either ``root/CLASS/*``, or the same below ``root/train`` and any of ``root/test`` and
``root/val`` (or ``validation``). With ``test`` or ``val`` alone, that is the test set, half of
which becomes validation; with both, each is what its name says; with neither the training set
is split. Classes and files are in the order of their names (by code point, whatever the locale);
hidden files and folders are left out; any other file must be an image. The id of an example
is its path relative to ``root``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data._images import Encoded, Side, decode_parts
from fairprune.data._splits import DEFAULT_TEST_SHARE, Part, Share, split
from fairprune.storage.canonical import Dataset

_VALIDATION = ("val", "validation")


def load(
    root: Path,
    *,
    image_size: Side | None = None,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load the images of a folder.

    Parameters
    ----------
    root : path
    image_size : int, optional
        Side in pixels to resize to; without it images of different sizes are an error.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        If a folder is empty or where a file should be, a class of another part has no training
        folder, or a file is no image.
    """
    if not root.is_dir():
        raise ValueError(f"there is no folder {root}")
    folders = _parts(root)
    class_names = [path.name for path in _class_folders(folders["train"])]
    files = {name: _files(folder, class_names) for name, folder in folders.items()}
    decoded = decode_parts(
        {name: (len(found), _encoded(found)) for name, found in files.items()},
        image_size=image_size,
    )
    parts = {
        name: Part(
            images=decoded[name].images,
            labels=np.array([label for _, label in found], dtype=np.int64),
            ids=[path.relative_to(root).as_posix() for path, _ in found],
        )
        for name, found in files.items()
    }
    return split(parts, class_names, seed=seed, test_share=test_share)


def files(root: Path, **_options: object) -> list[Path]:
    """The images of a folder."""
    folders = _parts(root)
    class_names = [path.name for path in _class_folders(folders["train"])]
    return [path for folder in folders.values() for path, _ in _files(folder, class_names)]


def _parts(root: Path) -> dict[str, Path]:
    """Folders of the published parts; ``root`` itself where there are no parts."""
    if not (root / "train").is_dir():
        return {"train": root}
    parts = {"train": root / "train"}
    held_out = [root / name for name in _VALIDATION if (root / name).is_dir()]
    if len(held_out) > 1:
        raise ValueError(f"{root} has both {held_out[0].name!r} and {held_out[1].name!r}")
    if (root / "test").is_dir():
        parts["test"] = root / "test"
        if held_out:
            parts["validation"] = held_out[0]
    elif held_out:
        parts["test"] = held_out[0]
    return parts


def _class_folders(folder: Path) -> list[Path]:
    found = _visible(folder)
    stray = next((path for path in found if not path.is_dir()), None)
    if stray is not None:
        raise ValueError(f"{stray}: expected only class folders in {folder}")
    if not found:
        raise ValueError(f"there are no class folders in {folder}")
    return found


def _files(folder: Path, class_names: list[str]) -> list[tuple[Path, int]]:
    """Images below a folder with their labels."""
    files = []
    for class_folder in _class_folders(folder):
        if class_folder.name not in class_names:
            raise ValueError(f"{class_folder}: class {class_folder.name!r} is not in training")
        label = class_names.index(class_folder.name)
        for path in _visible(class_folder):
            if not path.is_file():
                raise ValueError(f"{path}: expected only images in {class_folder}")
            files.append((path, label))
    return files


def _visible(folder: Path) -> list[Path]:
    found = [path for path in folder.iterdir() if not path.name.startswith(".")]
    for path in found:
        if not path.name.isprintable():
            raise ValueError(f"{str(path)!r}: a name must be printable UTF-8 text")
    return sorted(found, key=lambda path: path.name)


def _encoded(found: list[tuple[Path, int]]) -> Iterator[Encoded]:
    for path, _ in found:
        yield Encoded(str(path), path.read_bytes)
