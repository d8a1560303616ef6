"""Sources that read the official files, and the embedded data set."""

import gzip
import hashlib
import pickle
import tarfile

import numpy as np
import pyarrow.parquet as pq
import pytest
import torchvision.datasets

from fairprune import registry
from fairprune.data import _cifar, cifar10, cifar100, fashion_mnist, fashion_mnist_mini
from fairprune.data._ids import content_ids
from fairprune.data._idx import read_idx
from fairprune.stages.data import write_data

RNG = np.random.default_rng(0)


def write_idx(path, array, compress=True):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    content = header + array.astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if compress else content)


def write_fashion(folder, compress=True, n=20):
    """The four files with n training and n test images; returns the training arrays."""
    arrays = {}
    for prefix in ("train", "t10k"):
        images, labels = RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8), np.arange(n) % 10
        end = ".gz" if compress else ""
        write_idx(folder / f"{prefix}-images-idx3-ubyte{end}", images, compress)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte{end}", labels, compress)
        arrays[prefix] = images, labels
    return arrays["train"]


@pytest.mark.parametrize(("place", "compress"), [("", True), ("FashionMNIST/raw", False)])
def test_fashion_mnist_reads_what_torchvision_reads(tmp_path, place, compress):
    images, labels = write_fashion(tmp_path / place, compress)
    dataset = fashion_mnist.load(tmp_path, download=False)
    np.testing.assert_array_equal(dataset.images["train"][..., 0], images)
    np.testing.assert_array_equal(dataset.labels["train"], labels)
    assert [len(dataset.labels[s]) for s in ("validation", "test")] == [10, 10]
    assert list(dataset.class_names) == torchvision.datasets.FashionMNIST.classes
    if place:
        peer = torchvision.datasets.FashionMNIST(tmp_path)
        np.testing.assert_array_equal(peer.data.numpy(), dataset.images["train"][..., 0])


def test_checksums_are_those_that_torchvision_ships():
    peers = {name: f"md5:{md5}" for name, md5 in torchvision.datasets.FashionMNIST.resources}
    assert peers == fashion_mnist.CHECKSUMS


def test_missing_files_are_named_or_fetched(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"no train-images-idx3-ubyte\.gz in .*download: true"):
        fashion_mnist.load(tmp_path, download=False)
    write_fashion(tmp_path / "server")

    def fetch(url, path, *, checksum, max_bytes):
        assert checksum == fashion_mnist.CHECKSUMS[path.name]
        path.write_bytes((tmp_path / "server" / url.rpartition("/")[2]).read_bytes())
        return path

    monkeypatch.setattr(fashion_mnist, "fetch", fetch)
    assert len(fashion_mnist.load(tmp_path).labels["train"]) == 20


@pytest.mark.parametrize("place", ["", "FashionMNIST/raw"])
def test_published_files_that_are_there_are_verified(tmp_path, monkeypatch, place):
    write_fashion(tmp_path / place)
    for path in (tmp_path / place).iterdir():
        known = f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"
        monkeypatch.setitem(fashion_mnist.CHECKSUMS, path.name, known)
    assert len(fashion_mnist.load(tmp_path).labels["train"]) == 20

    name = "t10k-images-idx3-ubyte.gz"
    expected = fashion_mnist.CHECKSUMS[name]
    monkeypatch.setitem(fashion_mnist.CHECKSUMS, name, "md5:0")
    said = rf"{name} has checksum {expected}, expected md5:0; .*download: false"
    with pytest.raises(ValueError, match=said):
        fashion_mnist.load(tmp_path)
    fashion_mnist.load(tmp_path, download=False)
    assert len(fashion_mnist.files(tmp_path, download=True)) == 4  # planning reads none of them


def test_files_that_were_unpacked_have_no_checksum(tmp_path):
    write_fashion(tmp_path, compress=False)
    assert len(fashion_mnist.load(tmp_path).labels["train"]) == 20


def test_damaged_idx_files_are_named(tmp_path):
    path = tmp_path / "file.gz"
    write_idx(path, np.zeros((3, 2, 2)))
    assert read_idx(path, 3).shape == (3, 2, 2)
    with pytest.raises(ValueError, match=r"file\.gz is no IDX file of bytes with 1 dimensions"):
        read_idx(path, 1)
    content = path.read_bytes()
    path.write_bytes(content[:-4])
    with pytest.raises(ValueError, match=r"file\.gz is damaged"):
        read_idx(path, 3)
    path.write_bytes(gzip.decompress(content)[:-1])
    with pytest.raises(ValueError, match="has 11 bytes for an array of shape"):
        read_idx(path, 3)


def test_files_that_do_not_fit_each_other_are_refused(tmp_path):
    write_fashion(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(19) % 10)
    with pytest.raises(ValueError, match="20 images, .* 19 labels"):
        fashion_mnist.load(tmp_path, download=False)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(20))
    with pytest.raises(ValueError, match="label 10 must be in 0 .. 9, got 10"):
        fashion_mnist.load(tmp_path, download=False)


