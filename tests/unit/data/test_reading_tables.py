"""Rows, labels and ids of tables are what their files say."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.data import features, text
from fairprune.data._tables import read_parts
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


def test_an_empty_label_is_refused_with_its_file_and_row(tmp_path):
    (tmp_path / "train-0.csv").write_text("text,label\n" + "a,ant\nb,bee\n" * 9)
    (tmp_path / "train-1.csv").write_text("text,label\na,ant\nb,\nc,bee\n")
    with pytest.raises(
        ValueError, match=r"train-1\.csv: column 'label' is empty in row 1 of the t"
    ):
        text.load(tmp_path)
    (tmp_path / "train-1.csv").rename(tmp_path / "test.csv")
    with pytest.raises(ValueError, match=r"test\.csv: .* is empty in row 1 of the test examples"):
        text.load(tmp_path)


def test_an_empty_label_among_arrays_is_refused(tmp_path):
    labels = np.array(["ant", "bee", ""] * N)
    np.savez(tmp_path / "all.npz", features=np.ones((3 * N, 2)), label=labels)
    with pytest.raises(
        ValueError, match=r"all\.npz: column 'label' is empty in row 2 of the train"
    ):
        features.load(tmp_path)


def arrays(folder, **labels):
    """N rows for each split, with these labels."""
    folder.mkdir(exist_ok=True)
    x = np.arange(2.0 * N).reshape(N, 2)
    for part, y in labels.items():
        np.save(folder / f"x_{part}.npy", x)
        np.save(folder / f"y_{part}.npy", y)


LABELS = np.arange(N) % 3


@pytest.mark.parametrize(("one", "other"), [("val", "valid"), ("VAL", "valid"), ("test", "eval")])
def test_two_arrays_of_one_split_and_column_are_named(tmp_path, one, other):
    x = np.ones((N, 2))
    twice = {f"x_{one}": x, f"y_{one}": LABELS, f"x_{other}": x, f"y_{other}": LABELS}
    split = "test" if one == "test" else "validation"
    np.savez(tmp_path / "all.npz", x_train=x, y_train=LABELS, **twice)
    said = rf"all\.npz: the arrays 'x_{one}' and 'x_{other}' are both for 'features' of the {split}"
    with pytest.raises(ValueError, match=said):
        features.load(tmp_path / "all.npz")

    arrays(tmp_path / "files", **{"train": LABELS, one: LABELS, other: LABELS})
    files = "|".join(rf"x_{a}\.npy and .*x_{b}\.npy" for a, b in ((one, other), (other, one)))
    with pytest.raises(ValueError, match=rf"({files}) are both for 'features' of the {split}"):
        features.load(tmp_path / "files")


def test_an_archive_does_not_hide_arrays_beside_it(tmp_path):
    np.savez(tmp_path / "all.npz", x_train=np.ones((N, 2)), y_train=LABELS)
    arrays(tmp_path, training=LABELS)
    with pytest.raises(ValueError, match=r"all\.npz and .*x_training\.npy are both for 'features'"):
        features.load(tmp_path)


def test_labels_of_one_column_are_flattened(tmp_path):
    arrays(tmp_path, train=LABELS[:, None], test=LABELS)
    dataset = features.load(tmp_path)
    assert dataset.labels["train"].tolist() == LABELS.tolist()
    assert features.train_rows(tmp_path).labels.tolist() == LABELS.tolist()


def test_unlabelled_arrays_of_one_column_are_left_out(tmp_path):
    arrays(tmp_path, train=LABELS[:, None], test=np.full((N, 1), -1))
    assert sum(map(len, features.load(tmp_path, test_share=0.5).labels.values())) == N


@pytest.mark.parametrize("part", ["train", "test"])
def test_one_hot_labels_are_refused_with_their_file_and_shape(tmp_path, part):
    arrays(tmp_path, **{"train": LABELS, "test": LABELS, part: np.eye(3)[LABELS]})
    with pytest.raises(ValueError, match=rf"y_{part}\.npy: .* got \(24, 3\); of one-hot labels"):
        features.load(tmp_path)


@pytest.mark.parametrize("named", [False, True])
def test_arrays_of_different_lengths_are_refused_with_both(tmp_path, named):
    if named:
        x = np.ones((N, 2))
        np.savez(tmp_path / "all.npz", features=x, label=LABELS[1:], more=LABELS[:3])
    else:
        arrays(tmp_path, train=LABELS[1:])
    files = r"all\.npz" if named else r"x_train\.npy, .*y_train\.npy"
    said = "the train arrays .* 'features' has 24, 'label' has 23"
    with pytest.raises(ValueError, match=f"{files}: {said}"):
        features.load(tmp_path)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_file_with_a_header_only_is_called_empty(tmp_path, part):
    for name in ("train", "test"):
        rows = "" if name == part else "a,ant\nb,bee\n" * 9
        (tmp_path / f"{name}.csv").write_text("text,label\n" + rows)
    with pytest.raises(
        ValueError, match=rf"{part}\.csv: the {part} split is empty, it has no rows"
    ):
        text.load(tmp_path)


@pytest.mark.parametrize("first", [["1", "01", "001"], ["1.0", "1.00", "1"]])
def test_ids_of_a_csv_are_as_written(tmp_path, first):
    ids = [*first, *(f"{i:05d}" for i in range(3, 24))]
    rows = "".join(f"{name},a {i},{'ant' if i % 2 else 'bee'}\n" for i, name in enumerate(ids))
    (tmp_path / "all.csv").write_text("id,text,label\n" + rows)
    found = text.load(tmp_path, id_column="id").ids
    assert sorted(name for names in found.values() for name in names) == sorted(ids)
    rows = text.train_rows(tmp_path, id_column="id")
    assert rows.ids() == ids
    exported = pa.concat_tables(rows.tables(np.ones(24, dtype=bool)))
    assert exported["id"].to_pylist() == ids


def test_a_missing_id_among_numbers_is_refused(tmp_path):
    (tmp_path / "all.csv").write_text("id,text,label\n1,a,0\n,b,1\n")
    with pytest.raises(ValueError, match=r"all\.csv: column 'id' is null in row 1"):
        text.load(tmp_path, id_column="id")


@pytest.mark.parametrize("column", ["id", "text", "label"])
def test_what_is_missing_is_named_with_its_file_and_row(tmp_path, column):
    for number in range(2):
        rows = {"id": [f"{number}-{i}" for i in range(N)], "text": ["a"] * N, "label": LABELS % 2}
        columns = {name: list(values) for name, values in rows.items()}
        columns[column][5] = None if number else columns[column][5]
        pq.write_table(pa.table(columns), tmp_path / f"train-{number}.parquet")
    said = rf"train-1\.parquet: column '{column}' is null in row 5 of the train examples"
    with pytest.raises(ValueError, match=said):
        text.load(tmp_path, id_column="id")


def csv(folder, **labels):
    for part, values in labels.items():
        rows = "".join(f"a,{label}\n" for label in values)
        (folder / f"{part}.csv").write_text("text,label\n" + rows)


def test_labels_of_a_csv_with_leading_zeros_are_text(tmp_path):
    csv(tmp_path, train=["01", "1", "02", "10"] * 9, test=["1", "10"] * 9)  # the test's are plain
    dataset = text.load(tmp_path)
    assert dataset.class_names == ("01", "02", "1", "10")
    assert dataset.labels["train"].tolist() == [0, 2, 1, 3] * 9
    assert set(dataset.labels["test"].tolist()) == {2, 3}


def test_plain_numbers_of_a_csv_are_numbered_by_value(tmp_path):
    csv(tmp_path, train=["10", "-1", "2", "0"] * 9, test=[" 10", "2"] * 9)
    dataset = text.load(tmp_path)
    assert dataset.class_names == ("-1", "0", "2", "10")
    assert dataset.labels["train"].tolist() == [3, 0, 2, 1] * 9


def test_labels_may_be_the_largest_numbers(tmp_path):
    labels = pa.array([2**64 - 1, 2**63, 7] * N, pa.uint64())
    pq.write_table(pa.table({"text": ["a"] * len(labels), "label": labels}), tmp_path / "x.parquet")
    assert text.load(tmp_path).class_names == ("7", str(2**63), str(2**64 - 1))


def test_decimals_are_no_labels(tmp_path):
    csv(tmp_path, train=["0.5", "1.5"] * 9)
    with pytest.raises(ValueError, match="'label' must hold whole numbers or text"):
        text.load(tmp_path)


def test_ids_of_several_lines_are_refused(tmp_path):
    names = np.array([f"a\n{i}" for i in range(N)])
    np.savez(tmp_path / "all.npz", features=np.ones((N, 2)), label=LABELS, id=names)
    with pytest.raises(ValueError, match=r"column 'id' must hold lines of text, got 'a\\n0'"):
        features.load(tmp_path / "all.npz", id_column="id")


@pytest.mark.parametrize("names", [("1", "02", "x"), ("1", "2.50", "x"), ("true", "false", "x")])
def test_labels_are_as_written_where_those_of_another_file_are_text(tmp_path, names):
    def write(file, known):
        rows = [f"a text {i},{known[i % len(known)]}\n" for i in range(N)]
        (tmp_path / file).write_text("text,label\n" + "".join(rows))

    write("train-1.csv", names)
    write("train-2.csv", names[:2])
    write("test.csv", names[:2])
    dataset = text.load(tmp_path)
    assert dataset.class_names == tuple(sorted(names))
    assert set(np.concatenate(list(dataset.labels.values()))) == {0, 1, 2}


@pytest.mark.parametrize(("known", "none"), [("ab", "-1"), ("ab", ""), ("12", ""), ("12", "-1")])
def test_labels_that_are_none_are_neither_text_nor_numbers(tmp_path, known, none):
    for file, labels in (("train.csv", known), ("test.csv", [none])):
        rows = [f"a text {i},{labels[i % len(labels)]}\n" for i in range(N)]
        (tmp_path / file).write_text("text,label\n" + "".join(rows))
    dataset = text.load(tmp_path)
    assert dataset.class_names == tuple(known) and sum(map(len, dataset.labels.values())) == N
    if known == "12":
        labels = read_parts(tmp_path, "text", "label", None, None)["train"]["label"]
        assert labels.dtype == np.int64


@pytest.mark.parametrize("name", ["train.csv.xz", "train.csv.GZ"])
def test_packed_files_that_are_not_read_are_to_be_unpacked(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(b"text,label\na text,a\n"))
    for root in (tmp_path, tmp_path / name):
        with pytest.raises(ValueError, match=rf"no file that ends .*; unpack {name}"):
            text.load(root)


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".zst"])
def test_a_packed_csv_is_read_as_it_is(tmp_path, suffix):
    rows = "".join(f"a text {i},0{i % 2}\n" for i in range(N))
    for name in ("train.csv", f"test.csv{suffix}"):
        with pa.output_stream(tmp_path / name) as file:  # packed as the name says
            file.write(f"text,label\n{rows}".encode())
    dataset = text.load(tmp_path)
    assert dataset.class_names == ("00", "01")
    assert sum(map(len, dataset.labels.values())) == 2 * N
    if suffix:
        assert (tmp_path / f"test.csv{suffix}").read_bytes()[:4] != b"text"


def test_a_packed_csv_that_is_cut_is_named(tmp_path):
    packed = gzip.compress(b"text,label\n" + b"some words,a\n" * 999)
    (tmp_path / "train.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match=r"train\.csv\.gz is not a readable CSV: Truncated"):
        text.load(tmp_path)
