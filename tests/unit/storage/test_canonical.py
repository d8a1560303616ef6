"""The canonical form: what is written is what is read, whole or not at all."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.storage import canonical
from fairprune.storage.canonical import Dataset, channel_statistics, read_canonical, write_canonical


def make_dataset(n=12, channels=3, groups=False):
    rng = np.random.default_rng(0)
    sizes = {"train": n, "validation": 4, "test": 6}
    return Dataset(
        images={
            s: rng.integers(0, 256, (m, 5, 4, channels), dtype=np.uint8) for s, m in sizes.items()
        },
        labels={s: np.arange(m, dtype=np.int64) % 2 for s, m in sizes.items()},
        class_names=("cat", "dog"),
        ids={s: [f"{s}{i}" for i in range(m)] for s, m in sizes.items()},
        groups={s: [f"g{i % 3}" for i in range(m)] for s, m in sizes.items()} if groups else None,
    )


def test_written_data_set_is_read_back(tmp_path):
    dataset = make_dataset()
    write_canonical(dataset, tmp_path / "new", metadata={"source": "made up"})
    opened = read_canonical(tmp_path / "new")
    for split in canonical.SPLITS:
        assert isinstance(opened.images[split], np.memmap)
        np.testing.assert_array_equal(opened.images[split], dataset.images[split])
        np.testing.assert_array_equal(opened.labels[split], dataset.labels[split])
        assert opened.labels[split].dtype == np.int64
    assert opened.class_names == ("cat", "dog")


def test_table_of_examples_has_the_columns_of_the_contract(tmp_path):
    write_canonical(make_dataset(groups=True), tmp_path)
    table = pq.read_table(tmp_path / "examples.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {
        "index": "int64",
        "split": "string",
        "label": "int32",
        "class_name": "string",
        "id": "string",
        "group": "string",
    }
    row = table.to_pylist()[12 + 3]
    assert row == {
        "index": 3,
        "split": "validation",
        "label": 1,
        "class_name": "dog",
        "id": "validation3",
        "group": "g0",
    }


def test_statistics_equal_those_of_the_float_images(tmp_path, monkeypatch):
    monkeypatch.setattr(canonical, "_CHUNK_BYTES", 100)  # several chunks, the last one short
    dataset = make_dataset(n=11)
    write_canonical(dataset, tmp_path)
    opened = read_canonical(tmp_path)
    pixels = dataset.images["train"].reshape(-1, 3) / 255.0
    np.testing.assert_allclose(opened.fingerprint.mean, pixels.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(opened.fingerprint.std, pixels.std(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(opened.images["train"], dataset.images["train"])


def test_constant_channel_is_normalised_to_zero_not_to_nan():
    mean, std = channel_statistics(np.full((2, 3, 3, 1), 51, dtype=np.uint8))
    assert mean == [0.2] and std == [1.0]


def test_same_data_set_gives_the_same_bytes(tmp_path):
    for name in "ab":
        write_canonical(make_dataset(), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == [
        "examples.parquet",
        "fingerprint.json",
        "test.npy",
        "train.npy",
        "validation.npy",
    ]
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"class_names": ("cat", "dog", "fox")}, "no training example of class 'fox'"),
        ({"class_names": ("cat", "cat")}, "'cat' twice"),
        ({"class_names": ("cat",)}, r"labels\['train'\] must be in 0 .. 0"),
        (
            {"ids": {"train": ["a"] * 12, "validation": list("bcde"), "test": list("fghijk")}},
            "unique",
        ),
        ({"ids": {"train": [], "validation": [], "test": []}}, "different lengths"),
        ({"ids": {"train": []}}, "must have the splits"),
    ],
)
def test_inconsistent_data_sets_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(make_dataset(), **change)


@pytest.mark.parametrize("shape", [(12, 5, 4, 2), (12, 5, 4), (12, 4, 4, 3)])
def test_images_of_wrong_shape_are_refused(shape):
    dataset = make_dataset()
    images = {**dataset.images, "train": np.zeros(shape, dtype=np.uint8)}
    with pytest.raises(ValueError, match="images"):
        replace(dataset, images=images)


def test_a_single_class_is_refused():
    dataset = make_dataset()
    zeros = {split: np.zeros_like(labels) for split, labels in dataset.labels.items()}
    with pytest.raises(ValueError, match="at least two classes, got 'cat'$"):
        replace(dataset, labels=zeros, class_names=("cat",))


def test_empty_split_is_refused():
    with pytest.raises(ValueError, match="split 'train' has no examples"):
        make_dataset(n=0)


def test_a_table_of_examples_that_was_edited_is_refused(tmp_path):
    write_canonical(make_dataset(), tmp_path)
    path = tmp_path / "examples.parquet"
    table = pq.read_table(path)
    swapped = pa.array(1 - table["label"].to_numpy(), pa.int32())
    table = table.set_column(table.column_names.index("label"), table.field("label"), swapped)
    pq.write_table(table, path)
    with pytest.raises(ValueError, match="examples.parquet is not a readable table of examples"):
        read_canonical(tmp_path)


def test_the_fingerprint_is_of_pixels_labels_and_ids_alone(tmp_path):
    dataset = make_dataset()
    relabelled = {**dataset.labels, "test": 1 - dataset.labels["test"]}
    renamed = {**dataset.ids, "test": [f"x{name}" for name in dataset.ids["test"]]}
    darker = {**dataset.images, "validation": dataset.images["validation"] // 2}
    for name, changed in {
        "same": dataset,
        "labels": replace(dataset, labels=relabelled),
        "ids": replace(dataset, ids=renamed),
        "pixels": replace(dataset, images=darker),
    }.items():
        write_canonical(changed, tmp_path / name, metadata={"entry": {"root": name}})
    found = {path.name: (path / "fingerprint.json").read_bytes() for path in tmp_path.iterdir()}
    assert len(set(found.values())) == 4
    write_canonical(dataset, tmp_path / "again", metadata={"entry": {"root": "elsewhere"}})
    assert (tmp_path / "again/fingerprint.json").read_bytes() == found["same"]
