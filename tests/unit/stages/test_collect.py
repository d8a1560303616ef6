"""Tables of an experiment from the files of its runs."""

from fairprune.stages.collect import Result, metrics_rows
from fairprune.storage.tables import FINAL, write_table


def test_a_class_without_test_examples_is_left_out(tmp_path):
    path = tmp_path / "e/final/random/density0.5/seed0.parquet"
    columns = {
        "class": [0, 1, 2],
        "class_name": ["a", "b", "c"],
        "n_train": [4, 5, 6],
        "n_test": [0, 10, 10],
        "n_correct": [0, 9, 5],
        "recall": [None, 0.9, 0.5],
    }
    write_table(path, columns, schema=FINAL, metadata={"epochs": 3})
    (row,) = metrics_rows([Result.of(path)])
    assert (row["worst_class"], row["worst_class_accuracy"]) == ("c", 0.5)
    assert (row["average_accuracy"], row["n_train"], row["epochs"]) == (0.7, 15, 3)
