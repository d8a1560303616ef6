"""Features that float32 holds badly or not at all."""

import numpy as np
import pandas as pd
import pytest

from fairprune.data import features
from fairprune.registry import check_options
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


def table(path, **columns):
    columns = {"a": PLAIN, "time": TIMES, "n": LABELS + 7, "label": LABELS, **columns}
    frame = pd.DataFrame(columns)
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_columns_of_numbers_are_the_vectors_of_an_array(tmp_path, name):
    columns = ("time", "a", "n")
    found = features.load(table(tmp_path / name), feature_columns=columns)
    expected = features.load(write(tmp_path / "y.npz", TIMES, PLAIN, LABELS + 7))
    for split, values in expected.images.items():
        assert found.images[split] == pytest.approx(values, rel=1e-6)
        assert (found.labels[split] == expected.labels[split]).all()
    named = features.train_rows(tmp_path / name, feature_columns=columns).ids()
    assert set(named) == {each for ids in found.ids.values() for each in ids}


@pytest.mark.parametrize(
    ("columns", "feature_columns", "said"),
    [
        ({}, ["a", "b"], "no column 'b'; it has a, label, n, time"),
        ({"a": ["x"] * N}, ["a", "n"], r"'a' must hold a number in each row.*get_dummies"),
        ({"a": np.where(LABELS == 2, np.nan, PLAIN)}, ["n", "a"], "column 'a' is null in row 2"),
        ({"a": np.where(LABELS == 2, np.inf, PLAIN)}, ["n", "a"], "'a' must hold finite .* row 2"),
        ({}, ["a", "label"], "not that of the labels, 'label', got a, label"),
        ({}, ["a", "a"], "must name each column once"),
    ],
)
def test_columns_that_are_no_features_are_named(tmp_path, columns, feature_columns, said):
    with pytest.raises(ValueError, match=said):
        features.load(table(tmp_path / "x.csv", **columns), feature_columns=feature_columns)


@pytest.mark.parametrize("value", ["a", [], [1]])
def test_feature_columns_are_a_list_of_text(value):
    with pytest.raises(ValueError, match="sensors.feature_columns must be a list of at least one"):
        check_options("data", "features", {"feature_columns": value}, "sensors")
    check_options("data", "features", {"feature_columns": ["a", "b"]}, "sensors")


def test_splits_of_another_width_are_refused_as_features(tmp_path):
    x, y = np.stack([PLAIN, TIMES], axis=1), LABELS
    np.savez(tmp_path / "x.npz", x_train=x, y_train=y, x_test=x[:, :1], y_test=y)
    with pytest.raises(ValueError, match=r"features must be of one size, got \(1,\) in 'valid"):
        features.load(tmp_path / "x.npz")
