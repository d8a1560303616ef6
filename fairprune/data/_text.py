"""Turn texts into numbers, without a vocabulary that has to be learned or shipped.

A text in lower case is cut into runs of letters and digits, and single other characters. A word's
number is its hash (CRC-32). A vocabulary is therefore a size and not a list, and two words may
share a number.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from fairprune.data import _table_labels, _tables
from fairprune.data._arrays import allocate
from fairprune.data._ids import content_ids
from fairprune.data._rows import Rows
from fairprune.data._splits import Part
from fairprune.storage.canonical import chunks
from fairprune.storage.outside import needed

_WORD = re.compile(r"\w+|[^\w\s]")


def words_of(text: str) -> Iterator[str]:
    """Words of a text, one after another.

    Examples
    --------
    >>> list(words_of("Don't panic!"))
    ['don', "'", 't', 'panic', '!']
    """
    return (word[0] for word in _WORD.finditer(text.lower()))


def number_of(words: str, n: int) -> int:
    """Hash a word, or several, to a number below ``n``."""
    return zlib.crc32(words.encode("utf-8", "surrogatepass")) % n


def tokens_of(texts: Sequence[str], vocabulary: int, length: int) -> np.ndarray:
    """The first words of each text as numbers from 1, padded with 0: (N, L), int32."""
    tokens = allocate((len(texts), length), np.int32)
    for row, text in zip(tokens, texts, strict=True):
        words = islice(words_of(text), length)
        numbers = [1 + number_of(word, vocabulary - 1) for word in words]
        row[: len(numbers)], row[len(numbers) :] = numbers, 0
    return tokens


def counts_of(texts: Sequence[str], n_features: int, longest: int) -> np.ndarray:
    """Hashed counts n of runs of 1 to ``longest`` words: ``log(1 + n)``, unit length, (N, D)."""
    counts = allocate((len(texts), n_features), np.float32)
    for row, text in zip(counts, texts, strict=True):
        row[:] = 0
        for run in _runs([*words_of(text)], longest):
            row[number_of(run, n_features)] += 1
    for part in chunks(counts):
        np.log1p(part, out=part)
        lengths = np.linalg.norm(part, axis=1, keepdims=True)
        part /= np.where(lengths > 0, lengths, 1)
    return counts


def _runs(words: list[str], longest: int) -> Iterator[str]:
    for n in range(1, longest + 1):
        for start in range(len(words) - n + 1):
            yield " ".join(words[start : start + n])


def text_parts(
    root: Path,
    text_column: str,
    label_column: str,
    id_column: str | None,
    split_column: str | None,
) -> tuple[list[str], dict[str, tuple[list[str], Part]]]:
    """Class names, and for each part its texts and a :class:`Part` still without their numbers.

    Ids come from the column, or else from text and label.
    """
    tables = _tables.read_parts(root, (text_column,), label_column, id_column, split_column)
    names, labels = _table_labels.classes(tables, label_column, root)
    parts = {}
    for name, table in tables.items():
        texts = _texts(table, text_column, root)
        ids = _tables.ids_of(table, id_column, root)
        parts[name] = texts, Part(np.empty(0), labels[name], ids, digests=_digests(texts))
    return names, parts


def train_rows(
    root: Path,
    *,
    text_column: str = "text",
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    **_options: object,
) -> Rows:
    """The training rows with all of their columns."""

    def ids(table: _table_labels.Columns, labels: np.ndarray) -> list[str]:
        digests = _digests(_texts(table, text_column, root))
        named = _tables.ids_of(table, id_column, root)
        return named or content_ids(np.empty((len(labels), 1)), labels, digests=digests)

    return _tables.train_rows(root, (text_column,), label_column, id_column, split_column, ids)


def _texts(table: _table_labels.Columns, column: str, root: Path) -> list[str]:
    texts = needed(table, column, root).tolist()
    wrong = next((text for text in texts if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"{root}: column {column!r} must hold text in UTF-8, got {wrong!r}")
    return texts


def _digests(texts: Sequence[str]) -> list[bytes]:
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
