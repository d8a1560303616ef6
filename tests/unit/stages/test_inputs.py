"""Tables held against the examples that they are of: shifted indices and other labels."""

import numpy as np
import pytest

from fairprune.stages.collect import Result, group_recall_rows
from fairprune.stages.inputs import IndexSet, Parts, read_index_set
from fairprune.stages.quotas import read_scores
from fairprune.storage.tables import OUTCOMES, PRUNED, SCORE, write_table

CLASSES = np.array([0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize("index", [[1, 3, 5], [0, 2, 6]], ids=["shifted", "outside"])
def test_an_index_set_of_other_examples_is_refused(tmp_path, index):
    path = tmp_path / "kept.parquet"
    columns = {"index": [0, 2, 4], "label": [0, 1, 2]}
    write_table(path, columns, schema=PRUNED)
    assert read_index_set(path, CLASSES).index.tolist() == [0, 2, 4]
    write_table(path, {**columns, "index": index, "label": [0, 0, 2]}, schema=PRUNED)
    with pytest.raises(ValueError, match=rf"{path} is not a readable .*at index {index[1]} is ano"):
        read_index_set(path, CLASSES)


@pytest.mark.parametrize("change", [{"index": [0, 1, 3]}, {"label": [0, 0, 2]}], ids=str)
def test_a_score_of_other_examples_is_refused(tmp_path, change):
    path, chosen = tmp_path / "score.parquet", IndexSet(np.array([0, 1, 2]), CLASSES[:3])
    columns = {"index": chosen.index, "label": chosen.labels, "score": np.zeros(3)}
    write_table(path, columns, schema=SCORE)
    assert read_scores(path, chosen).tolist() == [0, 0, 0]
    write_table(path, {**columns, **change}, schema=SCORE)
    with pytest.raises(ValueError, match=f"{path} lists other examples than the training set"):
        read_scores(path, chosen)


def test_outcomes_of_other_examples_are_refused(tmp_path):
    path, kept = tmp_path / "e/outcomes/m/density0.5/seed0.parquet", tmp_path / "kept.parquet"
    columns = {"index": np.arange(6), "label": CLASSES, "correct": CLASSES > 0}
    write_table(kept, {"index": [0, 2], "label": [0, 1]}, schema=PRUNED)
    groups = Parts(
        ("a", "b"), *[dict.fromkeys(("train", "test"), x) for x in (CLASSES > 1, CLASSES)]
    )
    write_table(path, columns, schema=OUTCOMES)
    rows = group_recall_rows([Result.of(path)], [kept], groups)
    assert [row["recall"] for row in rows] == [0.5, 1]
    write_table(path, {**columns, "label": CLASSES[::-1]}, schema=OUTCOMES)
    with pytest.raises(ValueError, match="seed0.parquet is not a readable .* at index 0"):
        group_recall_rows([Result.of(path)], [kept], groups)
