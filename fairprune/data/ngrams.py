"""Texts as features, for an ``mlp``: hashed counts of words and of runs of words.

    x_j = log(1 + n_j) / |log(1 + n)|        n_j: runs of words in the text whose number is j

The source is a table with a column of text and one of labels, Parquet or CSV, see
:mod:`fairprune.data._tables`. For words and their numbers see :mod:`fairprune.data._text`. Features
are not normalised further, as most are 0.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fairprune._validation import NotNegative, Range, checked
from fairprune.data._splits import DEFAULT_TEST_SHARE, Share, placed, split
from fairprune.data._tables import files as files
from fairprune.data._text import counts_of, text_parts
from fairprune.data._text import train_rows as train_rows
from fairprune.storage.canonical import Dataset

INPUTS = "features"


@checked
def load(
    root: Path,
    *,
    text_column: str = "text",
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    longest: Annotated[int, Range(1, 9)] = 2,
    n_features: Annotated[int, Range(2, 1 << 20)] = 4096,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load texts and labels; the order is that of the sorted file names, then of the rows.

    Parameters
    ----------
    root : path
        A file, or a folder of files whose names say their split.
    text_column, label_column, id_column, split_column
        As in :func:`fairprune.data.text.load`.
    longest : int, default=2
        Largest number of words in a run.
    n_features : int, default=4096
        How many numbers runs are hashed to.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        Naming the file and the column that is wrong.
    """
    names, texts_of = text_parts(root, text_column, label_column, id_column, split_column)
    parts = {
        name: replace(part, images=counts_of(texts, n_features, longest))
        for name, (texts, part) in texts_of.items()
    }
    with placed(root):
        return split(parts, names, seed=seed, test_share=test_share, standardise=False)
