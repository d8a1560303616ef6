"""Features and texts from tables, and how texts become numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.data import features, ngrams, text
from fairprune.data._text import counts_of, number_of, tokens_of, words_of
from fairprune.storage.canonical import read_canonical, write_canonical
from fairprune.storage.outside import read_columns

RNG = np.random.default_rng(0)
X = {part: RNG.normal(size=(n, 3)).astype(np.float32) for part, n in (("train", 24), ("test", 12))}
Y = {part: np.arange(len(x)) % 3 for part, x in X.items()}
SIZE = 100_003  # large enough that no two runs of words share a number here
NAMES = np.array(["ant", "bee", "cat"])


def as_parquet(folder):
    for part, x in X.items():
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), 3)
        table = pa.table({"features": vectors, "label": NAMES[Y[part]]})
        pq.write_table(table, folder / f"{part}.parquet")


def as_npz(folder):
    arrays = {f"x_{part}": x for part, x in X.items()}
    np.savez(folder / "all.npz", **arrays, **{f"y_{part}": NAMES[y] for part, y in Y.items()})


def as_npy(folder):
    for part, x in X.items():
        np.save(folder / f"x_{part}.npy", x)
        np.save(folder / f"y_{part}.npy", NAMES[Y[part]])


def as_one_table(folder):
    table = {
        "features": [*X["train"], *X["test"]],
        "label": [*NAMES[Y["train"]], *NAMES[Y["test"]]],
    }
    table["part"] = ["train"] * 24 + ["test"] * 12
    pq.write_table(pa.table(table), folder / "all.parquet")


@pytest.mark.parametrize("make", [as_parquet, as_npz, as_npy, as_one_table])
def test_features_of_every_kind_are_the_same(make, tmp_path):
    make(tmp_path)
    options = {"split_column": "part"} if make is as_one_table else {}
    dataset = features.load(tmp_path, **options)
    np.testing.assert_array_equal(dataset.images["train"], X["train"])
    assert dataset.labels["train"].tolist() == Y["train"].tolist()
    assert dataset.class_names == ("ant", "bee", "cat")
    held_out = np.concatenate([dataset.images["validation"], dataset.images["test"]])
    assert sorted(map(tuple, held_out)) == sorted(map(tuple, X["test"]))
    assert features.files(tmp_path) == sorted(tmp_path.iterdir())


def test_features_are_normalised_over_the_training_set(tmp_path):
    as_npz(tmp_path)
    for standardise in (True, False):
        write_canonical(features.load(tmp_path, standardise=standardise), tmp_path / "c")
        known = read_canonical(tmp_path / "c").fingerprint
        expected = (X["train"].mean(0), X["train"].std(0)) if standardise else ([0] * 3, [1] * 3)
        np.testing.assert_allclose([known.mean, known.std], expected, rtol=1e-5)
        assert known.kind == "features"


def test_one_table_is_split_and_ids_are_taken_over(tmp_path):
    names = [f"row {i}" for i in range(24)]
    table = pa.table({"features": list(X["train"]), "label": Y["train"], "id": names})
    pq.write_table(table, tmp_path / "rows.parquet")
    for root in (tmp_path, tmp_path / "rows.parquet"):
        dataset = features.load(root, id_column="id", test_share=0.5)
        assert [len(dataset.ids[s]) for s in ("train", "validation", "test")] == [12, 6, 6]
        for split, ids in dataset.ids.items():
            rows = [int(name.removeprefix("row ")) for name in ids]
            np.testing.assert_array_equal(dataset.images[split], X["train"][rows])


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"features": [[1.0], [1.0, 2.0]], "label": [0, 1]}, {}, "lists of column 'features' must"),
        (
            {"features": [1.0, 2.0], "label": [0, 1]},
            {},
            "'features' must hold vectors of one",
        ),
        ({"x": [[1.0]], "label": [0]}, {}, "no column 'features'; it has label, x"),
        ({"features": [[1.0]], "label": [0.5]}, {}, "or text alone, got float64 in train"),
        (
            {"features": [[np.nan]] * 9, "label": [0] * 9},
            {},
            "got nan in feature 0 of row 0",
        ),
    ],
)
def test_tables_of_no_use_are_refused(tmp_path, columns, options, message):
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match=message):
        features.load(tmp_path, **options)


def test_files_that_say_no_split_or_a_class_without_training_examples(tmp_path):
    for name, label in (("train", 0), ("test", 1)):
        table = pa.table({"features": list(X["train"]), "label": [label] * 24})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    with pytest.raises(ValueError, match="class 1 has test examples and no training example"):
        features.load(tmp_path)
    (tmp_path / "train.parquet").rename(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="the name must say one of train, validation and test"):
        features.load(tmp_path)


def test_words_tokens_and_counts_by_hand():
    texts = ["The cat. The dog", "", "CAT"]
    assert list(words_of(texts[0])) == ["the", "cat", ".", "the", "dog"]
    tokens = tokens_of(texts, 100, 4)
    cat = 1 + number_of("cat", 99)
    assert tokens.dtype == np.int32 and tokens[2].tolist() == [cat, 0, 0, 0]
    assert tokens[0, 1] == cat and tokens[0, 0] == tokens[0, 3] and not tokens[1].any()
    counts = counts_of(texts, SIZE, 2)
    runs = ["the", "cat", ".", "dog", "the cat", "cat .", ". the", "the dog"]
    expected = np.zeros(SIZE)
    for run in runs:
        expected[number_of(run, SIZE)] += np.log(3) if run == "the" else np.log(2)
    np.testing.assert_allclose(counts[0], expected / np.linalg.norm(expected), rtol=1e-6)
    assert not counts[1].any() and np.linalg.norm(counts[2]) == pytest.approx(1)


@pytest.mark.parametrize("source", [text, ngrams])
def test_texts_from_csv(source, tmp_path):
    lines = [f'"the word {i}, said twice: {i}",{NAMES[i % 3]}' for i in range(30)]
    (tmp_path / "all.csv").write_text("\n".join(["text,label", *lines]) + "\n")
    dataset = source.load(tmp_path, test_share=0.4)
    assert dataset.class_names == ("ant", "bee", "cat")
    ids = [name for names in dataset.ids.values() for name in names]
    assert len(set(ids)) == 30
    write_canonical(dataset, tmp_path / "c")
    known = read_canonical(tmp_path / "c")
    assert known.fingerprint.kind == source.INPUTS
    np.testing.assert_array_equal(known.images["test"], dataset.images["test"])
    (tmp_path / "all.csv").write_text("text,label\n1,ant\n2,bee\n")
    with pytest.raises(ValueError, match="column 'text' must hold text in UTF-8, got 1"):
        source.load(tmp_path)


def test_tables_of_two_data_sets_are_not_put_together(tmp_path):
    as_parquet(tmp_path)
    (tmp_path / "train.parquet").rename(tmp_path / "birds_v1_train.parquet")
    features.load(tmp_path)
    (tmp_path / "birds_v2_train.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match=r"v1_train\.parquet and .*v2_train.* like parts of two"):
        features.load(tmp_path)


def test_files_of_a_split_that_have_different_columns_are_named(tmp_path):
    as_parquet(tmp_path)
    table = pq.read_table(tmp_path / "train.parquet")
    (tmp_path / "train.parquet").unlink()
    for part, columns in enumerate((table, table.append_column("weight", [[1.0] * len(table)]))):
        pq.write_table(columns, tmp_path / f"train-0000{part}-of-00002.parquet")
    expected = r"train-00000\S+ and \S+train-00001\S+ have different columns .* has 'weight'$"
    with pytest.raises(ValueError, match=expected):
        features.load(tmp_path)


def test_arrays_are_found_by_the_usual_words_in_any_case(tmp_path):
    for part, name in (("train", "Training"), ("test", "eval")):
        np.save(tmp_path / f"X_{name}.npy", X[part])
        np.save(tmp_path / f"Y_{name}.npy", Y[part])
    dataset = features.load(tmp_path)
    np.testing.assert_array_equal(dataset.images["train"], X["train"])
    assert len(dataset.labels["test"]) == 6


def test_a_held_out_table_without_labels_is_left_out_and_said(tmp_path, caplog):
    (tmp_path / "train.csv").write_text("text,label\n" + "a,ant\nb,bee\n" * 9)
    (tmp_path / "test.csv").write_text("text\na\n")
    dataset = text.load(tmp_path, test_share=0.5)
    assert [len(labels) for labels in dataset.labels.values()] == [8, 6, 4]
    assert "the test examples have no 'label', and are left out" in caplog.text


@pytest.mark.parametrize(
    "test", [[-1, -1], pa.nulls(2, pa.int64()), pa.nulls(2), [float("nan")] * 2]
)
def test_held_out_examples_of_no_label_are_left_out(test, tmp_path, caplog):
    for part, labels in {"train": [0, 1] * 9, "validation": [0, 1] * 2, "test": test}.items():
        table = pa.table({"text": ["a"] * len(labels), "label": labels})
        pq.write_table(table, tmp_path / f"{part}.parquet")
    dataset = text.load(tmp_path)
    assert {part: len(labels) for part, labels in dataset.labels.items()} == {
        "train": 18, "validation": 2, "test": 2,
    }  # fmt: skip
    assert "the test examples have no 'label', and are left out" in caplog.text


def test_too_few_rows_are_called_examples(tmp_path):
    (tmp_path / "few.csv").write_text("text,label\na,ant\nb,bee\n")
    with pytest.raises(
        ValueError, match=r"few\.csv: .*a class needs 8 examples at test_share 0\.2"
    ):
        text.load(tmp_path / "few.csv")


ENCODED = {
    "a header": (b"text,l\xe4bel\n" + b"owl,a\n" * 20, "is not a readable CSV: 'utf-8' codec"),
    "a text": (b"text,label\n" + b"\xe4,a\nb,b\n" * 20, "column 'text' must hold text in UTF-8"),
    "a label": (
        b"text,label\n" + b"owl,\xe4\nb,b\n" * 20,
        r"'label': text must be UTF-8, got b'\\xe4'",
    ),
    "all of it": ("text,label\nowl,a\n".encode("utf-16"), r"is not a readable CSV: [^\x00]*$"),
}


@pytest.mark.parametrize("case", ENCODED)
def test_text_in_another_encoding_is_refused_with_its_file(tmp_path, case):
    content, message = ENCODED[case]
    (tmp_path / "latin.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"latin\.csv.*{message}"):
        text.load(tmp_path / "latin.csv")


def test_labels_that_are_bytes_are_their_text(tmp_path):
    features_of = np.arange(60, dtype=np.float32).reshape(20, 3)
    np.savez(
        tmp_path / "f.npz",
        features=features_of,
        label=np.array(["caf\u00e9".encode(), b"owl"] * 10),
    )
    assert features.load(tmp_path / "f.npz").class_names == ("caf\u00e9", "owl")


def test_empty_text_is_no_label(tmp_path):
    for part, rows in {"train": "a,ant\nb,bee\n" * 9, "valid": "a,ant\nb,bee\n" * 2}.items():
        (tmp_path / f"{part}.csv").write_text("text,label\n" + rows)
    (tmp_path / "test.csv").write_text("text,label\na,\nb,\n")
    assert len(text.load(tmp_path).labels["test"]) == 2


FURTHER = {
    "null": [None, *["a"] * 17],
    "nothing": pa.nulls(18),
    "lists": [["a"] * (row % 3) for row in range(18)],
    "mapping": [{"url": None}] * 18,
}


@pytest.mark.parametrize("kind", FURTHER)
def test_columns_that_nobody_asked_for_may_hold_anything(kind, tmp_path):
    columns = {"text": ["ant", "bee"] * 9, "label": [True, False] * 9, "more": FURTHER[kind]}
    table = pa.table(columns)
    pq.write_table(table, tmp_path / "train.parquet")
    dataset = text.load(tmp_path)
    assert dataset.class_names == ("False", "True")
    rows = text.train_rows(tmp_path)
    exported = pa.concat_tables(rows.tables(np.arange(18) < 5))
    assert exported.schema == table.schema and exported.equals(table[:5])


def test_two_columns_of_one_name_are_named(tmp_path):
    (tmp_path / "rows.csv").write_text("text,label,text\n" + "a,0,b\n" * 9)
    with pytest.raises(ValueError, match=r"rows\.csv: two columns are called 'text'"):
        text.load(tmp_path)


def test_repeated_text_is_in_memory_once(tmp_path):
    pq.write_table(pa.table({"text": ["a" * 1000] * 9}), tmp_path / "rows.parquet")
    texts = read_columns(tmp_path / "rows.parquet")["text"]
    assert texts.tolist() == ["a" * 1000] * 9
    assert len(set(map(id, texts))) == 1


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }"
DAMAGED = {"larger than the file": f"{1 << 40}, 3", "no Python": "9, 'unclosed"}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_array_is_named(tmp_path, case):
    as_npy(tmp_path)
    header = (HEADER % DAMAGED[case]).encode().ljust(117) + b"\n"
    (tmp_path / "x_train.npy").write_bytes(b"\x93NUMPY\1\0v\0" + header + bytes(99))
    with pytest.raises(ValueError, match=r"x_train\.npy is not a readable \.npy: "):
        features.load(tmp_path)


def test_values_that_are_no_numbers_name_the_place(tmp_path):
    np.save(tmp_path / "x_train.npy", np.full((9, 2), np.nan))
    np.save(tmp_path / "y_train.npy", np.arange(9) % 2)
    with pytest.raises(ValueError, match=f"^{tmp_path}: .* must hold finite"):
        features.load(tmp_path, test_share=0.5)
