"""Pruned sets as lists, folders of links and copies, and Parquet that the sources here read."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from fairprune.data import features, image_folder, parquet, text
from fairprune.library.exporting import export
from fairprune.storage import tables
from fairprune.storage.canonical import write_canonical
from fairprune.storage.tables import write_table
from tests.unit.data.test_folders import make_folder
from tests.unit.data.test_parquet import encode, make_images, write_shard

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


def canonical(folder, dataset, kept, **entry):
    """The canonical form of a data set, as the workflow writes it, and an index set."""
    write_canonical(dataset, folder / "data", metadata={"entry": entry})
    table = {"index": kept, "label": dataset.labels["train"][kept]}
    write_table(folder / "pruned.parquet", table, schema=tables.PRUNED)


def shard_of(out):
    (shard,) = (out / "data").iterdir()
    return pq.read_table(shard)


@pytest.mark.parametrize("cut", [False, True])
def test_rows_of_the_hub_keep_columns_images_and_metadata(tmp_path, cut):
    rows, images = np.arange(40), make_images(40)
    extra = {"caption": [f"bird {i}" for i in rows], "id": list(rows)}
    for number, part in enumerate((rows[:15], rows[15:])):
        columns = {name: [column[i] for i in part] for name, column in extra.items()}
        path = tmp_path / "source" / f"train-{number}.parquet"
        write_shard(path, images[part], part % 2, extra=columns)
    if not cut:
        write_shard(tmp_path / "source/test.parquet", make_images(8, seed=1), np.arange(8) % 2)
    options = {"label_column": "label"}
    dataset = parquet.load(tmp_path / "source", **options)
    entry = {"source": "parquet", "root": str(tmp_path / "source"), **options}
    canonical(tmp_path, dataset, KEPT, **entry)

    table = shard_of(exported(tmp_path, "parquet"))
    source = pq.read_table(tmp_path / "source/train-0.parquet")
    assert table.column_names == [*source.column_names, "index"]
    kept = table["id"].to_pylist()  # the row of the source
    assert kept == sorted(kept) and (cut or kept == KEPT.tolist())
    for row, index in zip(table.to_pylist(), KEPT, strict=True):
        assert row["caption"] == f"bird {row['id']}" and row["index"] == index
        assert row["label"] == dataset.labels["train"][index]
        assert row["image"]["bytes"] == encode(dataset.images["train"][index])
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["label"]["names"] == ["cat", "dog"]
    assert features["index"] == {"dtype": "int64", "_type": "Value"}

    for path in (tmp_path / "source").glob("train-*"):  # other rows by now
        write_shard(path, images[:20], rows[:20] // 10, extra={"caption": ["x"] * 20})
    with pytest.raises(ValueError, match="holds other examples"):
        export(tmp_path / "pruned.parquet", tmp_path / "data", tmp_path / "again", form="parquet")


def test_rows_of_texts_keep_their_columns(tmp_path):
    lines = [f"line {i} of text,{'ab'[i % 2]},{i}" for i in range(40)]
    (tmp_path / "lines.csv").write_text("\n".join(["text,label,stars", *lines]) + "\n")
    canonical(
        tmp_path,
        text.load(tmp_path / "lines.csv"),
        KEPT,
        source="text",
        root=str(tmp_path / "lines.csv"),
    )
    examples = pq.read_table(tmp_path / "data/examples.parquet").to_pylist()
    ids = {e["index"]: e["id"] for e in examples if e["split"] == "train"}
    for row, index in zip(shard_of(exported(tmp_path, "parquet")).to_pylist(), KEPT, strict=True):
        i = row["stars"]
        assert row["text"] == f"line {i} of text" and row["label"] == "ab"[i % 2]
        assert row["index"] == index and row["id"] == ids[index]


def test_rows_of_a_source_that_was_sorted_since_are_found_by_their_ids(tmp_path):
    path, rows = tmp_path / "source/train-0.parquet", np.arange(40)
    write_shard(tmp_path / "source/test.parquet", make_images(8, seed=1), rows[:8] % 2)
    write_shard(path, make_images(40), rows // 20, extra={"row": rows})
    dataset = parquet.load(tmp_path / "source", label_column="label")
    entry = {"source": "parquet", "root": str(path.parent), "label_column": "label"}
    canonical(tmp_path, dataset, KEPT, **entry)

    order = np.concatenate([rows[:20][::-1], rows[20:]])  # within a class
    write_shard(path, make_images(40)[order], order // 20, extra={"row": order})
    table = shard_of(exported(tmp_path, "parquet")).to_pydict()
    assert sorted(table["row"]) == KEPT.tolist() and table["index"] == table["row"]
    assert table["id"] == [dataset.ids["train"][i] for i in table["row"]]


@pytest.mark.parametrize("form", ["copies", "parquet"])
def test_an_export_that_ends_early_leaves_no_folder(made, monkeypatch, form):
    def ends(*_):
        raise KeyboardInterrupt

    folder, _ = made
    options = {} if form == "parquet" else {"root": folder / "birds"}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("fairprune.library.shards._write", ends)
        patch.setattr("shutil.copy2", ends)
        exported(folder, form, **options)
    assert {path.name for path in folder.iterdir()} == {"birds", "data", "pruned.parquet"}
    assert exported(folder, form, **options).is_dir()


@pytest.mark.parametrize("known", [False, True])
def test_features_become_lists(tmp_path, known):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(24, 3)).astype(np.float32), np.arange(24) % 2
    np.savez(tmp_path / "rows.npz", x_train=x, y_train=y, x_test=x + 1, y_test=y)
    entry = {"source": "features", "root": str(tmp_path / "rows.npz")} if known else {}
    canonical(tmp_path, features.load(tmp_path / "rows.npz"), KEPT, **entry)
    table = shard_of(exported(tmp_path, "parquet"))
    np.testing.assert_array_equal(np.stack(table["features"].to_numpy()), x[KEPT])
    np.testing.assert_array_equal(table["label"].to_numpy(), y[KEPT])
    with pytest.raises(ValueError, match="has no file .* for sources whose ids are paths"):
        exported(tmp_path, "links", root=tmp_path)
