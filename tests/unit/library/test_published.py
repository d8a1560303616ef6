"""Index sets by the content of their examples, whatever the order of the data set."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fairprune
from fairprune.data._ids import content_ids
from tests.documentation import ROOT, page

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)
LABELS = np.array([0, 0, 1, 1, 2, 2])
KEPT = np.array([True, False, False, True, True, False])


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "six.parquet"
    ids = content_ids(IMAGES, LABELS)
    pq.write_table(pa.table({"id": ids, "label": LABELS, "random_0.5": KEPT}), path)
    return path


def test_the_same_examples_are_found_in_any_order(path):
    order = np.array([3, 0, 5, 4, 1, 2])
    found = fairprune.load_published(path, "random_0.5", IMAGES[order], LABELS[order])
    assert found.tolist() == [0, 1, 3]
    assert set(order[found]) == {0, 3, 4}


def test_a_sequence_of_images_will_do(path):
    found = fairprune.load_published(path, "random_0.5", list(IMAGES), LABELS.tolist())
    assert found.tolist() == [0, 3, 4]


def test_other_pixels_or_labels_are_refused(path):
    changed = IMAGES.copy()
    changed[3, 0, 0, 0] ^= 1
    message = "1 of the 3 examples of 'random_0.5' in .*six.parquet are not among the 6 images"
    with pytest.raises(ValueError, match=message):
        fairprune.load_published(path, "random_0.5", changed, LABELS)
    with pytest.raises(ValueError, match=message):
        fairprune.load_published(path, "random_0.5", IMAGES, [0, 0, 1, 1, 1, 2])


def test_names_and_shapes_are_checked(path):
    with pytest.raises(ValueError, match=r"has no index set 'el2n_0.5'.*random_0.5"):
        fairprune.load_published(path, "el2n_0.5", IMAGES, LABELS)
    with pytest.raises(ValueError, match=r"uint8 of shape .* got float64 of shape \(6, 4, 4, 3\)"):
        fairprune.load_published(path, "random_0.5", IMAGES / 255, LABELS)
    with pytest.raises(ValueError, match=r"\(N, H, W, C\), got uint8 of shape \(6, 3, 32, 32\)"):
        fairprune.load_published(path, "random_0.5", np.zeros((6, 3, 32, 32), np.uint8), LABELS)
    with pytest.raises(ValueError, match="labels"):
        fairprune.load_published(path, "random_0.5", IMAGES, LABELS[:5])


@pytest.mark.parametrize(("name", "n_classes"), [("cifar10", 10), ("cifar100", 100)])
def test_the_published_sets_have_the_sizes_of_their_names_and_are_explained(name, n_classes):
    table = pq.read_table(ROOT / f"docs/index_sets/{name}.parquet")
    assert len(set(table["id"].to_pylist())) == table.num_rows == 50_000
    assert np.bincount(table["label"].to_numpy()).tolist() == [50_000 // n_classes] * n_classes
    for column in table.column_names[2:]:
        share = float(column.rpartition("_")[2])
        assert table[column].to_numpy().sum() == round(share * 50_000), column
        assert f"`{column}`" in page("docs/index-sets.md")
