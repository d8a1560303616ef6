"""Scores of folds: each table has a part of the examples, and together they have all."""

import numpy as np
import pytest

from fairprune.stages.score import QuerySource, write_mean_score
from fairprune.storage.tables import (
    MEAN_SCORE,
    OUTCOMES,
    PRUNED,
    SCORE,
    read_table,
    write_table,
)

CLASSES = np.array([0, 0, 1, 0, 0, 1, 0, 0])  # of the examples of the data set


def write_fold(path, index, scores, part="fold"):
    columns = {"index": index, "label": [0] * len(index), "score": np.array(scores, np.float32)}
    write_table(path, columns, schema=SCORE, metadata={"part": part} if part else {})
    return path


def test_folds_are_put_together(tmp_path):
    paths = [
        write_fold(tmp_path / "0.parquet", [1, 4, 7], [0.1, 0.4, 0.7]),
        write_fold(tmp_path / "1.parquet", [2, 5], [0.2, 0.5]),
    ]
    write_mean_score(tmp_path / "mean.parquet", paths, score="s", entry={})
    mean = read_table(tmp_path / "mean.parquet", MEAN_SCORE).to_pydict()
    assert mean["index"] == [1, 2, 4, 5, 7]
    np.testing.assert_allclose(mean["score"], [0.1, 0.2, 0.4, 0.5, 0.7], rtol=1e-6)
    assert mean["score_std"] == [0] * 5 and mean["n_seeds"] == [1] * 5


def test_folds_that_share_an_example_are_refused(tmp_path):
    paths = [write_fold(tmp_path / f"{k}.parquet", [1, 2 + k], [0, 1]) for k in (0, 1)]
    with pytest.raises(ValueError, match="list examples twice"):
        write_mean_score(tmp_path / "mean.parquet", paths, score="s", entry={})


def test_seeds_that_list_other_examples_are_refused(tmp_path):
    paths = [write_fold(tmp_path / f"{k}.parquet", [k, 5], [0, 1], part=None) for k in (0, 1)]
    with pytest.raises(ValueError, match="lists other examples than"):
        write_mean_score(tmp_path / "mean.parquet", paths, score="s", entry={})


def source(tmp_path, unseen):
    training_set = {"index": [1, 2, 4, 5, 7], "label": [0, 1, 0, 1, 0]}
    write_table(tmp_path / "training_set.parquet", training_set, schema=PRUNED)
    if unseen is not None:
        columns = {"index": unseen, "label": [0] * len(unseen), "correct": [True] * len(unseen)}
        write_table(tmp_path / "outcomes.parquet", columns, schema=OUTCOMES)
    return QuerySource(
        query="q",
        seed=0,
        data_folder=tmp_path,
        training_set=tmp_path / "training_set.parquet",
        recall=tmp_path / "recall.parquet",
        record=tmp_path / "record.npz",
        outcomes=None if unseen is None else tmp_path / "outcomes.parquet",
    )


def test_the_examples_of_a_fold_are_those_it_left_out(tmp_path):
    assert source(tmp_path, None).examples(CLASSES).index.tolist() == [1, 2, 4, 5, 7]
    found = source(tmp_path, [2, 4]).examples(CLASSES)
    assert found.index.tolist() == [2, 4] and found.labels.tolist() == [1, 0]


@pytest.mark.parametrize("unseen", [[2, 3], [7, 9]])
def test_examples_that_are_not_in_the_training_set_are_refused(tmp_path, unseen):
    with pytest.raises(ValueError, match="lists examples that are not in"):
        source(tmp_path, unseen).examples(CLASSES)
