"""Scores, embeddings, quotas and recalls from files of one's own, joined by key."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from fairprune import registry, scores
from fairprune.stages.outside import write_outside_score
from fairprune.storage import tables
from fairprune.storage.outside import by_class, joined
from fairprune.storage.tables import read_table
from tests.unit.stages.test_prune import LABELS, SCORES, canonical, quotas

N = len(LABELS)
IDS = np.array([f"train/{i}" for i in range(N)])
SHUFFLED = np.random.default_rng(0).permutation(N)
POINTS = np.random.default_rng(1).normal(size=(N, 3)).astype(np.float32)
ENTRY = {"key": "id", "column": "score"}


@pytest.fixture
def files(tmp_path):
    return canonical(tmp_path, [str(i) for i in range(N)])


def write(path, **columns):
    """Columns as a file of the kind that its name says."""
    if path.suffix == ".npz":
        np.savez(path, **columns)
        return path
    lists = {name: list(c) if np.ndim(c) == 2 else c for name, c in columns.items()}
    table = pa.table(lists)
    if path.suffix == ".csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


def score(files, file, **changes):
    table = file.with_name("outside.parquet")
    entry = {**ENTRY, "file": str(file), **changes}
    write_outside_score(table, file=file, score="mine", entry=entry, **files)
    return read_table(table, tables.MEAN_SCORE).to_pandas()


@pytest.mark.parametrize("name", ["scores.parquet", "scores.csv", "scores.npz"])
def test_a_shuffled_file_with_others_besides_is_joined_by_id(files, tmp_path, name):
    ids = np.append(IDS[SHUFFLED], "test/0")
    file = write(tmp_path / name, id=ids, score=np.append(SCORES[SHUFFLED], 99.0))
    found = score(files, file)
    np.testing.assert_array_equal(found["score"], SCORES)
    assert found["index"].tolist() == list(range(N)) and found["label"].tolist() == LABELS.tolist()
    assert (found["n_seeds"] == 1).all() and (found["score_std"] == 0).all()


def test_ids_and_classes_of_a_csv_are_as_written(tmp_path):
    (tmp_path / "s.csv").write_text("id,score\n007,1\n7,2\n010,3\n")
    ids = np.array(["010", "7", "007"], dtype=object)
    assert joined(tmp_path / "s.csv", ids, key="id", column="score").tolist() == [3, 2, 1]
    (tmp_path / "q.csv").write_text("class_name,weight\n01,1\n1,2\n")
    weights = by_class(tmp_path / "q.csv", ["1", "01"], 0.5, ["weight"])
    assert weights["weight"].tolist() == [2, 1]


def test_positions_and_another_column(files, tmp_path):
    columns = {"index": SHUFFLED, "margin": SCORES[SHUFFLED]}
    found = score(files, write(tmp_path / "s.parquet", **columns), key="index", column="margin")
    np.testing.assert_array_equal(found["score"], SCORES)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": IDS[1:], "score": SCORES[1:]}, "no row for 1 of 12 wanted by id: 'train/0'$"),
        ({"id": IDS[:8], "score": SCORES[:8]}, "no row for 4 of 12 wanted by id: .* and 1 more$"),
        ({"id": [*IDS, IDS[3]], "score": [*SCORES, 1.0]}, "id 'train/3' occurs twice"),
        ({"id": IDS, "score": [*SCORES[:-1], np.nan]}, "'score' of id 'train/11' is not finite"),
        ({"id": IDS, "value": SCORES}, "no column 'score'; it has id, value"),
        ({"name": IDS, "score": SCORES}, "no column 'id'; it has name, score"),
        ({"id": [f"{i}.bak" for i in IDS], "score": SCORES}, "no row for 12 of 12 wanted by id"),
        ({"id": IDS, "score": IDS}, "column 'score' must be numeric"),
        ({"id": IDS, "score": POINTS}, "column 'score' must hold one number an example"),
    ],
)
@pytest.mark.parametrize("name", ["scores.parquet", "scores.npz"])
def test_a_file_that_does_not_fit_is_refused_by_name(files, tmp_path, name, columns, message):
    file = write(tmp_path / name, **columns)
    with pytest.raises(ValueError, match=message) as error:
        score(files, file)
    assert str(file) in str(error.value)


@pytest.mark.parametrize(
    ("columns", "shapes"),
    [
        ({"id": IDS, "score": SCORES[:-1]}, r"\(12,\), \(11,\)"),
        ({"id": IDS, "score": 0.5}, r"\(12,\), \(\)"),
        ({"id": "train/0", "score": SCORES}, r"\(\), \(12,\)"),
    ],
)
def test_arrays_of_other_lengths_are_refused(files, tmp_path, columns, shapes):
    file = write(tmp_path / "scores.npz", **columns)
    with pytest.raises(ValueError, match=rf"npz: 'id' and 'score' have shapes {shapes}"):
        score(files, file)


@pytest.mark.parametrize(
    "columns",
    [
        {"class": np.arange(3), "recall": [0.5, 0.5]},
        {"class": np.arange(3), "recall": np.full((3, 2), 0.5)},
        {"class": np.arange(3), "recall": 0.5},
        {"class": 0, "recall": [0.5, 0.5, 0.5]},
        {"class": np.arange(3), "recall": [0.5, 0.5, 0.5], "density": [0.5]},
    ],
)
def test_classes_have_one_value_of_each_column(tmp_path, columns):
    file = write(tmp_path / "recall.npz", **columns)
    with pytest.raises(ValueError, match="npz: columns must hold one value a class each, got sh"):
        by_class(file, ["a", "b", "c"], 0.5, ["recall"])


def test_positions_must_be_whole_numbers(files, tmp_path):
    file = write(tmp_path / "s.parquet", index=np.arange(N) + 0.5, score=SCORES)
    with pytest.raises(ValueError, match=r"s\.parquet: column 'index' must hold whole numbers"):
        score(files, file, key="index")


def test_damaged_files_and_nulls_are_refused(files, tmp_path):
    for name in ("a.parquet", "a.npz"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
        with pytest.raises(ValueError, match=f"{name} is not a readable"):
            score(files, tmp_path / name)
    file = write(tmp_path / "null.parquet", id=IDS, score=[None, *SCORES[1:].tolist()])
    with pytest.raises(ValueError, match="column 'score' is null in row 0"):
        score(files, file)


@pytest.mark.parametrize("name", ["points.parquet", "points.npz"])
def test_scores_in_a_space_from_a_file(files, tmp_path, name):
    file = write(tmp_path / name, id=IDS[SHUFFLED], embedding=POINTS[SHUFFLED])
    for definition, options, expected in (
        ("coreset", {}, scores.coreset(POINTS)),
        ("moderate", {"within": "class"}, scores.moderate(POINTS, LABELS, within="class")),
        ("ssp", {"supervised": True}, scores.ssp(POINTS, LABELS, supervised=True)),
    ):
        about = {"embeddings": str(file), "definition": definition, "options": options}
        found = score(files, file, column="embedding", **about)
        np.testing.assert_allclose(found["score"], expected, rtol=1e-6)


def test_scores_that_a_module_gives_are_checked(files, tmp_path, monkeypatch):
    file = write(tmp_path / "points.parquet", id=IDS, embedding=POINTS)
    module = registry.load("scores", "moderate")
    monkeypatch.setattr(module, "score", lambda space: np.ones(N - 1))
    about = {"embeddings": str(file), "definition": "moderate", "options": {}}
    with pytest.raises(ValueError, match="'mine' must give one finite number for each of 12 exam"):
        score(files, file, column="embedding", **about)


def test_a_score_beyond_float32_is_refused(files, tmp_path):
    file = write(tmp_path / "scores.parquet", id=IDS, score=[*SCORES[:-1], 1e39])
    with pytest.raises(ValueError, match="'mine' must give .* 1 not finite in float32"):
        score(files, file)


def test_quotas_and_weights_of_classes(files, tmp_path):
    by_name = {"class_name": ["owl", "cat", "dog"]}
    entry = {"rule": "weighted"}
    file = write(tmp_path / "q.csv", **by_name, quota=[3, 1, 2])
    assert quotas(tmp_path, files, entry, "0.5", file=file)["quota"].tolist() == [1, 2, 3]

    file = write(tmp_path / "w.parquet", **by_name, weight=[3.0, 1.0, 2.0])
    for density, expected in (("0.5", [1, 2, 3]), ("0.25", [0, 1, 2])):
        found = quotas(tmp_path, files, entry, density, file=file)["quota"]
        assert found.sum() == sum(expected) and (np.abs(found - expected) <= 1).all()

    columns = {"class": [0, 1, 2] * 2, "density": [0.5] * 3 + [0.25] * 3}
    file = write(tmp_path / "d.parquet", **columns, class_density=[0.25, 0.5, 0.75, 0, 0.25, 0.5])
    assert quotas(tmp_path, files, entry, "0.25", file=file)["quota"].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="no rows of density 0.75; it has 0.25, 0.5"):
        quotas(tmp_path, files, entry, "0.75", file=file)


def test_recalls_of_another_model(files, tmp_path):
    file = write(tmp_path / "r.csv", class_name=["dog", "owl", "cat"], recall=[0.6, 0.4, 0.8])
    found = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", file=file)
    np.testing.assert_allclose(found["class_density"], [0.25, 0.5, 0.75])
    np.testing.assert_allclose(found["recall"], [0.8, 0.6, 0.4])
    counted = {"class": [0, 1, 2], "recall": [0.8, 0.6, 0.4], "n_validation": [100] * 3}
    file = write(tmp_path / "c.parquet", **counted)
    found = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", file=file)
    np.testing.assert_allclose(found["recall_error"], np.sqrt([0.16, 0.24, 0.24]) / 10)


@pytest.mark.parametrize("name", ["recall.csv", "recall.parquet", "recall.npz"])
def test_a_class_without_validation_examples_has_no_recall(files, tmp_path, name):
    unknown = np.nan if name.endswith("npz") else None  # pandas writes a NaN as null
    file = write(tmp_path / name, **{"class": [0, 1, 2], "recall": [0.9, unknown, 0.6]})
    with pytest.raises(
        ValueError, match="no validation example of class .*options.missing to mean"
    ):
        quotas(tmp_path, files, {"rule": "metriq"}, "0.5", file=file)
    entry = {"rule": "metriq", "options": {"missing": "mean"}}
    whole = write(tmp_path / f"whole_{name}", **{"class": [0, 1, 2], "recall": [1, unknown, 0]})
    found = quotas(tmp_path, files, entry, "0.5", file=whole)
    np.testing.assert_array_equal(found["recall"], [1, np.nan, 0])
    found = quotas(tmp_path, files, entry, "0.5", file=file)
    np.testing.assert_array_equal(found["recall"], [0.9, np.nan, 0.6])
    full = write(tmp_path / "full.csv", **{"class": [0, 1, 2], "recall": [0.9, 0.75, 0.6]})
    expected = quotas(tmp_path, files, {"rule": "metriq"}, "0.5", file=full)
    assert found["quota"].tolist() == expected["quota"].tolist()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"class": [0, 1, 2], "recall": [90, 50, 40]},
            r"q\.parquet: recall of class 'cat' must be in \[0, 1\], got 90",
        ),
        (
            {"class": [0, 1, 2], "recall": [0.9, -0.5, 0.6]},
            "recall of class 'dog' must .* got -0.5",
        ),
        (
            {"class": [0, 1, 2], "recall": ["high", None, "low"]},
            "column 'recall' must be numeric, got object",
        ),
        ({"class": [0, 1], "quota": [3, 3]}, "no row for 1 of 3 wanted by class: 2"),
        (
            {"class": [0, 1, 2], "quota": [2, 2, 3]},
            "keeps 7 examples, density 0.5 keeps 6;",
        ),
        ({"class": [0, 1, 2], "quota": [5, 0, 1]}, "quota of class 0 keeps 5 of 4 examples"),
        (
            {"class": [0, 1, 2], "size": [2, 2, 2]},
            "no column recall, quota, class_density",
        ),
        (
            {"class": ["cat", "dog", "owl"], "quota": [2, 2, 2]},
            r"parquet: column 'class' must be numeric, got object$",
        ),
        (
            {"class": [0, 1, 2], "recall": [0.5, 0.5, 0.5], "n_validation": [9, -1, 9]},
            "n_validation of class 1 must not be negative: -1$",
        ),
    ],
)
def test_tables_of_classes_that_do_not_fit_are_refused(files, tmp_path, columns, message):
    file = write(tmp_path / "q.parquet", **columns)
    with pytest.raises(ValueError, match=message):
        quotas(tmp_path, files, {"rule": "weighted"}, "0.5", file=file)
