"""What every data source promises, that of docs/extend.md included.

``MAKE`` makes tiny data for each source: its folder and the options to load it. A new source
needs a line there.
"""

import shutil

import numpy as np
import pytest
import torchvision.datasets

from fairprune import registry
from fairprune.storage.canonical import SPLITS, read_canonical, write_canonical
from tests.unit.data.test_folders import make_folder, make_tiny
from tests.unit.data.test_official import make_cifar, write_fashion
from tests.unit.data.test_parquet import make_images, write_shard


def make_parts(folder, patch):
    for part in ("train", "test"):
        make_folder(folder / part)


def make_shards(folder, patch):
    for part in ("train", "test"):
        write_shard(folder / f"{part}.parquet", make_images(16, len(part)), np.arange(16) % 2)


def make_rows(folder, patch):
    rng = np.random.default_rng(0)
    arrays = {f"x_{part}": rng.normal(size=(16, 3)) for part in ("train", "test")}
    np.savez(folder / "rows.npz", **arrays, y_train=np.arange(16) % 2, y_test=np.arange(16) % 2)


def make_texts(folder, patch):
    for part in ("train", "test"):
        lines = [f'"word {i} of {part}, and more",{"ab"[i % 2]}' for i in range(16)]
        (folder / f"{part}.csv").write_text("\n".join(["text,label", *lines]) + "\n")


MAKE = {
    "cifar10": lambda folder, patch: make_cifar(folder, patch, torchvision.datasets.CIFAR10, 24),
    "cifar100": lambda folder, patch: make_cifar(folder, patch, torchvision.datasets.CIFAR100, 24),
    "fashion_mnist": lambda folder, patch: write_fashion(folder, compress=False, n=40),
    "fashion_mnist_mini": None,  # embedded: there is no folder to make
    "features": make_rows,
    "image_folder": make_parts,
    "ngrams": make_texts,
    "parquet": make_shards,
    "text": make_texts,
    "tiny_imagenet": lambda folder, patch: make_tiny(folder, n_val=8),
}


def assert_same(one, other, splits=SPLITS):
    for split in splits:
        np.testing.assert_array_equal(one.images[split], other.images[split])
        np.testing.assert_array_equal(one.labels[split], other.labels[split])
    assert one.class_names == other.class_names


def check_data_source(name, root, moved, canonical):
    """The same examples wherever they lie; a seed chooses which are validation, and no more."""
    load = registry.load("data", name).load
    first, again, other = load(root), load(moved), load(root, seed=1)
    assert_same(first, again)
    assert first.ids == again.ids
    assert_same(first, other, ["train"])
    held_out = [sorted(found.ids["validation"] + found.ids["test"]) for found in (first, other)]
    assert held_out[0] == held_out[1]
    assert first.ids["validation"] != other.ids["validation"]
    write_canonical(first, canonical)
    assert_same(first, read_canonical(canonical))


@pytest.mark.parametrize("name", registry.names("data"))
def test_data_sources(name, tmp_path, monkeypatch):
    if name not in MAKE:
        pytest.skip(f"MAKE does not say how to make tiny data for {name}")
    root = moved = None
    if MAKE[name]:
        root, moved = tmp_path / "made", tmp_path / "moved"
        root.mkdir()
        MAKE[name](root, monkeypatch)
        shutil.copytree(root, moved)
    check_data_source(name, root, moved, tmp_path / "canonical")


def test_that_of_the_documentation(extended, tmp_path):
    assert "npz" in registry.names("data")
    for folder in ("made", "moved"):
        (tmp_path / folder).mkdir()
        arrays = {f"x_{part}": make_images(16, len(part)) for part in ("train", "test")}
        arrays |= {f"y_{part}": np.arange(16, dtype=np.uint8) % 2 for part in ("train", "test")}
        np.savez(tmp_path / folder / "images.npz", **arrays)
    check_data_source("npz", tmp_path / "made", tmp_path / "moved", tmp_path / "canonical")
