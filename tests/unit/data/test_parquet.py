"""Parquet shards in the layout of the Hugging Face hub."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from fairprune.data import parquet
from fairprune.data._ids import content_ids

NAMES = ("cat", "dog")
IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


def encode(pixels, kind="PNG", mode=None):
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(buffer, kind)
    return buffer.getvalue()


def make_images(n, seed=0, size=(4, 5), channels=(3,)):
    return np.random.default_rng(seed).integers(0, 256, (n, *size, *channels), dtype=np.uint8)


def write_shard(path, images, labels, *, names=NAMES, extra=None, column="image", row_group=3):
    """A shard; ``images`` holds arrays or encoded bytes."""
    encoded = [i if isinstance(i, bytes | None) else encode(i) for i in images]
    columns = {
        column: pa.array([{"bytes": e, "path": None} for e in encoded], IMAGE),
        "label": labels if isinstance(labels, pa.Array) else pa.array(labels, pa.int64()),
        **(extra or {}),
    }
    table = pa.table(columns)
    if names is not None:
        features = {"label": {"_type": "ClassLabel", "names": names}, column: {"_type": "Image"}}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        table = table.replace_schema_metadata(metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=row_group)


@pytest.fixture
def folder(tmp_path):
    """Two training shards of 7 and 5 images and a test shard of 8, in a subfolder."""
    images = make_images(20)
    for name, rows in (("train-0", slice(7)), ("train-1", slice(7, 12)), ("test-0", slice(12, 20))):
        labels = np.arange(20)[rows] % 2
        write_shard(tmp_path / "data" / f"{name}.parquet", images[rows], labels)
    return tmp_path


def test_pixels_labels_and_names_come_back_in_order(folder):
    dataset = parquet.load(folder)
    np.testing.assert_array_equal(dataset.images["train"], make_images(20)[:12])
    np.testing.assert_array_equal(dataset.labels["train"], np.arange(12) % 2)
    assert dataset.class_names == NAMES and dataset.groups is None
    assert [len(dataset.labels[s]) for s in ("validation", "test")] == [4, 4]


def test_ids_and_splits_are_those_of_the_same_images_in_other_rows(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    order = np.random.default_rng(1).permutation(12)
    images = make_images(20)
    write_shard(other / "train.parquet", images[:12][order], order % 2, column="img")
    write_shard(other / "test.parquet", images[12:][::-1], (np.arange(8) % 2)[::-1], column="img")
    first, second = parquet.load(folder), parquet.load(other)
    assert [first.ids["train"][i] for i in order] == second.ids["train"]
    assert set(first.ids["test"]) == set(second.ids["test"])
    assert first.ids["train"] == content_ids(images[:12], np.arange(12) % 2)


def test_lossless_formats_agree_on_ids_and_a_jpeg_is_named_by_its_bytes(tmp_path):
    image = make_images(1)[0]
    ids = {}
    for kind in ("PNG", "BMP", "WEBP", "JPEG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, kind, **options)
        many = [buffer.getvalue()] * 10
        write_shard(tmp_path / kind / "train.parquet", many, [0, 1] * 5, names=None)
        ids[kind] = parquet.load(tmp_path / kind, test=None, test_share=0.4).ids["train"][0][:16]
    assert ids["PNG"] == ids["BMP"] == ids["WEBP"] != ids["JPEG"]


def test_grayscale_keeps_one_channel_unless_one_image_has_colour(tmp_path):
    gray = make_images(12, channels=())
    images = [encode(g) for g in gray]
    write_shard(tmp_path / "train.parquet", images[:8], [0, 1] * 4)
    write_shard(tmp_path / "test.parquet", images[8:], [0, 1] * 2)
    np.testing.assert_array_equal(parquet.load(tmp_path).images["train"][..., 0], gray[:8])
    images[10] = encode(make_images(1)[0])  # in the test set, after gray ones
    write_shard(tmp_path / "test.parquet", images[8:], [0, 1] * 2)
    train = parquet.load(tmp_path).images["train"]
    np.testing.assert_array_equal(train, gray[:8, :, :, None].repeat(3, axis=3))


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK"])
def test_other_modes_become_rgb(tmp_path, mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = np.full((4, 4, 3), 255, dtype=np.uint8)
    write_shard(tmp_path / "train.parquet", [encode(image, kind, mode)] * 8, [0, 1] * 4)
    dataset = parquet.load(tmp_path, test=None, test_share=0.5)
    assert (dataset.images["train"] == 255).all() and dataset.images["train"].shape[3] == 3


def test_split_column_divides_the_rows_of_one_file(tmp_path):
    images, splits = make_images(12), ["train", "test", "validation"] * 4
    write_shard(tmp_path / "all.parquet", images, [0, 0, 0, 1, 1, 1] * 2, extra={"part": splits})
    dataset = parquet.load(tmp_path, train="*.parquet", split_column="part")
    for start, name in enumerate(("train", "test", "validation")):
        np.testing.assert_array_equal(dataset.images[name], images[start::3])


def test_groups_are_read_from_text_and_from_numbers(tmp_path):
    extra = {"breed": list("abcdefgh"), "number": pa.array(range(8))}
    write_shard(tmp_path / "train.parquet", make_images(8), [0, 1] * 4, extra=extra)
    options = {"test": None, "test_share": 0.5}
    for column, values in (("breed", "abcdefgh"), ("number", "01234567")):
        dataset = parquet.load(tmp_path, group_column=column, **options)
        found = {g for groups in dataset.groups.values() for g in groups}
        assert found == set(values)
    by_id = dict(zip(dataset.ids["train"], dataset.groups["train"], strict=True))
    everything = content_ids(make_images(8), np.array([0, 1] * 4))
    assert all(everything[int(group)] == name for name, group in by_id.items())


def test_images_of_other_sizes_are_resized_when_asked(tmp_path):
    images = [*make_images(4, size=(6, 9)), *make_images(4, size=(4, 4))]
    write_shard(tmp_path / "train.parquet", images, [0, 1] * 4)
    options = {"test": None, "test_share": 0.5}
    assert parquet.load(tmp_path, image_size=3, **options).images["test"].shape[1:] == (3, 3, 3)
    with pytest.raises(ValueError, match=r"row 4 is 4 x 4, .*row 0 is 9 x 6"):
        parquet.load(tmp_path, **options)
    with pytest.raises(ValueError, match="image_size must be"):
        parquet.load(tmp_path, image_size=0, **options)


def test_class_names_default_to_the_labels(tmp_path):
    write_shard(tmp_path / "train.parquet", make_images(8), [0, 1] * 4, names=None)
    dataset = parquet.load(tmp_path, test=None, test_share=0.5)
    assert dataset.class_names == ("0", "1")


def test_label_column_must_be_chosen_where_several_may_be_meant(tmp_path):
    extra = {"coarse": pa.array([1, 1, 0, 0, 2, 2, 0, 0])}
    write_shard(tmp_path / "train.parquet", make_images(8), [0, 1] * 4, names=None, extra=extra)
    options = {"test": None, "test_share": 0.5}
    with pytest.raises(ValueError, match="set label_column; .* label, coarse"):
        parquet.load(tmp_path, **options)
    chosen = parquet.load(tmp_path, label_column="coarse", **options)
    assert chosen.class_names == ("0", "1", "2")


BAD_SHARDS = {
    "null label": ({"labels": [0, None, 1]}, "column 'label', row 1: null"),
    "negative label": ({"labels": [0, 1, -1]}, "row 2: must be in 0 .. 1, got -1"),
    "large label": ({"labels": [0, 2, 1]}, "row 1: must be in 0 .. 1, got 2"),
    "real label": ({"labels": pa.array([0.5, 1, 0])}, "column 'label' is double, expected int"),
    "huge label": ({"labels": pa.array([0, 1, 2**63], pa.uint64())}, "column 'label'"),
    "null image": ({"images": [*make_images(2), None]}, "column 'image', row 2: no image bytes"),
    "no image": ({"images": [*make_images(2), b"text"]}, "column 'image', row 2 is not a readable"),
    "cut image": (
        {
            "images": [
                *make_images(2, size=(30, 30)),
                encode(make_images(1, size=(30, 30))[0])[:900],
            ]
        },
        "row 2 is not a readable image",
    ),
    "other column": ({"column": "picture"}, "set image_column to one of picture, label"),
}


@pytest.mark.parametrize("case", BAD_SHARDS)
def test_bad_content_names_file_column_and_row(tmp_path, case):
    change, message = BAD_SHARDS[case]
    shard = {"images": make_images(3), "labels": [0, 1, 0]} | change
    write_shard(tmp_path / "train.parquet", **shard)
    with pytest.raises(ValueError, match=message) as error:
        parquet.load(tmp_path, test=None)
    assert str(tmp_path / "train.parquet") in str(error.value)


def test_image_column_of_another_type_is_refused(tmp_path):
    pq.write_table(pa.table({"image": ["a"], "label": [0]}), tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="column 'image' is string, expected binary or a struct"):
        parquet.load(tmp_path, test=None)


def test_sixteen_bit_images_are_refused_rather_than_clipped(tmp_path):
    deep = encode(np.full((4, 4), 40_000, dtype=np.uint16))
    write_shard(tmp_path / "train.parquet", [deep] * 3, [0, 1, 0])
    with pytest.raises(ValueError, match="do not fit into 8 bits"):
        parquet.load(tmp_path, test=None)


@pytest.mark.parametrize("damage", ["cut", "text", "page"])
def test_damaged_file_is_named(folder, damage):
    path = folder / "data" / "train-1.parquet"
    content = path.read_bytes()
    page = content[:30] + bytes(200) + content[230:]
    path.write_bytes({"cut": content[:-20], "text": b"text", "page": page}[damage])
    with pytest.raises(ValueError, match=r"train-1\.parquet"):
        parquet.load(folder)


def test_unreadable_metadata_is_named(tmp_path):
    write_shard(tmp_path / "train.parquet", make_images(3), [0, 1, 0])
    table = pq.read_table(tmp_path / "train.parquet").replace_schema_metadata({"huggingface": "{"})
    pq.write_table(table, tmp_path / "train.parquet")
    with pytest.raises(ValueError, match="unreadable 'huggingface' metadata"):
        parquet.load(tmp_path, test=None)


def test_shards_that_name_different_classes_are_refused(folder):
    write_shard(folder / "data" / "test-1.parquet", make_images(2), [0, 1], names=("dog", "cat"))
    with pytest.raises(ValueError, match="name different classes"):
        parquet.load(folder)


def test_globs_that_match_nothing_or_leave_the_root_are_refused(folder):
    with pytest.raises(ValueError, match=r"no file in .* matches 'nothing\*'"):
        parquet.load(folder, test="nothing*")
    with pytest.raises(ValueError, match="not a glob relative to"):
        parquet.load(folder, train="/etc/*")


def test_hidden_folders_are_left_out(folder):
    write_shard(folder / ".cache" / "train-9.parquet", make_images(3), [0, 1, 0])
    assert len(parquet.load(folder).labels["train"]) == 12
