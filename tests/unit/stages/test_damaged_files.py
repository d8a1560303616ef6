"""Damaged and foreign files: what is read is what was written, or an error names the file."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairprune.jobs.cost import measured, read_cost
from fairprune.library.index_sets import load_pruned, load_pruned_ids
from fairprune.stages.inputs import Examples, check_beside, read_index_set, read_labels
from fairprune.storage.atomic import file_hash
from fairprune.storage.canonical import SPLITS, read_canonical, write_canonical
from fairprune.storage.fingerprint import Fingerprint
from fairprune.storage.npz import read_arrays, write_arrays
from fairprune.storage.tables import PRUNED, read_metadata, read_table, write_table
from fairprune.training.record import Record, View, read_record, write_record
from tests.unit.storage.test_canonical import make_dataset

LABELS = np.array([0, 1, 0, 1, 1])


def make_view(seed):
    rng = np.random.default_rng(seed)
    real = [rng.random((2, 5), np.float32) for _ in range(3)]
    return View(np.array([1, 4], np.int32), real[0], rng.random((2, 5)) < 0.5, *real[1:])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A canonical data set, an index set, a record and a cost."""
    folder = tmp_path_factory.mktemp("files")
    write_canonical(make_dataset(groups=True), folder)
    write_record(folder / "record.npz", Record(LABELS, 2, make_view(0), make_view(1)))
    kept = {"index": [0, 2, 5], "label": [0, 0, 1]}
    files = {"record": file_hash(folder / "record.npz")}
    write_table(folder / "kept.parquet", kept, schema=PRUNED, metadata={"files": files})
    write_arrays(folder / "artifact.npz", {"a": np.arange(9.0)}, {"seed": 3})
    with measured(folder / "cost.json", stage="query", name="full", seed=3):
        pass
    return folder


def record_arrays(record):
    views = [record.train, record.evaluation]
    return [record.labels, *(array for view in views for array in vars(view).values())]


def canonical_arrays(folder):
    opened = read_canonical(folder)
    arrays = [array for part in (opened.images, opened.labels) for array in part.values()]
    return [*arrays, opened.class_names]


def index_set_arrays(path):
    classes = read_labels(path.with_name("examples.parquet"), "train")[0]
    return list(vars(read_index_set(path, classes)).values())


def group_arrays(path):
    groups = Examples.read(path).parts("group")
    return [groups.names, *groups.labels.values()]


READ = {  # file, and what of it is read: what a checksum protects, of others their form
    "table": ("kept.parquet", lambda p: [read_table(p, PRUNED).to_pydict()]),
    "index set": ("kept.parquet", lambda p: index_set_arrays(p)),
    "subset": ("kept.parquet", lambda p: [load_pruned(p)]),
    "ids": ("kept.parquet", lambda p: [load_pruned_ids(p, p.with_name("examples.parquet"))]),
    "labels": ("examples.parquet", lambda p: list(read_labels(p, "test"))),
    "groups": ("examples.parquet", group_arrays),
    "canonical": ("examples.parquet", lambda p: canonical_arrays(p.parent)),
    "record": ("record.npz", lambda p: record_arrays(read_record(p))),
    "artifact": ("artifact.npz", lambda p: [*read_arrays(p)[0].values(), *read_arrays(p)[1]]),
    "array": ("validation.npy", lambda p: [read_canonical(p.parent).checked_images("validation")]),
    "metadata": ("kept.parquet", lambda p: [type(read_metadata(p))]),
    "fingerprint": ("fingerprint.json", lambda p: [type(read_canonical(p.parent).fingerprint)]),
    "cost": ("cost.json", lambda p: sorted(read_cost(p))),
}
DAMAGE = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1, exclude_max=True), st.just(b"")),
    st.tuples(st.just("over"), st.floats(0, 1, exclude_max=True), st.binary(min_size=1)),
    st.tuples(
        st.just("flip"), st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=1)
    ),
    st.tuples(st.just("tail"), st.floats(0, 0.2), st.binary(min_size=1, max_size=2)),
)


def damaged(content, damage):
    kind, place, new = damage
    start = int((1 - place if kind == "tail" else place) * len(content))
    return content[:start] if kind == "cut" else content[:start] + new + content[start + len(new) :]


def read_damaged(path, damage, read):
    """What is read from a damaged file, or None after an error that names it."""
    content = path.read_bytes()
    path.write_bytes(damaged(content, damage))
    try:
        return read(path)
    except ValueError as error:
        assert str(path) in str(error) or str(path.parent) in str(error)
        return None
    finally:
        path.write_bytes(content)


bounded = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("case", READ)
@bounded
@given(damage=DAMAGE)
def test_a_damaged_file_gives_what_was_written_or_is_named(folder, case, damage):
    name, read = READ[case]
    found = read_damaged(folder / name, damage, read)
    if found is not None:
        for array, expected in zip(found, read(folder / name), strict=True):
            np.testing.assert_equal(array, expected)


def test_a_column_of_bytes_in_a_table_of_examples_is_damage(folder, tmp_path):
    table = pq.read_table(folder / "examples.parquet")
    position = table.column_names.index("group")
    as_bytes = table["group"].cast(pa.binary())
    pq.write_table(table.set_column(position, "grou", as_bytes), tmp_path / "examples.parquet")
    (tmp_path / "fingerprint.json").write_text((folder / "fingerprint.json").read_text())
    with pytest.raises(ValueError, match="examples.parquet"):
        read_labels(tmp_path / "examples.parquet", "test")


