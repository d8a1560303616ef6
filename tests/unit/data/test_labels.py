"""Labels and metadata of Parquet files as people have them."""

import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairprune.data import _shards, parquet
from tests.unit.data.test_parquet import IMAGE, NAMES, encode, make_images, write_shard

HALF = {"test": None, "test_share": 0.5}
LABEL = {"_type": "ClassLabel", "names": NAMES}


def write(path, labels, *, images=None, features=None, metadata=None, **columns):
    """A shard with any column of labels, or none, and any metadata."""
    images = make_images(len(labels)) if images is None else images
    table = {"image": pa.array([{"bytes": encode(i), "path": None} for i in images], IMAGE)}
    if not isinstance(labels, range):
        table["label"] = labels
    if features is not None:
        metadata = {"info": {"features": features}}
    stored = {"huggingface": json.dumps(metadata)} if metadata is not None else None
    pq.write_table(pa.table({**table, **columns}).replace_schema_metadata(stored), path)


METADATA = {
    "a further column of lists": (
        {"info": {"features": {"label": LABEL, "tags": [{"dtype": "string"}]}}},
        NAMES,
    ),
    "names of another column": ({"info": {"features": {"other": 3, "label": LABEL}}}, NAMES),
    "no features": ({"fingerprint": "abc"}, ("0", "1")),
    "features that are a list": ({"info": {"features": [LABEL]}}, ("0", "1")),
    "a list": ([1], ("0", "1")),
    "a number of classes": (
        {"info": {"features": {"label": {"_type": "ClassLabel", "num_classes": 2}}}},
        ("0", "1"),
    ),
    "no names": ({"info": {"features": {"label": {**LABEL, "names": []}}}}, ("0", "1")),
}


@pytest.mark.parametrize("case", METADATA)
def test_of_the_metadata_the_entry_of_the_labels_alone_matters(tmp_path, case):
    metadata, names = METADATA[case]
    write(tmp_path / "train.parquet", [0, 1] * 4, metadata=metadata)
    assert parquet.load(tmp_path, **HALF).class_names == names


def test_metadata_nested_deeper_than_can_be_read_is_named(tmp_path):
    table = pa.table({"image": [b"x"], "label": [0]})
    deep = {"huggingface": "[" * 100_000 + "]" * 100_000}
    pq.write_table(table.replace_schema_metadata(deep), tmp_path / "train.parquet")
    with pytest.raises(ValueError, match=r"train\.parquet: unreadable 'huggingface' metadata"):
        parquet.load(tmp_path)


KINDS = {
    "text": (pa.array(["dog", "cat"] * 4), ("cat", "dog")),
    "large text": (pa.array(["dog", "cat"] * 4, pa.large_string()), ("cat", "dog")),
    "a dictionary": (pa.array(["dog", "cat"] * 4).dictionary_encode(), ("cat", "dog")),
    "a dictionary of numbers": (pa.array([1, 0] * 4).dictionary_encode(), ("0", "1")),
    "true and false": (pa.array([True, False] * 4), ("false", "true")),
    "small integers": (pa.array([1, 0] * 4, pa.uint8()), ("0", "1")),
}


@pytest.mark.parametrize("case", KINDS)
def test_labels_of_every_kind_are_numbered_by_their_names(tmp_path, case):
    labels, names = KINDS[case]
    write(tmp_path / "train.parquet", labels)
    dataset = parquet.load(tmp_path, **HALF)
    assert dataset.class_names == names
    images = np.concatenate([dataset.images[s] for s in dataset.images])
    found = np.concatenate([dataset.labels[s] for s in dataset.labels])
    original = make_images(8)
    for image, label in zip(images, found, strict=True):
        row = next(i for i in range(8) if (original[i] == image).all())
        assert label == 1 - row % 2


