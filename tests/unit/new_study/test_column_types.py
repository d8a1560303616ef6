"""make new-study: what the types of columns say of them."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.new_study import __main__ as command
from fairprune.new_study.source import find_source
from tests.unit.new_study.test_tables import STARS, TEXTS, VECTORS, N

FLAGS = pa.array([i % 3 == 0 for i in range(N)])
RATINGS = pa.array([1, 2] * (N // 2))


@pytest.mark.parametrize(
    ("columns", "inputs", "label"),
    [
        (
            {"n": range(N), "c_x": FLAGS, "c_y": FLAGS, "label": RATINGS},
            ["n", "c_x", "c_y"],
            "label",
        ),
        ({"a": [i / 2 for i in range(N)], "is_owl": FLAGS}, ["a"], "is_owl"),
        ({"review": TEXTS, "verified": FLAGS, "stars": RATINGS}, "review", "stars"),
        ({"review": TEXTS, "is_spam": FLAGS}, "review", "is_spam"),
    ],
)
def test_true_and_false_are_features_or_labels_and_no_texts(tmp_path, columns, inputs, label):
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    entry = find_source(tmp_path / "x.parquet", {})
    key = "text_column" if inputs == "review" else "feature_columns"
    assert (entry[key], entry["label_column"]) == (inputs, label)
    assert len(command.load(entry).class_names) == 2


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])  # Polars writes large lists
def test_lists_of_numbers_are_features(tmp_path, kind):
    columns = {"v": VECTORS.cast(kind(pa.float64())), "label": STARS}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    entry = find_source(tmp_path / "x.parquet", {})
    assert (entry["source"], entry["feature_column"]) == ("features", "v")
    assert command.load(entry).images["train"].shape == (32, 3)


@pytest.mark.parametrize("name", [None, "row"])
def test_the_index_that_pandas_writes_is_no_feature(tmp_path, name):
    path = tmp_path / "x.parquet"
    frame = pd.DataFrame({"a": np.arange(N) / 7, "is_owl": FLAGS.to_pylist()})
    by_class = frame.sort_values("is_owl", ignore_index=True).sample(frac=1, random_state=0)
    by_class.rename_axis(name).to_parquet(path)
    table = pq.read_table(path)
    assert table.num_columns == 3
    entry = find_source(path, {})
    assert (entry["feature_columns"], entry["label_column"]) == (["a"], "is_owl")

    if name is None:  # also where another program has left out what pandas says of the columns
        pq.write_table(table.replace_schema_metadata(), path)
        assert find_source(path, {}) == entry


def test_decimals_of_a_database_are_numbers(tmp_path):
    whole = [12 * 10 ** (i % 2) for i in range(N)]
    columns = {
        "price": pa.array([Decimal(i) / 4 for i in range(N)], pa.decimal128(10, 2)),
        "region": pa.array(map(Decimal, whole), pa.decimal128(38, 0)),
    }
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    entry = find_source(tmp_path / "x.parquet", {})
    assert (entry["feature_columns"], entry["label_column"]) == (["price"], "region")
    dataset = command.load({**entry, "standardise": False})
    assert dataset.class_names == ("12", "120")
    prices = np.concatenate([*dataset.images.values()]).ravel()
    assert sorted(prices.tolist()) == [i / 4 for i in range(N)]


def test_whole_decimals_beyond_64_bits_are_classes_as_written(tmp_path):
    codes = pa.array([Decimal(10) ** 25 + i % 2 for i in range(N)], pa.decimal128(38, 0))
    pq.write_table(pa.table({"x": range(N), "label": codes}), tmp_path / "x.parquet")
    dataset = command.load(find_source(tmp_path / "x.parquet", {}))
    assert dataset.class_names == (f"{10**25}", f"{10**25 + 1}")
