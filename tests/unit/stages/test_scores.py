"""What a score of one's own gives, and what it is given."""

from types import SimpleNamespace

import numpy as np
import pytest

from fairprune import registry
from fairprune.stages import score as stage
from fairprune.storage.tables import PRUNED, SCORE, read_table, write_table

N = 4


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Gives the scores that are written of what a module gives."""
    chosen = stage.IndexSet(np.arange(N), np.zeros(N, np.int32))
    monkeypatch.setattr(stage, "open_query", lambda *_: (None, chosen))
    source = SimpleNamespace(seed=0, outcomes=None)
    entry = {"definition": "mine", "options": {}}

    def write(given):
        module = SimpleNamespace(score=lambda query: given)
        monkeypatch.setattr(registry, "load", lambda *_: module)
        table = tmp_path / "seed0.parquet"
        stage.write_score(table, tmp_path / "cost.json", source, score="mine", entry=entry)
        return read_table(table, SCORE)["score"].to_pylist()

    return write


@pytest.mark.parametrize("given", [[0, 1, 0, 1], np.array([False, True, False, True]), range(N)])
def test_whatever_is_a_number_for_each_example_is_a_score(written, given):
    assert written(given) == list(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "got NoneType"),
        (["a"] * N, "got list"),
        ((x for x in range(N)), "got generator"),
        (np.ones(N, complex), "got ndarray.*complex128"),
        ([[1], [1, 2]], "got list"),
        (np.ones((N, 2)), r"shape \(4, 2\), 0 not finite"),
        ([1, 2, np.nan, 1e300], r"shape \(4,\), 2 not finite in float32"),
    ],
)
def test_what_is_no_score_is_said(written, given, said):
    with pytest.raises(
        ValueError, match=f"'mine' must give one finite number for each of 4.*{said}"
    ):
        written(given)


def test_a_score_that_does_not_say_what_it_needs_gets_the_model(tmp_path, monkeypatch):
    write_table(tmp_path / "set.parquet", {"index": [1], "label": [0]}, schema=PRUNED)
    opened = []
    monkeypatch.setattr(stage, "check_beside", lambda *_, **__: None)
    monkeypatch.setattr(stage, "read_labels", lambda *_: (np.array([1, 0]), ("a", "b")))
    monkeypatch.setattr(stage.Data, "open", lambda *where: opened.append(where))
    files = dict.fromkeys(("recall", "record"), tmp_path)
    source = stage.QuerySource("full", 0, tmp_path, tmp_path / "set.parquet", **files)
    stage.open_query(source, SimpleNamespace(NEEDS="record"), "cpu")
    assert not opened
    stage.open_query(source, SimpleNamespace(), "cpu")
    assert opened == [(tmp_path, "cpu")]
