"""Folders of images and the archive of Tiny ImageNet."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fairprune.data import image_folder, tiny_imagenet
from tests.documentation import ROOT

WNIDS = ("n02", "n01")


def make_image(seed, size=(6, 4)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def save(path, seed, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(make_image(seed, **options)).save(path)


def make_folder(root, n=10, classes=("dog", "Cat")):
    for label, name in enumerate(classes):
        for i in range(n):
            save(root / name / f"{i}.png", 100 * label + i)


def test_image_folder_is_read_in_the_order_of_names(tmp_path):
    make_folder(tmp_path / "train", 3)
    make_folder(tmp_path / "test", 4)
    dataset = image_folder.load(tmp_path)
    assert dataset.class_names == ("Cat", "dog")
    assert dataset.ids["train"] == [f"train/{c}/{i}.png" for c in ("Cat", "dog") for i in range(3)]
    np.testing.assert_array_equal(dataset.labels["train"], [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(dataset.images["train"][4], make_image(1))
    assert sorted(dataset.ids["validation"] + dataset.ids["test"]) == [
        f"test/{c}/{i}.png" for c in ("Cat", "dog") for i in range(4)
    ]


@pytest.mark.parametrize("name", ["test", "val", "validation"])
def test_one_held_out_folder_is_the_test_set(tmp_path, name):
    make_folder(tmp_path / "train", 3)
    make_folder(tmp_path / name, 4)
    dataset = image_folder.load(tmp_path)
    assert [len(dataset.labels[s]) for s in ("train", "validation", "test")] == [6, 4, 4]


def test_both_held_out_folders_keep_their_names(tmp_path):
    for name, n in (("train", 3), ("val", 1), ("test", 2)):
        make_folder(tmp_path / name, n)
    dataset = image_folder.load(tmp_path)
    assert dataset.ids["validation"] == ["val/Cat/0.png", "val/dog/0.png"]
    assert len(dataset.labels["test"]) == 4


def test_single_folder_is_split_and_hidden_files_are_left_out(tmp_path):
    make_folder(tmp_path)
    (tmp_path / ".DS_Store").write_text("")
    (tmp_path / "dog" / ".hidden").write_text("")
    dataset = image_folder.load(tmp_path, test_share=0.4)
    assert [len(dataset.labels[s]) for s in ("train", "validation", "test")] == [12, 4, 4]


def test_stray_files_and_folders_are_named(tmp_path):
    make_folder(tmp_path)
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    with pytest.raises(ValueError, match=r"dog/notes\.txt is not a readable image"):
        image_folder.load(tmp_path)
    (tmp_path / "dog" / "notes.txt").unlink()
    (tmp_path / "dog" / "more").mkdir()
    with pytest.raises(ValueError, match="dog/more: expected only images"):
        image_folder.load(tmp_path)
    save(tmp_path / "stray.PNG", 0)
    with pytest.raises(ValueError, match=r"stray\.PNG: expected class folders"):
        image_folder.load(tmp_path)


def test_first_image_of_another_size_is_named_with_both_sizes(tmp_path):
    make_folder(tmp_path)
    save(tmp_path / "dog" / "3.png", 0, size=(5, 7))
    with pytest.raises(ValueError, match=r"dog/3\.png is 7 x 5, .*Cat/0\.png is 4 x 6"):
        image_folder.load(tmp_path)
    assert image_folder.load(tmp_path, image_size=8).images["train"].shape[1:] == (8, 8, 3)


def test_empty_unknown_and_missing_classes_are_named(tmp_path):
    with pytest.raises(ValueError, match="no folder"):
        image_folder.load(tmp_path / "nowhere")
    (tmp_path / "train" / "empty").mkdir(parents=True)
    make_folder(tmp_path / "train")
    with pytest.raises(ValueError, match="no training example of class 'empty'"):
        image_folder.load(tmp_path)
    make_folder(tmp_path / "test", classes=("Cat", "fox"))
    with pytest.raises(ValueError, match="class 'fox' is not in training$"):
        image_folder.load(tmp_path)


def test_a_python_that_reads_names_as_ascii_says_so(tmp_path):
    make_folder(tmp_path, classes=("caf\u00e9", "owl"))
    listing = "from fairprune.data import image_folder; image_folder.listing('.')"
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    run = {"cwd": tmp_path, "env": environment, "capture_output": True, "check": False}
    said = subprocess.run([sys.executable, "-c", listing], **run).stderr
    assert b"(Python takes names for ascii: set PYTHONUTF8=1)" in said


@pytest.mark.parametrize(
    ("train", "test"), [("owl", "Owl"), ("owl", "owl "), ("caf\u00e9", "cafe\u0301")]
)
def test_a_class_that_looks_like_another_is_told_apart(tmp_path, train, test):
    make_folder(tmp_path / "train", classes=("cat", train))
    make_folder(tmp_path / "test", classes=("cat", test))
    said = re.escape(f"class {test!a} is not in training, which has {train!a}")
    with pytest.raises(ValueError, match=said):
        image_folder.load(tmp_path)


def make_tiny(root, n_train=3, n_val=4):
    """The official layout with two classes, whose names are the same word."""
    top = root / tiny_imagenet.TOP
    for label, wnid in enumerate(WNIDS):
        for i in range(n_train):
            save(top / "train" / wnid / "images" / f"{wnid}_{i}.JPEG", 10 * label + i)
        (top / "train" / wnid / f"{wnid}_boxes.txt").write_text("")
    lines = []
    for i in range(2 * n_val):
        save(top / "val" / "images" / f"val_{i}.JPEG", 50 + i)
        lines.append(f"val_{i}.JPEG\t{WNIDS[i % 2]}\t0\t0\t1\t1\n")
    (top / "val" / "val_annotations.txt").write_text("".join(lines))
    (top / "wnids.txt").write_text("\n".join(WNIDS))
    (top / "words.txt").write_text("n01\tcrane, bird\nn02\tcrane, machine\nn03\tother\n")
    return top


def make_zip(root):
    make_tiny(root)
    top = tiny_imagenet.TOP
    return Path(shutil.make_archive(str(root / top), "zip", root, top))


def test_tiny_imagenet_is_the_same_from_folder_and_archive(tmp_path):
    archive = make_zip(tmp_path / "made")
    roots = (tmp_path / "made", tmp_path / "made" / tiny_imagenet.TOP, tmp_path / "only", archive)
    (tmp_path / "only").mkdir()
    shutil.copy(archive, tmp_path / "only")
    datasets = [tiny_imagenet.load(root, download=False) for root in roots]
    for dataset in datasets:
        assert dataset.class_names == ("crane (n01)", "crane (n02)")
        assert dataset.ids == datasets[0].ids
        for name in ("train", "validation", "test"):
            np.testing.assert_array_equal(dataset.images[name], datasets[0].images[name])
            np.testing.assert_array_equal(dataset.labels[name], datasets[0].labels[name])
    assert datasets[0].ids["train"] == [f"{w}_{i}.JPEG" for w in sorted(WNIDS) for i in range(3)]


def test_annotations_label_the_images_of_val(tmp_path):
    make_tiny(tmp_path)
    dataset = tiny_imagenet.load(tmp_path)
    for name in ("validation", "test"):
        numbers = [int(i.removeprefix("val_").removesuffix(".JPEG")) for i in dataset.ids[name]]
        assert numbers == sorted(numbers) and len(numbers) == 4
        np.testing.assert_array_equal(dataset.labels[name], [1 - i % 2 for i in numbers])


def test_a_prepared_tiny_imagenet_is_the_same(tmp_path):
    """``val`` sorted into folders of classes, and ``images`` flattened, as scripts do."""
    first = tiny_imagenet.load(make_tiny(tmp_path / "official"))
    top = make_tiny(tmp_path / "prepared")
    lines = (top / "val" / "val_annotations.txt").read_text().splitlines()
    for name, wnid, *_ in map(str.split, lines):
        (top / "val" / wnid).mkdir(exist_ok=True)
        (top / "val" / "images" / name).rename(top / "val" / wnid / name)
    shutil.rmtree(top / "val" / "images")
    for images in list(top.glob("train/*/images")):
        for image in images.iterdir():
            image.rename(images.parent / image.name)
        images.rmdir()
    (top / "val" / "n01" / ".DS_Store").write_text("")
    prepared = tiny_imagenet.load(top)
    assert prepared.ids["train"] == first.ids["train"]
    for split in ("train", "validation", "test"):
        examples = zip(first.ids[split], first.labels[split], strict=True)
        assert set(examples) == set(zip(prepared.ids[split], prepared.labels[split], strict=True))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("val_0.JPEG\tn09\t0", "line 9: class 'n09' is not in wnids.txt"),
        ("val_99.JPEG\tn01\t0", "line 9: there is no val/images/val_99.JPEG"),
        ("../train.JPEG\tn01\t0", "line 9: there is no val/images/../train.JPEG"),
        ("val_0.JPEG\tn01\t0", "line 9: val_0.JPEG is annotated twice"),
    ],
)
def test_annotations_that_do_not_fit_are_named(tmp_path, line, message):
    with open(make_tiny(tmp_path) / "val" / "val_annotations.txt", "a") as file:
        file.write(line)
    with pytest.raises(ValueError, match=message):
        tiny_imagenet.load(tmp_path)


def test_nothing_there_and_no_download_says_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match=r"expected .*tiny-imagenet-200\.zip or .*download: true"):
        tiny_imagenet.load(tmp_path, download=False)


def test_images_that_are_not_square_are_squashed_cropped_or_padded(tmp_path):
    stripes = np.zeros((2, 4, 3), np.uint8)  # two rows, four columns: 10, 20, 30, 40
    stripes[:] = np.array([10, 20, 30, 40], np.uint8)[None, :, None]
    for i in range(20):
        path = tmp_path / "birds" / f"class {i % 2}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(stripes).save(path)

    def columns(**options):
        image = image_folder.load(tmp_path / "birds", **options).images["train"][0]
        return image[:, :, 0].tolist()

    assert columns(image_size=2, fit="crop") == [[20, 30]] * 2
    assert columns(image_size=4, fit="pad") == [[0] * 4, *[[10, 20, 30, 40]] * 2, [0] * 4]
    assert columns(image_size=2) == columns(image_size=2, fit="squash") != [[20, 30]] * 2
    with pytest.raises(ValueError, match="fit='crop' needs image_size"):
        columns(fit="crop")