def test_text_labels_of_shards_are_numbered_together(tmp_path):
    write(tmp_path / "train-0.parquet", pa.array(["owl", "cat"] * 4))
    write(tmp_path / "train-1.parquet", pa.array(["dog", "dog"] * 4))
    write(tmp_path / "test.parquet", pa.array(["owl", "cat", "dog"] * 4))
    dataset = parquet.load(tmp_path)
    assert dataset.class_names == ("cat", "dog", "owl")
    assert dataset.labels["train"].tolist() == [2, 0] * 4 + [1] * 8
    write(tmp_path / "test.parquet", pa.array(["fox"] * 8))
    with pytest.raises(ValueError, match=r"test\.parquet: class 'fox' has test examples and no"):
        parquet.load(tmp_path)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_images_may_be_bytes_alone(tmp_path, kind):
    images = make_images(8)
    table = pa.table({"image": pa.array(map(encode, images), kind), "label": [0, 1] * 4})
    pq.write_table(table, tmp_path / "train.parquet")
    dataset = parquet.load(tmp_path, **HALF)
    assert {i.tobytes() for s in dataset.images for i in dataset.images[s]} == {
        i.tobytes() for i in images
    }


def test_shards_with_and_without_names_agree(tmp_path):
    write(tmp_path / "train-0.parquet", [0, 1] * 4)
    write(tmp_path / "train-1.parquet", [0, 1] * 4, features={"label": LABEL})
    assert parquet.load(tmp_path, **HALF).class_names == NAMES
    write(tmp_path / "train-0.parquet", [0, 2] * 4)
    with pytest.raises(ValueError, match=r"train-0\.parquet.* row 1: must be in 0 \.\. 1, got 2"):
        parquet.load(tmp_path, **HALF)


UNUSED = {
    "names that are not all used": (
        [0, 2] * 4,
        {"label": {"_type": "ClassLabel", "names": ["ant", "bee", "cat", *map(str, range(997))]}},
        "no training example of 998 of 1000 classes, such as 'bee'; used_classes_only: true leaves",
        ("ant", "cat"),
    ),
    "labels from 1": (
        [1, 2] * 4,
        None,
        "labels must be 0 .. 1, got 2 from 1 to 2; used_classes_only: true numbers them from 0",
        ("1", "2"),
    ),
}


@pytest.mark.parametrize("case", UNUSED)
def test_classes_without_examples_are_dropped_when_asked(tmp_path, case):
    labels, features, message, names = UNUSED[case]
    write(tmp_path / "train.parquet", labels, features=features)
    with pytest.raises(ValueError, match=message) as error:
        parquet.load(tmp_path, **HALF)
    assert len(str(error.value)) < len(str(tmp_path)) + 150
    dataset = parquet.load(tmp_path, used_classes_only=True, **HALF)
    assert dataset.class_names == names
    assert sorted(dataset.labels["train"]) == [0, 0, 1, 1]


def test_a_label_that_is_an_id_takes_no_memory_of_its_size(tmp_path):
    write(tmp_path / "train.parquet", [10**8 + i for i in range(12)])
    tracemalloc.start()
    with pytest.raises(ValueError, match="labels must be 0 .. 11, got 12 from 100000000"):
        parquet.load(tmp_path, **HALF)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_one_large_image_for_many_rows_is_held_a_few_times(tmp_path, monkeypatch):
    """The rows of a dictionary take few bytes in the file, and all of the image in memory."""
    image, sizes = encode(make_images(1)[0]) + bytes(10**6), []
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), pa.array([image]))
    table = pa.table({"image": repeated, "label": [0, 1] * 100})
    options = {"dictionary_pagesize_limit": 1 << 30, "store_schema": False}
    with pq.ParquetWriter(tmp_path / "train.parquet", table.schema, **options) as writer:
        writer.write_table(table)

    class Watched(pq.ParquetFile):
        def iter_batches(self, *arguments):
            for batch in super().iter_batches(*arguments):
                sizes.append(batch.nbytes)
                yield batch

    monkeypatch.setattr(pq, "ParquetFile", Watched)
    monkeypatch.setattr(_shards, "_BATCH_BYTES", 5 * 10**6)
    assert len(parquet.load(tmp_path, **HALF).labels["train"]) == 100
    assert 4 * 10**6 < max(sizes) < 6 * 10**6


def test_metadata_of_a_column_that_do_not_fit_its_type_are_named(tmp_path):
    """PyArrow ends the process where such metadata are asked for before a row is read."""
    write(tmp_path / "train.parquet", [0, 1] * 4)
    content = (tmp_path / "train.parquet").read_bytes()
    nullable, never_null = b"\x25\x02\x18\x05label", b"\x25\x00\x18\x05label"
    assert content.count(nullable) == 1
    (tmp_path / "train.parquet").write_bytes(content.replace(nullable, never_null))
    with pytest.raises(ValueError, match=r"train\.parquet is not a readable .* size mismatch"):
        parquet.load(tmp_path, **HALF)


