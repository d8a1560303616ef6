"""Rows, labels and ids of tables are what their files say."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.data import features
from fairprune.storage.outside import read_columns

N = 24


def test_line_breaks_within_quotes_of_a_large_csv_are_text(tmp_path):
    texts = [f"{i}\n" + "some words\n" * 100 for i in range(3000)]  # some blocks of 1 MiB
    rows = "".join(f'"{line}",{i % 2}\n' for i, line in enumerate(texts))
    (tmp_path / "all.csv").write_text("text,label\n" + rows)
    assert read_columns(tmp_path / "all.csv")["text"].tolist() == texts


@pytest.mark.parametrize("suffix", ["parquet", "npz"])
def test_two_words_of_a_split_column_for_one_split_lose_no_row(tmp_path, suffix):
    said = np.array(["train", "Train", "training", "val", "validation", "test"] * N)
    columns = {"part": said, "label": np.arange(len(said)) % 2, "n": np.arange(len(said))}
    vectors = np.arange(2.0 * len(said)).reshape(-1, 2)
    if suffix == "npz":
        np.savez(tmp_path / "all.npz", features=vectors, **columns)
    else:
        pq.write_table(pa.table({**columns, "features": list(vectors)}), tmp_path / "all.parquet")
    dataset = features.load(tmp_path, split_column="part", id_column="n")
    rows = {split: list(map(int, ids)) for split, ids in dataset.ids.items()}
    assert rows["train"] == [i for i in range(len(said)) if i % 6 < 3]
    assert sorted(rows["validation"]) == [i for i in range(len(said)) if i % 6 in (3, 4)]
    assert len(rows["test"]) == N
