"""Index sets in training code of one's own: indices, subsets, ids."""

import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch.utils.data import IterableDataset, Subset, TensorDataset
from torchvision.datasets import ImageFolder

import fairprune
from fairprune.data import image_folder
from fairprune.library.index_sets import files_digest
from fairprune.storage.tables import EXAMPLES, PRUNED, SCORE, write_table
from tests.unit.data.test_folders import make_folder

LABELS = np.array([0, 0, 0, 1, 1, 2])
KEPT = np.array([1, 3, 4, 5])


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "seed0.parquet"
    write_table(path, {"index": KEPT, "label": LABELS[KEPT]}, schema=PRUNED)
    return path


def with_targets(targets):
    dataset = TensorDataset(torch.arange(len(LABELS)))
    dataset.targets = targets
    return dataset


def test_the_indices_and_the_subset(kept):
    np.testing.assert_array_equal(fairprune.load_pruned(kept), KEPT)
    subset = fairprune.load_pruned(str(kept), TensorDataset(torch.arange(6) * 10))
    assert [int(x) for (x,) in subset] == [10, 30, 40, 50]


def test_a_short_data_set_is_refused(kept):
    with pytest.raises(ValueError, match=r"seed0.parquet keeps index 5; the data set has 5"):
        fairprune.load_pruned(kept, TensorDataset(torch.arange(5)))


def test_a_stream_is_refused(kept):
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(LABELS)

        def __len__(self):
            return len(LABELS)

    for stream in (Stream(), iter(LABELS)):
        with pytest.raises(ValueError, match="positions, and .* is a stream; .*load_pruned_ids"):
            fairprune.load_pruned(kept, stream)


@pytest.mark.parametrize("n", [6, 8])
def test_a_data_set_of_another_length_than_the_training_set_is_refused(tmp_path, n):
    columns = {"index": KEPT, "label": LABELS[KEPT]}
    path = tmp_path / "seed0.parquet"
    write_table(path, columns, schema=PRUNED, metadata={"n_examples": 7})
    with pytest.raises(ValueError, match=rf"training set of 7 examples; the data set has {n}"):
        fairprune.load_pruned(path, TensorDataset(torch.arange(n)))
    assert len(fairprune.load_pruned(path, TensorDataset(torch.arange(7)))) == len(KEPT)


@pytest.mark.parametrize(
    "targets",
    [
        LABELS.tolist(),
        torch.tensor(LABELS),
        [7, 7, 7, 3, 3, 5],  # other numbers
        [0, 1, 0, 2, 3, 4],  # finer classes
        [0, 0, 0, 1, 1, 1],  # coarser ones
        ["cat", "cat", "cat", "dog", "dog", "owl"],
        [[0, 1]] * 6,  # boxes or the like say nothing of the order
    ],
)
def test_targets_that_fit_the_labels_pass(kept, targets):
    assert len(fairprune.load_pruned(kept, with_targets(targets))) == 4


@pytest.mark.parametrize("targets", [LABELS[:5], LABELS[:2], [*LABELS, 2]])
def test_targets_of_another_length_than_the_data_set_are_refused(kept, targets):
    with pytest.raises(ValueError, match=rf"has 6 examples and {len(targets)} targets"):
        fairprune.load_pruned(kept, with_targets(targets))


def test_a_table_of_another_kind_is_refused(tmp_path):
    columns = {"index": KEPT, "label": LABELS[KEPT], "score": np.zeros(4, np.float32)}
    write_table(tmp_path / "seed0.parquet", columns, schema=SCORE)
    with pytest.raises(ValueError, match="no index set: .* it has the columns score"):
        fairprune.load_pruned(tmp_path / "seed0.parquet")


def test_labels_count_as_targets(kept):
    dataset = TensorDataset(torch.arange(len(LABELS)))
    dataset.labels = [0, 1, 2, 0, 1, 0]  # as torchvision's SVHN and STL10 name them
    with pytest.raises(ValueError, match="not in canonical order"):
        fairprune.load_pruned(kept, dataset)


def test_a_data_set_in_another_order_is_refused(kept):
    with pytest.raises(ValueError, match="not in canonical order; .*load_pruned_ids"):
        fairprune.load_pruned(kept, with_targets([0, 1, 2, 0, 1, 0]))


@pytest.fixture
def folder(tmp_path):
    """A folder of images, and the index set of two of each class."""
    for part in ("train", "test"):
        make_folder(tmp_path / "birds" / part, 4)
    dataset = image_folder.load(tmp_path / "birds")
    index, ids = np.array([1, 3, 5, 7]), dataset.ids["train"]
    write_table(
        tmp_path / "kept.parquet",
        {"index": index, "label": dataset.labels["train"][index]},
        schema=PRUNED,
        metadata={"n_examples": len(ids), "files": files_digest(ids)},
    )
    return tmp_path


