"""Ids that do not depend on the order, and the splits that follow from them."""

import hashlib

import numpy as np
import pytest

from fairprune.data import _arrays
from fairprune.data._arrays import allocate, as_rgb, take
from fairprune.data._ids import content_ids
from fairprune.data._splits import Part, split
from fairprune.storage import canonical


def make_part(counts, seed=0, groups=False):
    """A part with ``counts[k]`` examples of class k in a random order."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    images = rng.integers(0, 256, (len(labels), 2, 2, 1), dtype=np.uint8)
    return Part(images, labels, groups=[f"g{k}" for k in labels] if groups else None)


def permuted(part, order):
    return Part(part.images[order], part.labels[order])


def counts_of(dataset, name):
    return np.bincount(dataset.labels[name], minlength=len(dataset.class_names)).tolist()


def test_id_is_the_hash_that_the_documentation_says():
    images = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    digest = hashlib.sha256(b"2x2x3:" + bytes(range(12))).digest()
    expected = hashlib.sha256(digest + b"7").hexdigest()[:16]
    assert content_ids(images, np.array([7])) == [expected]


def test_id_tells_label_shape_and_pixels_apart_and_numbers_duplicates():
    image = np.zeros((1, 2, 4, 1), dtype=np.uint8)
    first, second, third = content_ids(image.repeat(3, axis=0), np.array([0, 0, 1]))
    assert second == f"{first}-2" and third[:16] != first
    assert content_ids(image.reshape(1, 4, 2, 1), np.array([0]))[0] != first
    assert content_ids(image + 1, np.array([0]))[0] != first


def test_digest_of_encoded_bytes_replaces_the_pixels():
    images = np.zeros((2, 1, 1, 1), dtype=np.uint8)
    ids = content_ids(images, np.array([0, 0]), digests=[b"x" * 32, None])
    assert ids[0] == hashlib.sha256(b"x" * 32 + b"0").hexdigest()[:16]
    assert ids[1] == content_ids(images[:1], np.array([0]))[0]


def test_half_of_the_test_set_per_class_is_validation_and_odd_ones_stay_test():
    dataset = split({"train": make_part([3, 3, 3]), "test": make_part([4, 5, 1])}, "abc")
    assert counts_of(dataset, "validation") == [2, 2, 0]
    assert counts_of(dataset, "test") == [2, 3, 1]
    assert counts_of(dataset, "train") == [3, 3, 3]


def test_split_keeps_every_example_once_with_its_label_and_in_order():
    part = make_part([6, 8], groups=True)
    dataset = split({"train": make_part([2, 2], seed=1, groups=True), "test": part}, "ab")
    where = {image.tobytes(): i for i, image in enumerate(part.images)}
    seen = []
    for name in ("validation", "test"):
        rows = [where[image.tobytes()] for image in dataset.images[name]]
        assert rows == sorted(rows)
        np.testing.assert_array_equal(dataset.labels[name], part.labels[rows])
        assert dataset.groups[name] == [part.groups[i] for i in rows]
        seen += rows
    assert sorted(seen) == list(range(14))


def test_split_does_not_depend_on_the_order_of_the_source():
    train, test = make_part([5, 5]), make_part([20, 20], seed=1)
    order = np.random.default_rng(2).permutation(40)
    first = split({"train": train, "test": test}, "ab")
    second = split({"train": train, "test": permuted(test, order)}, "ab")
    assert set(first.ids["validation"]) == set(second.ids["validation"])
    assert first.ids["validation"] != second.ids["validation"]  # the source's order is kept


def test_seed_changes_the_split():
    parts = {"train": make_part([5, 5]), "test": make_part([20, 20], seed=1)}
    first, again, other = (split(parts, "ab", seed=seed) for seed in (0, 0, 1))
    assert first.ids == again.ids
    assert set(first.ids["validation"]) != set(other.ids["validation"])


def test_without_a_test_set_a_share_of_each_class_is_held_out():
    dataset = split({"train": make_part([20, 10, 1])}, "abc", test_share=0.3)
    assert counts_of(dataset, "train") == [14, 7, 1]
    assert counts_of(dataset, "validation") == [3, 1, 0]
    assert counts_of(dataset, "test") == [3, 2, 0]


def test_published_validation_part_is_taken_as_it_is():
    parts = {
        name: make_part([4, 4], seed) for seed, name in enumerate(("train", "test", "validation"))
    }
    dataset = split(parts, "ab")
    for name, part in parts.items():
        np.testing.assert_array_equal(dataset.images[name], part.images)


def test_same_example_in_training_and_test_gets_two_ids():
    part = make_part([4, 4])
    dataset = split({"train": part, "test": part}, "ab")
    assert not any("-" in name for name in dataset.ids["train"])
    assert all(name.endswith("-2") for s in ("validation", "test") for name in dataset.ids[s])


@pytest.mark.parametrize("share", [0, 1, -0.1, 2])
def test_impossible_test_share_is_refused(share):
    with pytest.raises(ValueError, match=r"test_share must be a number in \(0, 1\)"):
        split({"train": make_part([4, 4])}, "ab", test_share=share)


@pytest.mark.parametrize(("share", "least"), [(0.2, 8), (0.3, 5), (0.9, 3)])
def test_too_few_images_to_validate_say_how_many_a_class_needs(share, least):
    message = f"a class needs {least} images at test_share {share}, for one to validate and one"
    with pytest.raises(ValueError, match=message):
        split({"train": make_part([least - 1, 2])}, "ab", test_share=share)
    found = split({"train": make_part([least, 2])}, "ab", test_share=share)
    assert counts_of(found, "validation")[0] == 1
    parts = {"train": make_part([5, 5]), "test": make_part([1, 1], seed=1)}
    with pytest.raises(ValueError, match="a class needs 2 test images, one of which becomes"):
        split(parts, "ab")


def test_bad_seed_and_class_without_training_examples_are_refused():
    with pytest.raises(ValueError, match="seed must be"):
        split({"train": make_part([4, 4])}, "ab", seed=-1)
    with pytest.raises(ValueError, match="no training example of class 'c'"):
        split({"train": make_part([9, 9])}, "abc")


def test_large_arrays_live_in_a_file_and_behave_alike(monkeypatch):
    images = make_part([3, 3]).images
    rows = np.array([4, 0, 5])
    small = take(images, rows), as_rgb(images)
    monkeypatch.setattr(_arrays, "_IN_MEMORY_BYTES", 1)
    monkeypatch.setattr(canonical, "_CHUNK_BYTES", 9)  # two images a chunk
    large = take(images, rows), as_rgb(images)
    for a, b in zip(small, large, strict=True):
        assert not isinstance(a, np.memmap) and isinstance(b, np.memmap)
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(large[0], images[rows])
    np.testing.assert_array_equal(large[1][..., 2], images[..., 0])
    assert isinstance(allocate((2, 2)), np.memmap)
    monkeypatch.delattr("os.posix_fallocate")  # as on macOS
    filled = allocate((2, 2))
    filled[:] = 7
    assert isinstance(filled, np.memmap) and filled.sum() == 28


def test_held_out_examples_that_are_in_training_too_are_counted(caplog):
    train, test = make_part([8, 8], seed=1), make_part([4, 4], seed=2)
    train.images[:3], train.labels[:3] = test.images[:3], test.labels[:3]
    split({"train": train, "test": test, "validation": make_part([4, 4], seed=3)}, ["a", "b"])
    assert caplog.messages == [
        "the training examples hold 3 of the 8 test examples too, with their labels"
    ]
    caplog.clear()
    split({"train": make_part([8, 8]), "test": make_part([4, 4], seed=2)}, ["a", "b"])
    assert not caplog.messages


LABELS = np.repeat([0, 1], 8)
IMAGES = np.zeros((16, 2, 2, 1), np.uint8)


@pytest.mark.parametrize(
    ("parts", "class_names", "said"),
    [
        ({"train": LABELS, "tests": LABELS}, "ab", "unknown part 'tests'.*mean 'test'"),
        ({"test": LABELS}, "ab", "a part 'train' is needed, got test"),
        ({"train": LABELS}, [0, 1], "a class name must be text, got 0"),
        ({"train": LABELS.astype(str)}, "ab", "whole numbers of shape .16,., .* got <U21"),
        ({"train": LABELS * 1.0}, "ab", "got float64"),
        ({"train": LABELS.tolist()}, "ab", "got list of shape .16,."),
        ({"train": LABELS, "test": LABELS[1:]}, "ab", "part 'test' .* of shape .15,."),
    ],
)
def test_what_a_source_of_ones_own_gets_wrong_is_said(parts, class_names, said):
    with pytest.raises(ValueError, match=said):
        split({name: Part(IMAGES, labels) for name, labels in parts.items()}, class_names)


def test_labels_of_any_whole_numbers_do():
    names = [split({"train": Part(IMAGES, LABELS.astype(t))}, "ab").ids for t in ("u1", "i8")]
    assert names[0] == names[1]
