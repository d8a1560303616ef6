"""Assign the Parquet files of a folder to splits, by the words in their paths.

A file is a shard of the split that a word in its path stands for, in upper or lower case:
``Train.parquet``, ``birds_testing-0.parquet``, ``split=test/0.parquet``. Ambiguous folders are
refused: a file without such a word beside files with one, and two data sets, configurations or
revisions side by side, whose folders or file names do not look like shards of one data set.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Collection
from pathlib import Path

from fairprune._text import shown
from fairprune.data._names import SPLIT_OF, WORDS, files_below, splits_said, without_splits

_SUFFIX = ".parquet"
_METADATA = "metadata.parquet"  # of a folder of images
_OF = re.compile(r"(\d+)-of-(\d+)")
_VERSION = re.compile(r"(?<![a-z])(?:v|rev|revision|version)[-_. ]?\d+", re.IGNORECASE)
_HASH_LENGTH = 16
_NUMBER = re.compile(rf"[0-9a-f]{{{_HASH_LENGTH},}}|\d+")
_HINT = "; set train, test and validation to globs, or root to the folder of one"


def shards(root: Path) -> list[Path]:
    """Parquet files in a folder, sorted by name; links are followed, junk is left out."""
    files = [path for path in files_below(root) if path.suffix.lower() == _SUFFIX]
    return [path for path in files if path.name != _METADATA]


def by_words(root: Path, taken: Collection[Path] = ()) -> dict[str, list[Path]]:
    """Shards of each split in a folder; all are for ``train`` if no path names a split.

    Parameters
    ----------
    root : path
    taken : collection of path
        Shards that a glob has already given to a split. With any, files that name no split are left
        out beside files that do, instead of refused.

    Raises
    ------
    ValueError
        Naming the files that cannot be told apart.
    """
    by_split: dict[str | None, list[Path]] = {}
    for path in shards(root):
        if path not in taken:
            by_split.setdefault(_split_said(root, path), []).append(path)
    unnamed = by_split.pop(None, [])
    splits = {split: by_split[split] for split in WORDS if split in by_split}
    if not taken:
        _check_named(root, splits, unnamed)
    splits = splits or {"train": unnamed}
    check_one(root, splits)
    return splits


def by_glob(root: Path, pattern: str) -> list[Path]:
    """Files in a folder, Parquet or not, that a glob relative to it matches, sorted by name.

    Raises
    ------
    ValueError
        If it matches none, or leads out of the folder.
    """
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise ValueError(f"{pattern!r} is not a glob relative to {root}")
    matched = {root / name for name in glob.glob(pattern, root_dir=root, recursive=True)}  # noqa: PTH207
    files = [path for path in files_below(root) if path in matched]
    if not files:
        raise ValueError(
            f"no file in {root} matches {pattern!r}; set train and test to globs that do, "
            "or test to null to split the training set"
        )
    return files


def missing(paths: list[Path]) -> list[str]:
    """List one sentence if some of a split's shards, numbered ``i-of-n``, are missing."""
    numbered = _OF.search(paths[0].name)
    if numbered is None or len(paths) >= int(numbered[2]):
        return []
    return [f"{paths[0]} is one of {int(numbered[2])} shards, of which {len(paths)} are there"]


def _check_named(root: Path, splits: dict[str, list[Path]], unnamed: list[Path]) -> None:
    """Refuse a folder with no shards, no training shards, or only some that name a split."""
    if not splits and not unnamed:
        raise ValueError(f"there is no Parquet file in {root}")
    if splits and unnamed:
        raise ValueError(
            f"{unnamed[0]} lies beside {next(iter(splits.values()))[0]}, and its path says no "
            f"split ({', '.join(SPLIT_OF)}){_HINT}"
        )
    if splits and "train" not in splits:
        held_out = [str(path) for paths in splits.values() for path in paths]
        raise ValueError(f"there is no training shard beside {shown(held_out)}{_HINT}")


def _split_said(root: Path, path: Path) -> str | None:
    """Split that a path names; a part that names two, such as ``train_test``, counts as none."""
    said = [splits_said(part) for part in path.relative_to(root).parts]
    splits = {split for part in said if len(part) == 1 for split in part}
    if len(splits) > 1 or (len(said[-1]) > 1 and not splits):
        raise ValueError(f"the path of {path} says more than one split{_HINT}")
    return splits.pop() if splits else None


def check_one(root: Path, splits: dict[str, list[Path]]) -> None:
    """Refuse files of more than one data set.

    Raises
    ------
    ValueError
        Naming two files that do not belong together.
    """
    folders: dict[tuple[str, ...], Path] = {}
    for paths in splits.values():
        shapes: dict[str, Path] = {}
        numbers: dict[str, Path] = {}
        for path in paths:
            parents = map(without_splits, path.relative_to(root).parts[:-1])
            folders.setdefault(tuple(filter(None, parents)), path)
            shapes.setdefault(_shape(path.name), path)
            if match := _OF.search(path.stem):
                if match[1] in numbers:
                    raise _two(numbers[match[1]], path)
                numbers[match[1]] = path
        if len(shapes) > 1:
            raise _two(*list(shapes.values())[:2])
        if not numbers and not _are_counted([path.name for path in paths]):
            raise _two(*paths[:2])
    if len(folders) > 1:
        raise _two(*list(folders.values())[:2])


def _shape(name: str) -> str:
    """A file name without the numbers and hashes that tell the shards of one split apart."""
    total, versions = _OF.search(name), _VERSION.findall(name)
    plain = _NUMBER.sub("#", _VERSION.sub("", name))
    return f"{plain} {versions} {total and total[2]}"


def _are_counted(names: list[str]) -> bool:
    """Whether the numbers in which names of one shape differ count from 0 or 1, as shards do.

    Examples
    --------
    >>> _are_counted(["train-1", "train-2"]), _are_counted(["train-32", "train-64"])
    (True, False)
    """
    columns = map(set, zip(*map(_NUMBER.findall, names), strict=True))
    differing = next((numbers for numbers in columns if len(numbers) > 1), {"0"})
    if any(len(number) >= _HASH_LENGTH for number in differing):
        return True
    numbers = sorted(map(int, differing))
    return numbers[0] in (0, 1) and numbers[-1] - numbers[0] == len(numbers) - 1


def _two(one: Path, other: Path) -> ValueError:
    return ValueError(
        f"{one} and {other} look like parts of two data sets, configurations or revisions{_HINT}"
    )