def test_what_is_wrong_with_classes_names_the_file(tmp_path):
    write(tmp_path / "train.parquet", [0, 1] * 4, features={"label": {**LABEL, "names": ["a"] * 2}})
    with pytest.raises(ValueError, match=r"train\.parquet: class names must differ, got 'a' twice"):
        parquet.load(tmp_path, **HALF)


def test_a_column_of_another_type_is_not_read_as_labels(tmp_path):
    write(tmp_path / "train.parquet", [0, 1] * 4)
    with pytest.raises(ValueError, match="column 'image' is struct.*, expected integers or text"):
        parquet.load(tmp_path, group_column="image", label_column="label", **HALF)


WITHOUT = {
    "-1": [-1] * 6,
    "null": pa.array([None] * 6, pa.int64()),
    "null alone": pa.nulls(6),
    "no number": [float("nan")] * 6,
    "no column": range(6),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_a_test_part_without_labels_is_left_out_and_said(tmp_path, caplog, case):
    write(tmp_path / "train.parquet", [0, 1] * 4, features={"label": LABEL})
    write(tmp_path / "validation.parquet", [0, 1] * 4, features={"label": LABEL})
    write(tmp_path / "test.parquet", WITHOUT[case])
    dataset = parquet.load(tmp_path)
    assert [len(dataset.labels[s]) for s in ("train", "validation", "test")] == [8, 4, 4]
    assert "test.parquet: the test examples have no labels, and are left out" in caplog.text


def test_empty_text_is_no_label(tmp_path):
    write(tmp_path / "train.parquet", ["dog", "owl"] * 4)
    write(tmp_path / "valid.parquet", ["dog", "owl"] * 4)
    write(tmp_path / "test.parquet", [""] * 6)
    assert len(parquet.load(tmp_path).labels["test"]) == 4
    write(tmp_path / "train.parquet", ["dog", "", "owl"])
    with pytest.raises(ValueError, match=r"train\.parquet: column 'label', row 1: null or empty"):
        parquet.load(tmp_path)


def test_some_labels_missing_are_refused_by_row(tmp_path):
    write(tmp_path / "train.parquet", [0, 1] * 4)
    for labels, found in (([0, -1, 1], "must be at least 0"), (pa.array([0, None, 1]), "null")):
        write(tmp_path / "test.parquet", labels)
        with pytest.raises(ValueError, match=rf"test\.parquet: column 'label', row 1: {found}"):
            parquet.load(tmp_path)


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.table(
        [pa.array([b"x"]), pa.array([0]), pa.array([0])], names=["image", "label", "label"]
    )
    pq.write_table(table, tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="2 columns are called 'label'"):
        parquet.load(tmp_path)


def test_a_column_of_text_called_label_is_taken_or_asked_for(tmp_path):
    text = pa.array(["cat", "dog"] * 4)
    write(tmp_path / "train.parquet", text, caption=pa.array(list("abcdefgh")))
    assert parquet.load(tmp_path, **HALF).class_names == ("cat", "dog")
    write(tmp_path / "train.parquet", text, id=list(range(8)))
    with pytest.raises(ValueError, match="set label_column; .*: label, id"):
        parquet.load(tmp_path, **HALF)


def test_words_of_any_case_in_a_split_column(tmp_path):
    splits = ["Training"] * 4 + ["TEST"] * 4
    write_shard(tmp_path / "all.parquet", make_images(8), [0, 1] * 4, extra={"split": splits})
    dataset = parquet.load(tmp_path, split_column="split")
    assert [len(dataset.labels[s]) for s in ("train", "validation", "test")] == [4, 2, 2]


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.floats(0, 1, exclude_max=True), new=st.binary(min_size=1, max_size=3))
def test_a_damaged_shard_is_read_or_named(tmp_path_factory, place, new):
    path = tmp_path_factory.mktemp("damaged") / "train.parquet"
    write(path, pa.array(["cat", "dog"] * 4))
    content = path.read_bytes()
    start = int((1 - place**2) * (len(content) - 1))  # most of the structure is at the end
    path.write_bytes(content[:start] + new + content[start + len(new) :])
    try:
        parquet.load(path.parent, **HALF)
    except ValueError as error:
        assert str(path.parent) in str(error)
