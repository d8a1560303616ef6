"""Features that float32 holds badly or not at all."""

import numpy as np
import pytest

from fairprune.data import features
from fairprune.storage.canonical import statistics

N = 240
LABELS = np.arange(N) % 3
TIMES = 1.7e9 + np.linspace(-30, 30, N)
PLAIN = np.random.default_rng(0).normal(5, 2, N)


def write(path, *columns, dtype=np.float64):
    np.savez(path, x_train=np.stack(columns, axis=1).astype(dtype), y_train=LABELS)
    return path


@pytest.mark.parametrize(
    ("times", "dtype"), [(TIMES, np.float64), (np.arange(N) + 2**40, np.int64)]
)
def test_values_that_lie_close_together_far_from_zero_stay_apart(tmp_path, times, dtype):
    path = write(tmp_path / "x.npz", times, np.arange(N) % 7, dtype=dtype)
    dataset = features.load(path)
    values = np.concatenate([dataset.images[split][:, 0] for split in dataset.images])
    assert len(np.unique(values)) == N
    assert set(features.train_rows(path).ids()) == {
        name for split in dataset.ids.values() for name in split
    }
    _, std = statistics(dataset.images["train"], "features", standardise=True)
    assert std[0] == pytest.approx(times.std(), rel=0.1)


def test_others_are_the_same_numbers_as_before(tmp_path):
    dataset = features.load(write(tmp_path / "x.npz", PLAIN, PLAIN + 1e3, np.full(N, 1.7e9)))
    order = {row.tobytes() for row in dataset.images["train"]}
    rows = np.stack([PLAIN, PLAIN + 1e3, np.full(N, 1.7e9)], axis=1).astype(np.float32)
    assert order <= {row.tobytes() for row in rows}


def test_what_is_not_standardised_stays_and_is_warned_of(tmp_path, caplog):
    path = write(tmp_path / "x.npz", PLAIN, TIMES)
    dataset = features.load(path, standardise=False)
    assert dataset.images["train"][:, 1].min() > 1e9
    assert "float32 keeps few values of feature 1, which lie near 1.7e+09" in caplog.text


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_a_value_that_is_not_finite_is_named_by_its_row_in_the_file(tmp_path, value):
    wrong = PLAIN.copy()
    wrong[101] = value
    path = write(tmp_path / "x.npz", PLAIN, wrong)
    said = rf"x\.npz: train: .* must hold finite numbers .*, got {value} in feature 1 of row 101"
    with pytest.raises(ValueError, match=said.replace("+", r"\+")):
        features.load(path)
