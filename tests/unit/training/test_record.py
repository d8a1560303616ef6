import numpy as np
import pytest

from fairprune.training.record import Record, View, read_record, write_record


def view(n_epochs=3, n=5, seed=0):
    g = np.random.default_rng(seed)
    real = g.random((3, n_epochs, n), dtype=np.float32)
    epochs = np.arange(1, n_epochs + 1, dtype=np.int32)
    return View(epochs, real[0], g.random((n_epochs, n)) > 0.5, real[1], real[2])


def test_a_record_is_read_as_it_was_written_and_its_bytes_are_stable(tmp_path):
    record = Record(np.arange(5) % 2, 2, train=view(), evaluation=view(1, seed=1))
    for name in ("a.npz", "b.npz"):
        write_record(tmp_path / name, record)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = read_record(tmp_path / "a.npz")
    assert again.n_classes == 2 and np.array_equal(again.labels, record.labels)
    for name in ("train", "evaluation"):
        for field, values in vars(record.view(name)).items():
            stored = getattr(again.view(name), field)
            assert np.array_equal(stored, values) and stored.dtype == values.dtype


def test_a_view_that_was_not_recorded_says_what_to_change(tmp_path):
    write_record(tmp_path / "r.npz", Record(np.zeros(5, int), 1, train=view()))
    with pytest.raises(ValueError, match="did not record the 'evaluation' view; add it to"):
        read_record(tmp_path / "r.npz").view("evaluation")
    with pytest.raises(ValueError, match="one of train, evaluation, got 'test'"):
        read_record(tmp_path / "r.npz").view("test")


@pytest.mark.parametrize("share", [0, 0.2, 0.9])
def test_truncated_records_are_not_read(tmp_path, share):
    path = tmp_path / "r.npz"
    write_record(path, Record(np.zeros(5, int), 1, train=view()))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="not a readable record"):
        read_record(path)


def test_fields_of_other_shapes_are_refused():
    good = vars(view())
    with pytest.raises(ValueError, match=r"el2n has shape \(2, 5\), not \(3, 5\)"):
        View(**{**good, "el2n": good["el2n"][:2]})
    with pytest.raises(ValueError, match="T epochs"):
        View(**{**good, "epochs": good["epochs"][:2]})
