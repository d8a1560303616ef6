"""Pruned sets as lists, folders of links and copies, and Parquet that the sources here read."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from fairprune.data import features, image_folder, parquet
from fairprune.library.exporting import export
from fairprune.storage import tables
from fairprune.storage.canonical import write_canonical
from fairprune.storage.tables import write_table
from tests.unit.data.test_folders import make_folder

KEPT = np.array([1, 2, 5, 7, 12, 13, 15, 19])


@pytest.fixture
def made(tmp_path):
    """A folder of images, its canonical form, and an index set."""
    for part in ("train", "test"):
        make_folder(tmp_path / "birds" / part)
    dataset = image_folder.load(tmp_path / "birds")
    write_canonical(dataset, tmp_path / "data")
    table = {"index": KEPT, "label": dataset.labels["train"][KEPT]}
    write_table(tmp_path / "pruned.parquet", table, schema=tables.PRUNED)
    return tmp_path, dataset


def exported(folder, form, **options):
    out = folder / f"out_{form}"
    export(folder / "pruned.parquet", folder / "data", out, form=form, **options)
    return out


def test_ids_are_a_line_each(made):
    folder, dataset = made
    expected = [dataset.ids["train"][i] for i in KEPT]
    assert exported(folder, "ids").read_text().splitlines() == expected


@pytest.mark.parametrize("form", ["links", "copies"])
def test_a_folder_of_the_files_that_are_kept(made, form):
    folder, dataset = made
    out = exported(folder, form, root=folder / "birds")
    files = [path for path in out.rglob("*") if path.is_file()]
    names = {dataset.ids["train"][i] for i in KEPT}
    assert {str(path.relative_to(out)) for path in files} == names
    for path in files:
        assert path.read_bytes() == (folder / "birds" / path.relative_to(out)).read_bytes()
        assert path.is_symlink() == (form == "links")
    with pytest.raises(ValueError, match="is there already"):
        exported(folder, form, root=folder / "birds")


def test_parquet_in_the_layout_of_the_hub_is_read_again(made):
    folder, dataset = made
    out = exported(folder, "parquet")
    (shard,) = (out / "data").iterdir()
    assert shard.name == "train-00000-of-00001.parquet"
    table = pq.read_table(shard)
    assert table["id"].to_pylist() == [dataset.ids["train"][i] for i in KEPT]
    described = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert described["label"]["names"] == list(dataset.class_names)
    assert described["image"] == {"_type": "Image"}
    again = parquet.load(out, label_column="label", test=None, test_share=0.5)
    ours = {dataset.images["train"][i].tobytes() for i in KEPT}
    found = {image.tobytes() for images in again.images.values() for image in images}
    assert found == ours and again.class_names == dataset.class_names


def test_features_become_lists(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(24, 3)).astype(np.float32), np.arange(24) % 2
    np.savez(tmp_path / "rows.npz", x_train=x, y_train=y, x_test=x + 1, y_test=y)
    write_canonical(features.load(tmp_path / "rows.npz"), tmp_path / "data")
    table = {"index": KEPT, "label": y[KEPT]}
    write_table(tmp_path / "pruned.parquet", table, schema=tables.PRUNED)
    shard = exported(tmp_path, "parquet") / "data/train-00000-of-00001.parquet"
    np.testing.assert_array_equal(np.stack(pq.read_table(shard)["features"].to_numpy()), x[KEPT])
    with pytest.raises(ValueError, match="has no file .* for sources whose ids are paths"):
        exported(tmp_path, "links", root=tmp_path)