def make_cifar(root, monkeypatch, reader=torchvision.datasets.CIFAR100, n=6):
    """Official-looking files of n images, their checksums made known to torchvision."""
    checksums = {}
    folder = root / reader.base_folder
    folder.mkdir(parents=True)
    pixels = RNG.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8)
    split = {"data": pixels.reshape(n, -1), "fine_labels": [i % 3 for i in range(n)]}
    meta = {reader.meta["key"]: ["apple", "bear", "can"]}
    for name, content in (("train", split), ("test", split), (reader.meta["filename"], meta)):
        (folder / name).write_bytes(pickle.dumps(content))
        checksums[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(reader, "train_list", [["train", checksums["train"]]])
    monkeypatch.setattr(reader, "test_list", [["test", checksums["test"]]])
    monkeypatch.setattr(reader, "meta", {**reader.meta, "md5": checksums[reader.meta["filename"]]})
    return pixels.transpose(0, 2, 3, 1)


def pack(root, monkeypatch):
    reader = torchvision.datasets.CIFAR100
    archive = root / reader.filename
    with tarfile.open(archive, "w:gz") as file:
        file.add(root / reader.base_folder, reader.base_folder)
    digest = hashlib.md5(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(reader, "tgz_md5", digest)
    return archive


def test_cifar_files_give_pixels_labels_names_and_content_ids(tmp_path, monkeypatch):
    images = make_cifar(tmp_path, monkeypatch)
    for root in (tmp_path, tmp_path / "cifar-100-python"):
        dataset = cifar100.load(root, download=False)
        np.testing.assert_array_equal(dataset.images["train"], images)
        np.testing.assert_array_equal(dataset.labels["train"], [0, 1, 2] * 2)
        assert dataset.class_names == ("apple", "bear", "can")
        assert dataset.ids["train"] == content_ids(images, np.array([0, 1, 2] * 2))


def test_cifar_archive_is_extracted_without_download(tmp_path, monkeypatch):
    images = make_cifar(tmp_path / "made", monkeypatch)
    archive = pack(tmp_path / "made", monkeypatch)
    (tmp_path / "new").mkdir()
    archive.rename(tmp_path / "new" / archive.name)
    dataset = cifar100.load(tmp_path / "new", download=False)
    np.testing.assert_array_equal(dataset.images["train"], images)


def test_cifar_archive_is_fetched_when_nothing_is_there(tmp_path, monkeypatch):
    make_cifar(tmp_path / "made", monkeypatch)
    content = pack(tmp_path / "made", monkeypatch).read_bytes()

    def fetch(url, path, *, checksum, max_bytes):
        assert url == "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
        assert checksum == f"md5:{hashlib.md5(content).hexdigest()}"
        path.parent.mkdir()
        path.write_bytes(content)

    monkeypatch.setattr(_cifar, "fetch", fetch)
    assert len(cifar100.load(tmp_path / "new").labels["train"]) == 6


def test_damaged_or_missing_cifar_is_not_unpickled(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"no cifar10 in .*cifar-10-batches-py.*download: true"):
        cifar10.load(tmp_path, download=False)
    make_cifar(tmp_path, monkeypatch)
    (tmp_path / "cifar-100-python" / "train").write_bytes(b"harmful")
    with pytest.raises(ValueError, match="with all its files intact"):
        cifar100.load(tmp_path, download=False)
    (tmp_path / "cifar-100-python.tar.gz").write_bytes(b"cut")
    with pytest.raises(ValueError, match=r"cifar-100-python\.tar\.gz has checksum md5:"):
        cifar100.load(tmp_path, download=False)


def test_embedded_data_set_is_the_documented_file():
    content = fashion_mnist_mini.FILE.read_bytes()
    assert len(content) < 6_000_000
    readme = (fashion_mnist_mini.FOLDER / "README.md").read_text()
    assert hashlib.sha256(content).hexdigest() in readme
    assert "Zalando SE" in (fashion_mnist_mini.FOLDER / "LICENSE").read_text()


def test_embedded_data_set_is_balanced_and_has_the_pixels_of_the_original():
    dataset = fashion_mnist_mini.load()
    assert list(dataset.class_names) == torchvision.datasets.FashionMNIST.classes
    for name, count in (("train", 500), ("validation", 250), ("test", 250)):
        assert np.bincount(dataset.labels[name]).tolist() == [count] * 10
        assert dataset.images[name].shape == (10 * count, 28, 28, 1)
    # the first images of the official training file: an ankle boot and a T-shirt
    assert dataset.labels["train"][:4].tolist() == [9, 0, 0, 3]
    assert dataset.ids["train"][0] == "dbebca677939bdc2"
    digest = hashlib.sha256(dataset.images["train"].tobytes()).hexdigest()
    assert digest == "219e0834d6dbbfcccb72e61d67310bfef387e43aba6c40b2bc63758d7ad925c9"


def test_embedded_paths_hold_the_official_positions():
    rows = pq.read_table(fashion_mnist_mini.FILE)["image"].to_pylist()
    positions = [row["path"] for row in rows]
    assert positions[0] == "train/00000.png" and positions[5000] == "test/00000.png"
    assert positions == sorted(positions[:5000]) + sorted(positions[5000:])


def test_embedded_data_set_takes_no_root(tmp_path):
    with pytest.raises(ValueError, match="takes no root"):
        fashion_mnist_mini.load(tmp_path)


@pytest.mark.parametrize("name", sorted(set(registry.names("data")) - {"fashion_mnist_mini"}))
def test_every_other_source_says_that_it_needs_a_root(name, tmp_path):
    with pytest.raises(ValueError, match=f"{name} needs root, got None"):
        write_data(tmp_path, entry={"source": name})