@bounded
@given(damage=DAMAGE)
def test_a_damaged_file_beside_a_table_is_named(folder, damage):
    path = folder / "record.npz"
    changed = damaged(path.read_bytes(), damage) != path.read_bytes()

    def checked(path):
        check_beside(folder / "kept.parquet", record=path)
        return True

    assert (read_damaged(path, damage, checked) is None) is changed


@pytest.mark.parametrize(
    "case", ["fingerprint", "cost", "table", "record", "artifact", "canonical"]
)
def test_what_is_of_another_kind_is_said_in_one_short_line(folder, case):
    name, read = READ[case]
    path, arrays = folder / name, (folder / "train.npy").read_bytes()
    content = path.read_bytes()
    try:
        for other in (arrays, b"[1]", b"null", b"[" * 200_000, b""):
            path.write_bytes(other)
            with pytest.raises(ValueError, match=name) as caught:
                read(path)
            assert len(str(caught.value)) < 500 and str(caught.value).isprintable()
        path.unlink()
        path.mkdir()
        with pytest.raises(ValueError, match=name):
            read(path)
        path.rmdir()
    finally:
        path.write_bytes(content)


def write(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


INT32 = pa.int32()
WRONG_SETS = {
    "repeated": ({"index": [1, 1]}, "must be ascending, without repeats"),
    "descending": ({"index": [2, 1]}, "must be ascending, without repeats"),
    "negative": ({"index": [-1, 1]}, "must be ascending, without repeats, from 0"),
    "far apart": ({"index": [2**62, -(2**62)]}, "must be ascending"),
    "other labels": ({"label": pa.array([0, 1])}, "column 'label' is int64, expected int32"),
}


@pytest.mark.parametrize("case", WRONG_SETS)
def test_wrong_index_sets_are_named(tmp_path, case):
    change, message = WRONG_SETS[case]
    columns = {"index": [1, 2], "label": pa.array([0, 1], INT32), **change}
    path = write(tmp_path / "kept.parquet", **columns)
    with pytest.raises(ValueError, match=rf"kept\.parquet.*{message}"):
        load_pruned(path)


@pytest.mark.parametrize("stored", [b"{", b"\xff", b"[" * 100_000])
def test_damaged_provenance_is_named(tmp_path, stored):
    table = pa.table({"index": [1]}).replace_schema_metadata({"fairprune": stored})
    pq.write_table(table, tmp_path / "t")
    with pytest.raises(ValueError, match="t"):
        read_metadata(tmp_path / "t")


WRONG_ARRAYS = {
    "longer": lambda p, images: p.write_bytes(p.read_bytes() + b"more"),
    "another size": lambda p, images: np.save(p, images[:, :3]),
    "fortran": lambda p, images: np.save(p, np.asfortranarray(images)),
    "objects": lambda p, images: np.save(p, images.astype(object), allow_pickle=True),
    "archive": lambda p, images: np.savez(p.open("wb"), images),
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("case", WRONG_ARRAYS)
def test_arrays_that_are_not_what_was_written_are_named(tmp_path, split, case):
    write_canonical(make_dataset(), tmp_path)
    path = tmp_path / f"{split}.npy"
    WRONG_ARRAYS[case](path, np.load(path))
    with pytest.raises(ValueError, match=rf"{split}\.npy is not a readable array"):
        read_canonical(tmp_path).checked_images(split)


def test_arrays_are_looked_at_once_by_a_job(tmp_path, monkeypatch):
    write_canonical(make_dataset(), tmp_path)
    looked, check = [], Fingerprint.check_array
    monkeypatch.setattr(
        Fingerprint, "check_array", lambda *args: (looked.append(args[2]), check(*args))
    )
    opened = read_canonical(tmp_path)
    for split in ("train", "validation", "train"):
        assert opened.checked_images(split) is opened.images[split]
    assert looked == ["train", "validation"]


WRONG_RECORDS = {
    "objects": {"labels": np.array([{}], dtype=object)},
    "text": {"labels": np.array(list("abcde"))},
    "labels of other classes": {"labels": np.array([0, 1, 2, 0, 1])},
    "fewer labels": {"labels": LABELS[:3]},
    "several numbers of classes": {"n_classes": np.array([2, 2])},
    "epochs that are no list": {"train_epochs": np.int32(3)},
    "epochs that go back": {"train_epochs": np.array([4, 1], np.int32)},
    "probabilities that are text": {"train_probability": np.full((2, 5), "x")},
    "correctness that is a number": {"train_correct": np.ones((2, 5))},
}


@pytest.mark.parametrize("case", WRONG_RECORDS)
def test_wrong_records_are_named(tmp_path, folder, case):
    with np.load(folder / "record.npz") as stored:
        arrays = dict(stored) | WRONG_RECORDS[case]
    np.savez(tmp_path / "record.npz", **arrays)
    with pytest.raises(ValueError, match=r"record\.npz is not a readable record"):
        read_record(tmp_path / "record.npz")
