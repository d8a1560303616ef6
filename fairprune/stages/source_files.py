"""Whether the files of a source are those that a data set was made from."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fairprune import registry
from fairprune.storage.atomic import file_hash, write_text
from fairprune.study.experiment import Experiment

NAME = "source.json"  # beside the arrays
_KEYS = {"listing", "times", "sizes", "content"}

log = logging.getLogger(__name__)


def own_root(entry: Mapping[str, Any]) -> str | None:
    """The folder of the user's own files; None where the source has none, or may fetch them."""
    fetches = registry.constant("data", entry["source"], "DOWNLOADS", False)
    if entry.get("download", fetches) or "root" not in entry:
        return None
    return str(Path(entry["root"]).expanduser())


def entry_of(table: Path) -> dict[str, Any] | None:
    """The entry of the configuration that a table was made by; empty if it cannot be read.

    None without pyarrow, which need not be installed where a study is only planned.
    """
    if importlib.util.find_spec("pyarrow") is None:
        return None
    from fairprune.storage.tables import read_metadata

    try:
        return read_metadata(table).get("entry", {})
    except (OSError, ValueError):
        return {}


def check_own_files(experiment: Experiment, results: Path) -> None:
    """Refuse a missing file of a score or quota whose results were made from another file.

    Snakemake accepts a result whose input is missing, whatever it was made from.

    Raises
    ------
    ValueError
        Naming the entry, the file and the result.
    """
    for kind, entries in (("scores", experiment.scores), ("quotas", experiment.quotas)):
        for name, entry in entries.items():
            for key in {"file", "embeddings"} & entry.keys():
                if Path(entry[key]).exists():
                    continue
                for made in (results / kind / name).rglob("*.parquet"):
                    if (known := entry_of(made)) and known.get(key) != entry[key]:
                        raise ValueError(
                            f"{kind}.{name}.{key}: there is no file {entry[key]}, and {made} is "
                            "of another one"
                        )


def listing(entry: Mapping[str, Any], folder: Path) -> str | None:
    """Digest of the names, sizes and times of the user's own files that a source reads.

    Files that are as they were but for their times, such as copies, have the digest that was
    there when the data set in ``folder`` was made from them. To see that, their content is read.

    Parameters
    ----------
    entry : mapping
        Of the configuration's ``datasets``.
    folder : path
        Canonical data set; it need not be there.

    Returns
    -------
    str or None
        None where there are no such files, or where the source verifies their checksums.

    Raises
    ------
    ValueError
        If the source does not find what it needs.
    """
    files = _own_files(entry)
    if files is None:
        return None
    now, known = _times(files), _known(folder)
    return known["listing"] if known and _same(files, now, known) else now


def made_from(entry: Mapping[str, Any], listed: str | None) -> dict[str, str] | None:
    """What to :func:`remember` of the files whose ``listing`` was ``listed``.

    Call it before the data set is read from them, so that a change in between is seen later.
    """
    files = _own_files(entry)
    if files is None or listed is None:
        return None
    now = _times(files)
    content = _content(files, now)
    return {"listing": listed, "times": now, "sizes": _sizes(files), "content": content}


def remember(folder: Path, known: Mapping[str, str]) -> None:
    """Write what files a data set was made from."""
    write_text(folder / NAME, json.dumps(known))


def remember_times(folder: Path, entry: Mapping[str, Any]) -> None:
    """Write the new times of files whose content is the same, so that it is not compared again."""
    known = _known(folder)
    if not known:
        return
    try:
        files = _own_files(entry)
        now = _times(files or ())
        same = files is not None and now != known["times"] and _same(files, now, known)
    except (ImportError, OSError, ValueError):  # matters only if data are to be made
        return
    if same:
        remember(folder, known | {"times": now})


Files = tuple[tuple[str, Path], ...]  # names below the root, and where they are


def _own_files(entry: Mapping[str, Any]) -> Files | None:
    root = own_root(entry)
    if root is None:
        return None
    source = registry.load("data", entry["source"])
    if not hasattr(source, "files"):
        return None
    paths = source.files(Path(root), **registry.source_options(entry))
    return tuple(
        (str(path.relative_to(root)) if path != Path(root) else path.name, path) for path in paths
    )


def _known(folder: Path) -> dict[str, str]:
    """What is remembered; empty if that cannot be read, and the data set is then made again."""
    try:
        known = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) and known.keys() >= _KEYS else {}


def _same(files: Files, now: str, known: Mapping[str, str]) -> bool:
    """Whether files have names, sizes and content of those that are known."""
    if now == known["times"]:
        return True
    if _sizes(files) != known["sizes"]:
        return False
    log.warning("%d source files have other times; their content is compared", len(files))
    return _content(files, now) == known["content"]


def _times(files: Files) -> str:
    """Digest of names, sizes and times."""
    known = ((name, path.stat()) for name, path in files)
    return _digest(f"{name}\0{status.st_size}\0{status.st_mtime_ns}" for name, status in known)


def _sizes(files: Files) -> str:
    """Digest of names and sizes."""
    return _digest(f"{name}\0{path.stat().st_size}" for name, path in files)


@cache
def _content(files: Files, now: str) -> str:
    """Digest of the contents, read once for each listing ``now``."""
    return _digest(file_hash(path) for _, path in files)


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()
