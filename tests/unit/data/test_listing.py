"""Which folders and shards become which split, and what is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from fairprune.data import image_folder, parquet
from fairprune.new_study.source import find_source, image_sizes, list_source
from tests.unit.data.test_folders import make_folder, save
from tests.unit.data.test_parquet import make_images, write_shard


def sizes(dataset):
    return {name: len(labels) for name, labels in dataset.labels.items()}


def parts(dataset):
    """The folder that the examples of each split lie in."""
    return {name: {i.split("/")[0] for i in ids} for name, ids in dataset.ids.items()}


@pytest.mark.parametrize("train", ["train", "Train", "TRAINING", "train2017", "training_set"])
@pytest.mark.parametrize("held_out", ["valid", "Test", "testing", "dev", "eval", "Validation"])
def test_a_held_out_folder_under_any_usual_name_is_the_test_set(tmp_path, train, held_out):
    make_folder(tmp_path / train, 3)
    make_folder(tmp_path / held_out, 4)
    dataset = image_folder.load(tmp_path)
    assert sizes(dataset) == {"train": 6, "test": 4, "validation": 4}
    assert parts(dataset) == {"train": {train}, "test": {held_out}, "validation": {held_out}}


def test_three_folders_are_three_splits(tmp_path):
    for name, n in (("Train", 5), ("valid", 1), ("Eval", 2)):
        make_folder(tmp_path / name, n)
    dataset = image_folder.load(tmp_path)
    assert sizes(dataset) == {"train": 10, "validation": 2, "test": 4}
    assert parts(dataset) == {"train": {"Train"}, "validation": {"valid"}, "test": {"Eval"}}


def test_a_part_without_images_is_named(tmp_path):
    make_folder(tmp_path / "folder" / "train", 8)
    (tmp_path / "folder" / "test" / "dog").mkdir(parents=True)
    (tmp_path / "folder" / "test" / "Cat").mkdir()
    with pytest.raises(ValueError, match="there are no test images in .*folder/test$"):
        image_folder.load(tmp_path / "folder")
    write_shard(tmp_path / "train.parquet", make_images(8), [0, 1] * 4)
    write_shard(tmp_path / "test.parquet", [], [])
    with pytest.raises(ValueError, match=r"there are no test images in .*test\.parquet$"):
        parquet.load(tmp_path)
    write_shard(tmp_path / "train.parquet", [], [])
    with pytest.raises(ValueError, match=r"train\.parquet has no training examples"):
        parquet.load(tmp_path)


REFUSED = {
    "another name": (("train", "test", "extra"), r"extra lies beside .* images such as 0\.png"),
    "two of one split": (("train", "val", "valid"), "val and .*valid are both for .*'validation'"),
    "no training set": (("val", "test"), "there is no folder 'train' beside"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_folders_beside_train_are_refused_by_name(tmp_path, case):
    names, message = REFUSED[case]
    for name in names:
        make_folder(tmp_path / name, 2)
    with pytest.raises(ValueError, match=message):
        image_folder.load(tmp_path)


JUNK = ("._0.png", ".DS_Store", "Thumbs.db", "ehthumbs.db", "Icon\r", "0.png:Zone.Identifier")


def test_what_holds_no_images_may_lie_beside_train_and_beside_classes(tmp_path):
    for part in ("train", "test"):
        make_folder(tmp_path / part, 4)
        (tmp_path / part / "README.md").write_text("notes")
    (tmp_path / "labels.csv").write_text("id,label\n")
    (tmp_path / "metadata.parquet").write_bytes(b"")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "classes.txt").write_text("Cat\n")
    for junk in JUNK:
        (tmp_path / "train" / "dog" / junk).write_bytes(b"x")
    save(tmp_path / "__MACOSX" / "train" / "dog" / "1.png", 0)
    assert sizes(image_folder.load(tmp_path)) == {"train": 8, "validation": 4, "test": 4}
    entry = find_source(tmp_path, {})
    assert entry["source"] == "image_folder" and image_sizes(list_source(entry)) == {(4, 6): 8}


@pytest.mark.parametrize("place", ["test", "test/images", "test/unknown"])
def test_a_test_folder_without_classes_is_left_out_and_said(tmp_path, caplog, place):
    for part in ("train", "val"):
        make_folder(tmp_path / part, 4)
    save(tmp_path / place / "0.png", 0)
    dataset = image_folder.load(tmp_path)
    assert parts(dataset) == {"train": {"train"}, "test": {"val"}, "validation": {"val"}}
    assert "test has no class folders, so no labels: it is left out" in caplog.text


def test_an_image_beside_folders_of_splits_is_left_out_and_said(tmp_path, caplog):
    make_folder(tmp_path / "train")
    save(tmp_path / "overview.png", 0)
    assert parts(image_folder.load(tmp_path))["test"] == {"train"}
    assert "overview.png lies beside folders of splits, and is left out" in caplog.text


def test_a_class_may_be_called_train(tmp_path):
    make_folder(tmp_path, classes=("bus", "car", "train"))
    assert image_folder.load(tmp_path).class_names == ("bus", "car", "train")


@pytest.mark.parametrize("names", [("train", "test"), ("train",)])
def test_folders_of_splits_without_classes_are_no_classes(tmp_path, names):
    make_folder(tmp_path, classes=names)
    with pytest.raises(ValueError, match="holds no class folders: expected"):
        image_folder.load(tmp_path)


def test_a_folder_too_high_or_too_low_is_said(tmp_path):
    make_folder(tmp_path / "images")
    with pytest.raises(ValueError, match=r"'images' alone: .*; if the classes .* use .*images$"):
        image_folder.load(tmp_path)
    with pytest.raises(ValueError, match=r"0\.png: expected class folders in .*dog, and no images"):
        image_folder.load(tmp_path / "images" / "dog")


def test_links_are_followed_and_broken_ones_named(tmp_path):
    make_folder(tmp_path / "real")
    (tmp_path / "links").mkdir()
    for name in ("dog", "Cat"):
        (tmp_path / "links" / name).symlink_to(tmp_path / "real" / name)
    dataset = image_folder.load(tmp_path / "links")
    np.testing.assert_array_equal(
        dataset.images["train"], image_folder.load(tmp_path / "real").images["train"]
    )
    (tmp_path / "links" / "Cat" / "broken.png").symlink_to("nowhere.png")
    with pytest.raises(ValueError, match=r"broken\.png is a link that leads nowhere"):
        image_folder.load(tmp_path / "links")


def test_the_home_folder_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    make_folder(tmp_path / "birds")
    assert sizes(image_folder.load(Path("~/birds")))["train"] == 16
    with pytest.raises(ValueError, match="no_such_user"):
        image_folder.load(Path("~no_such_user/birds"))


def write_shards(folder, names, n=8):
    for position, name in enumerate(names):
        write_shard(folder / f"{name}.parquet", make_images(n, position), np.arange(n) % 2)


ACCEPTED = {
    "case": (("Train", "Test"), (8, 4, 4)),
    "inside a name": (("birds_training", "birds_testing"), (8, 4, 4)),
    "folders of a partition": (("split=train/0", "split=test/0"), (8, 4, 4)),
    "folders": (("data/train/0", "data/train/1", "data/test/0"), (16, 4, 4)),
    "in one word": (("birdsTrain", "birdsTest"), (8, 4, 4)),
    "three parts": (("train", "valid", "eval"), (8, 8, 8)),
    "validation": (("train", "dev"), (8, 4, 4)),
    "numbers": (
        ("train-00000-of-00002-4f1e3a2b9c8d7e6f", "train-00001-of-00002-0a1b2c3d4e5f6a7b"),
        (12, 2, 2),
    ),
    "parts of no split": (("part-0", "part-1"), (12, 2, 2)),
    "as the hub converts": (("default/partial-train/0000", "default/test/0000"), (8, 4, 4)),
    "as Spark writes": (
        ("train.parquet/part-00000-3f2a9c1b-c000.snappy", "test.parquet/part-00000-3f2a9c1b"),
        (8, 4, 4),
    ),
    "a folder that says two": (("train_test_split/train", "train_test_split/test"), (8, 4, 4)),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_words_in_paths_say_the_split_of_a_shard(tmp_path, case):
    names, expected = ACCEPTED[case]
    write_shards(tmp_path, names)
    found = sizes(parquet.load(tmp_path, test_share=0.25))
    assert tuple(found[name] for name in ("train", "validation", "test")) == expected


NOT_TOLD_APART = {
    "no word": (("a", "b"), r"a\.parquet and .*b\.parquet look like parts of two data sets"),
    "no word beside one": (("train", "extra"), r"extra\.parquet lies beside .*train\.parquet, and"),
    "configurations": (("fine/train", "coarse/train"), r"coarse/.* and .*fine/.* look like"),
    "configurations in names": (("fine_train-0", "coarse_train-0"), "look like parts of two"),
    "sizes of images": (("train_32", "train_64", "test"), "train_32.* and .*train_64.* look like"),
    "years": (("2019", "2020"), "look like parts of two"),
    "versions": (("birds_v1_train", "birds_v2_train"), "look like parts of two"),
    "two revisions": (
        ("train-00000-of-00001-4f1e3a2b9c8d7e6f", "train-00000-of-00001-0a1b2c3d4e5f6a7b"),
        "look like parts of two",
    ),
    "parts of two": (("fine/train", "coarse/test"), "look like parts of two"),
    "two folders of splits": (("birds_train/0", "cats_train/0"), "look like parts of two"),
    "two words": (("train/test_1", "train/2"), r"path of .*test_1\.parquet says more than one"),
    "no training shards": (("test",), "there is no training shard beside"),
}


@pytest.mark.parametrize("case", NOT_TOLD_APART)
def test_shards_that_cannot_be_told_apart_are_refused(tmp_path, case):
    names, message = NOT_TOLD_APART[case]
    write_shards(tmp_path, names)
    with pytest.raises(ValueError, match=message):
        parquet.load(tmp_path)


def test_globs_say_what_words_do_not(tmp_path):
    write_shards(tmp_path, ("fine/train", "coarse/train", "a", "b"))
    found = parquet.load(tmp_path, train="fine/*", test="b.parquet")
    assert sizes(found) == {"train": 8, "validation": 4, "test": 4}


def test_shards_that_are_not_all_there_are_said(tmp_path, caplog):
    write_shards(tmp_path, ("train-00001-of-00003",))
    parquet.load(tmp_path, test_share=0.5)
    assert "train-00001-of-00003.parquet is one of 3 shards, of which 1 are there" in caplog.text


def test_shards_below_a_linked_folder_are_found(tmp_path):
    write_shards(tmp_path / "real", ("train", "test"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "data").symlink_to(tmp_path / "real")
    assert sizes(parquet.load(tmp_path / "home"))["train"] == 8
    assert sizes(parquet.load(tmp_path / "home", train="data/train*", test="**/test*"))["test"] == 4
    (tmp_path / "home" / "loop").symlink_to(tmp_path / "home")
    with pytest.raises(ValueError, match="loop is a link to a folder that it lies in"):
        parquet.load(tmp_path / "home")
