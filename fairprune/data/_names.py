"""Tell from names of files and folders which split they belong to, and which to leave out.

The words for splits are those of Hugging Face's ``datasets``, in upper or lower case.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from fairprune._text import is_line

WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
SPLIT_OF = {word: split for split, words in WORDS.items() for word in words}
_GENERAL = {"", "set", "data", "split", "image", "images", "img", "imgs"}
_JUNK = {  # what systems leave in folders
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r", "__macosx"),
    *("@eadir", "lost+found", "$recycle.bin", "system volume information"),
}
_STREAMS = (":zone.identifier", ":encryptable")  # of files from Windows
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def splits_said(name: str) -> set[str]:
    """Splits that the words in a name stand for.

    Examples
    --------
    >>> splits_said("birds_Testing-0001.parquet"), splits_said("contest")
    ({'test'}, set())
    """
    return {SPLIT_OF[word] for word in _words(name) if word in SPLIT_OF}


def without_splits(name: str) -> str:
    """Remove from a name its words for splits and their separators.

    Examples
    --------
    >>> without_splits("birds_train"), without_splits("split=Test")
    ('birds', '')
    """
    words = [word for word in re.split(r"[^0-9A-Za-z]+", name) if not splits_said(word)]
    return "_".join(word for word in words if word not in ("", "split", "partial"))


def split_of_folder(name: str) -> str | None:
    """The split that a folder's whole name stands for, if it does.

    Examples
    --------
    >>> split_of_folder("Valid"), split_of_folder("train2017"), split_of_folder("bullet train")
    ('validation', 'train', None)
    """
    words = [word for word in _words(name) if word not in _GENERAL]
    return SPLIT_OF.get(words[0]) if len(words) == 1 else None


def is_junk(name: str) -> bool:
    """Whether a file or folder is hidden, or left there by an operating system."""
    name = name.lower()
    return name.startswith(".") or name in _JUNK or name.endswith(_STREAMS)


def looks_like(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs only in case, spaces or Unicode form, if there is one.

    Examples
    --------
    >>> looks_like("Owl ", ["cat", "owl"])
    'owl'
    """
    return next((each for each in known if _plain(each) == _plain(name)), None)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def visible(folder: Path) -> list[Path]:
    """Contents of a folder, sorted by name, without junk.

    Raises
    ------
    ValueError
        If there is no such folder, a name is not one line of text, or a link leads nowhere.
    """
    return [folder / entry.name for entry in _entries(folder)]


def visible_files(folder: Path) -> list[Path]:
    """Like :func:`visible`, for a folder that must hold only files; asks the disk just once."""
    entries = _entries(folder)
    for entry in entries:
        if not entry.is_file():
            raise ValueError(f"{entry.path}: expected only images in {folder}")
    return [folder / entry.name for entry in entries]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    with os.scandir(folder) as entries:
        kept = [entry for entry in entries if not is_junk(entry.name)]
    for entry in kept:
        if not is_line(entry.name):
            encoding = sys.getfilesystemencoding()
            hint = f" (Python takes names for {encoding}: set PYTHONUTF8=1)"
            hint = "" if encoding == "utf-8" else hint
            raise ValueError(f"{entry.path!r}: a name must be one line of UTF-8 text{hint}")
        if entry.is_symlink() and not (folder / entry.name).exists():
            raise ValueError(f"{entry.path} is a link that leads nowhere")
    return sorted(kept, key=lambda entry: entry.name)


def files_below(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Files in a folder and its sub-folders, sorted by name; links are followed, junk left out.

    Raises
    ------
    ValueError
        If a link leads to a folder that contains it, or as :func:`visible`.
    """
    here = folder.resolve()
    if here in above:
        raise ValueError(f"{folder} is a link to a folder that it lies in")
    for path in visible(folder):
        if path.is_dir():
            yield from files_below(path, (*above, here))
        elif path.is_file():
            yield path


def expanded(root: Path) -> Path:
    """Expand ``~`` in a path from the configuration to the home folder.

    Raises
    ------
    ValueError
        If it names a user whose home folder is not known.
    """
    try:
        return Path(root).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{root}: {error}") from error


def _words(name: str) -> list[str]:
    """Words of a name in lower case, without endings such as the ``set`` of ``trainset``."""
    return [re.sub("(?<=.)(set|data|split)$", "", word.lower()) for word in _WORD.findall(name)]
