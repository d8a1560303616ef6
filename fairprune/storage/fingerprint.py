"""The fingerprint of a data set: what its images and its examples are, in one small file.

What is trained on images depends on the fingerprint, and not on the time of large files: other
pixels, labels or ids change it, and the same ones made again do not. Who opens an array or the
table of examples compares them with it, so that a damaged or edited file is never trained on.

``fingerprint.json`` holds ``mean`` and ``std`` of each channel over all training pixels, for
images in [0, 1], or of each feature; ``arrays``, the shape and the SHA-256 of each split's array as
a file; and ``examples``, the SHA-256 of the columns of ``examples.parquet``. Where the examples are
no images it says their ``kind``, and the size of the ``vocabulary`` of tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune._text import problem
from fairprune.storage.atomic import file_hash, write_text

NAME = "fingerprint.json"
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Fingerprint:
    """What a folder in canonical form holds.

    Attributes
    ----------
    mean, std : tuple of C floats
        Per channel of the training images in [0, 1], or per feature; none for tokens.
    arrays : dict of split to (shape, SHA-256)
    examples : str
        SHA-256 of the table of examples.
    kind : {"images", "features", "tokens"}
    vocabulary : int
        Numbers of words, for tokens.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    arrays: Mapping[str, tuple[tuple[int, ...], str]]
    examples: str
    kind: str = "images"
    vocabulary: int = 0

    def check_array(self, path: Path, split: str) -> None:
        """Refuse an array that is not the one written.

        Raises
        ------
        ValueError
            Naming the file.
        """
        if file_hash(path) != self.arrays[split][1]:
            raise ValueError(f"{path} is not a readable array: it is not that of {NAME} beside it")


def write_fingerprint(
    folder: Path,
    images: Mapping[str, np.ndarray],
    examples: pa.Table,
    mean: Sequence[float],
    std: Sequence[float],
    kind: str,
    vocabulary: int,
) -> None:
    """Write the fingerprint of a folder whose arrays ``{split}.npy`` are written."""
    arrays = {
        split: {"shape": list(array.shape), "sha256": file_hash(folder / f"{split}.npy")}
        for split, array in images.items()
    }
    content: dict[str, Any] = {"mean": mean, "std": std, "arrays": arrays}
    content["examples"] = examples_digest(examples)
    if kind != "images":
        content |= {"kind": kind, "vocabulary": vocabulary}
    write_text(folder / NAME, f"{json.dumps(content, indent=2)}\n")


def read_fingerprint(folder: Path) -> Fingerprint:
    """The fingerprint of a folder.

    Raises
    ------
    ValueError
        If the file is damaged.
    FileNotFoundError
        If there is none.
    """
    path = folder / NAME
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        mean, std = (tuple(map(float, stored[key])) for key in ("mean", "std"))
        about = {split: stored["arrays"][split] for split in SPLITS}
        arrays = {s: (tuple(map(int, a["shape"])), str(a["sha256"])) for s, a in about.items()}
        kind, vocabulary = str(stored.get("kind", "images")), int(stored.get("vocabulary", 0))
        return Fingerprint(mean, std, arrays, str(stored["examples"]), kind, vocabulary)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not a readable fingerprint: {problem(error)}") from error


def examples_digest(table: pa.Table) -> str:
    """SHA-256 of the columns of a table of examples, hexadecimal; metadata does not count."""
    digest = hashlib.sha256()
    for name in table.column_names:
        values = table[name].to_numpy()
        numbers = values.dtype.kind in "iu"
        text = values.astype("<i8").tobytes() if numbers else "\0".join(map(str, values)).encode()
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()