def test_an_image_folder_gives_the_files_that_are_kept(folder):
    moved = (folder / "birds" / "train").rename(folder / "elsewhere")
    subset = fairprune.load_pruned(folder / "kept.parquet", ImageFolder(moved))
    files = [
        Path(subset.dataset.samples[i][0]).relative_to(moved).as_posix() for i in subset.indices
    ]
    assert files == ["Cat/1.png", "Cat/3.png", "dog/1.png", "dog/3.png"]


def test_an_image_folder_of_other_files_is_refused(folder):
    """One file that torchvision skips and one that it adds: as many, in other places."""
    train = folder / "birds" / "train"
    (train / "Cat" / "0.png").rename(train / "Cat" / "0.skipped")
    shutil.copy(train / "Cat" / "3.png", train / "Cat" / "._4.png")
    with pytest.raises(ValueError, match="of other files than the data set's `samples`.*_ids"):
        fairprune.load_pruned(folder / "kept.parquet", ImageFolder(train))


@pytest.mark.parametrize("form", [list, tuple, lambda x: np.array(x, dtype=object)])
@pytest.mark.parametrize("name", ["samples", "imgs"])
def test_files_in_another_order_are_refused_in_whatever_form(folder, name, form):
    files = [list(each) for each in ImageFolder(folder / "birds" / "train").samples]
    dataset = TensorDataset(torch.arange(len(files)))
    setattr(dataset, name, form(files))
    assert len(fairprune.load_pruned(folder / "kept.parquet", dataset)) == 4
    setattr(dataset, name, form(files[::-1]))
    with pytest.raises(ValueError, match="or in another order"):
        fairprune.load_pruned(folder / "kept.parquet", dataset)


def test_a_shuffled_subset_is_refused(folder, kept):
    images = ImageFolder(folder / "birds" / "train")
    order = list(range(len(images)))
    assert len(fairprune.load_pruned(folder / "kept.parquet", Subset(images, order))) == 4
    with pytest.raises(ValueError, match="or in another order"):
        fairprune.load_pruned(folder / "kept.parquet", Subset(images, order[::-1]))
    with pytest.raises(ValueError, match="not in canonical order"):
        fairprune.load_pruned(kept, Subset(with_targets(LABELS), [0, 3, 5, 1, 4, 2]))


class HubDataset:
    """As Hugging Face's ``Dataset``: rows by number, columns by name."""

    column_names: ClassVar = ["image", "label"]

    def __init__(self, labels):
        self.labels = labels

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, key):
        return iter(self.labels) if key == "label" else {"label": self.labels[key]}


def test_a_shuffled_data_set_of_the_hub_is_refused(kept):
    subset = fairprune.load_pruned(kept, HubDataset(LABELS.tolist()))
    assert [row["label"] for row in subset] == LABELS[KEPT].tolist()
    with pytest.raises(ValueError, match="not in canonical order"):
        fairprune.load_pruned(kept, HubDataset([0, 1, 2, 0, 1, 0]))


def test_an_index_set_without_metadata_says_that_its_size_is_not_checked(kept, caplog):
    fairprune.load_pruned(kept, TensorDataset(torch.arange(9)))
    assert "seed0.parquet does not say how many examples" in caplog.text


def test_ids_that_are_hashes_are_not_held_against_files():
    assert files_digest(["0123456789abcdef", "0123456789abcdef-2"]) is None
    assert files_digest(["train/cat/a.png"]) != files_digest(["train/cat/b.png"])


@pytest.fixture
def examples(tmp_path):
    """Rows of all splits, not in the order of the index."""
    order = [5, 3, 0, 1, 2, 4]
    columns = {
        "index": [0, *order],
        "split": ["test", *["train"] * 6],
        "label": [2, *LABELS[order]],
        "class_name": ["owl", *np.array(["cat", "dog", "owl"])[LABELS[order]]],
        "id": ["t", *[f"{i}.png" for i in order]],
    }
    write_table(tmp_path / "examples.parquet", columns, schema=EXAMPLES)
    return tmp_path / "examples.parquet"


def test_ids_come_in_the_order_of_the_indices(kept, examples):
    assert fairprune.load_pruned_ids(kept, examples) == ["1.png", "3.png", "4.png", "5.png"]


@pytest.mark.parametrize("other", [[0, 1, 2, 3], [1, 3, 4, 9]])
def test_an_index_set_of_another_data_set_is_refused(kept, examples, other):
    labels = [2, 2, 2, 2] if other[0] == 0 else [0, 1, 1, 2]
    write_table(kept, {"index": other, "label": labels}, schema=PRUNED)
    with pytest.raises(ValueError, match="is not an index set of the training set in"):
        fairprune.load_pruned_ids(kept, examples)
