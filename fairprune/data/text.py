"""Texts as tokens, for a ``transformer``: the hashed numbers of each text's first words.

The source is a table with a column of text and one of labels, Parquet or CSV, see
:mod:`fairprune.data._tables`. For words and their numbers see :mod:`fairprune.data._text`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fairprune._validation import NotNegative, Range, checked
from fairprune.data._splits import DEFAULT_TEST_SHARE, Share, placed, split
from fairprune.data._tables import files as files
from fairprune.data._text import text_parts, tokens_of
from fairprune.data._text import train_rows as train_rows
from fairprune.storage.canonical import Dataset

INPUTS = "tokens"


@checked
def load(
    root: Path,
    *,
    text_column: str = "text",
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    length: Annotated[int, Range(1, 4096)] = 64,
    vocabulary: Annotated[int, Range(2, 1 << 24)] = 8192,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load texts and labels; the order is that of the sorted file names, then of the rows.

    Parameters
    ----------
    root : path
        A file, or a folder of files whose names say their split.
    text_column, label_column : str
        Labels are whole numbers or text.
    id_column : str, optional
        Column of stable ids; by default they come from text and label.
    split_column : str, optional
        Column of text that says ``train``, ``test`` or ``validation``.
    length : int, default=64
        How many words of each text are taken, from its beginning.
    vocabulary : int, default=8192
        How many numbers there are, including 0 for no word.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        Naming the file and the column that is wrong.
    """
    names, texts_of = text_parts(root, text_column, label_column, id_column, split_column)
    parts = {
        name: replace(part, images=tokens_of(texts, vocabulary, length))
        for name, (texts, part) in texts_of.items()
    }
    with placed(root):
        return split(parts, names, seed=seed, test_share=test_share, vocabulary=vocabulary)
