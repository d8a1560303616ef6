import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.storage.tables import PRUNED, RECALL, SCORE, read_metadata, read_table, write_table

ROWS = {"index": [0, 2], "label": [1, 0]}


def test_written_tables_have_the_schema_the_provenance_and_stable_bytes(tmp_path):
    for name in ("a", "b"):
        write_table(tmp_path / name, ROWS, schema=PRUNED, metadata={"seed": 3, "entry": {"x": 1}})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    table = read_table(tmp_path / "a", PRUNED)
    assert table.schema.remove_metadata() == PRUNED
    assert read_metadata(tmp_path / "a") == {"seed": 3, "entry": {"x": 1}, "version": "0.1.0"}


def test_columns_come_in_the_order_of_the_schema_whatever_was_given(tmp_path):
    write_table(tmp_path / "t", {"label": [1], "index": np.array([5])}, schema=PRUNED)
    assert read_table(tmp_path / "t").column_names == ["index", "label"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"index": [1]}, r"missing columns \['label'\]"),
        ({**ROWS, "more": [1, 2]}, r"unknown \['more'\]"),
        ({"index": ["a", "b"], "label": [1, 0]}, "t: .*a"),
        ({"index": [None, 1], "label": [1, 0]}, "index"),
    ],
)
def test_wrong_tables_are_not_written(tmp_path, table, message):
    with pytest.raises(ValueError, match=message):
        write_table(tmp_path / "t", table, schema=PRUNED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"index": [1]}, "no column 'label'; it has index"),
        ({"index": [1.5], "label": pa.array([1], pa.int32())}, "'index' is double, expected int64"),
        ({"index": pa.array([1, None]), "label": pa.array([1, 2], pa.int32())}, "null in row 1"),
    ],
)
def test_wrong_files_are_not_read(tmp_path, table, message):
    pq.write_table(pa.table(table), tmp_path / "t")
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "t", PRUNED)


def test_further_columns_and_nulls_where_allowed(tmp_path):
    columns = {"class": [0], "class_name": ["a"], "n_validation": [0], "n_correct": [0]}
    write_table(tmp_path / "t", {**columns, "recall": [None]}, schema=RECALL)
    assert read_table(tmp_path / "t", RECALL)["recall"].null_count == 1
    pq.write_table(read_table(tmp_path / "t").append_column("more", [[1]]), tmp_path / "t")
    assert "more" in read_table(tmp_path / "t", RECALL).column_names


def test_scores_are_stored_in_single_precision(tmp_path):
    write_table(tmp_path / "t", {**ROWS, "score": np.array([0.1, 1 / 3])}, schema=SCORE)
    assert read_table(tmp_path / "t")["score"].type == pa.float32()
