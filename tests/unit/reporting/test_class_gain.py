"""Gains of the classes over the full data."""

import numpy as np
import pandas as pd
import pytest

from fairprune.reporting.class_gain import class_gain_table, worst_gains

COLUMNS = ["experiment", "method", "density", "seed", "class", "class_name", "recall"]


def frame(*rows):
    return pd.DataFrame([("e", *row[:4], "abc"[row[3]], row[4]) for row in rows], columns=COLUMNS)


FINAL = frame(
    ("full", 1.0, 0, 0, 0.5), ("full", 1.0, 0, 1, 0.75), ("full", 1.0, 0, 2, None),
    ("full", 1.0, 1, 0, 0.25), ("full", 1.0, 1, 1, 0.75),
    ("el2n", 0.8, 0, 0, 0.75), ("el2n", 0.8, 0, 1, 0.75), ("el2n", 0.8, 0, 2, None),
    ("el2n", 0.8, 1, 0, 0.25), ("el2n", 0.8, 1, 1, 0.5),
    ("el2n", 0.8, 2, 0, 1.0), ("el2n", 0.5, 1, 0, 0.5),
)  # fmt: skip


def test_gains_are_means_over_the_seeds_that_both_have():
    table = class_gain_table(FINAL)
    assert table["density"].tolist() == [0.5, 0.8, 0.8]
    assert table["class_name"].tolist() == ["a", "a", "b"]  # class c has no test examples
    assert table["n_seeds"].tolist() == [1, 2, 2]  # seed 2 has no full model
    np.testing.assert_allclose(table["baseline_recall"], [0.25, 0.375, 0.75])
    np.testing.assert_allclose(table["recall"], [0.5, 0.5, 0.625])
    np.testing.assert_allclose(table["gain"], [0.25, 0.125, -0.125])
    np.testing.assert_allclose(table["gain_minimum"], [0.25, 0.0, -0.25])
    np.testing.assert_allclose(table["gain_maximum"], [0.25, 0.25, 0.0])


def test_classes_that_did_badly_by_chance_gain_nothing():
    """Equal classes: chosen by their own training the worst would seem to gain a lot."""
    generator = np.random.default_rng(0)
    rows = [
        ("e", method, 1.0 if method == "full" else 0.5, seed, k, str(k), generator.normal(0.7, 0.1))
        for method in ("full", "random")
        for seed in range(20)
        for k in range(100)
    ]
    final = pd.DataFrame(rows, columns=COLUMNS)
    (gain,) = worst_gains(final)["worst_gain"]
    assert abs(gain) < 0.02
    (of_one_seed,) = worst_gains(final[final["seed"] == 0])["worst_gain"]
    assert np.isnan(of_one_seed)
    full, random = (final[final["method"] == m].reset_index() for m in ("full", "random"))
    naive = (random["recall"] - full["recall"])[full["recall"] < 0.62]
    assert naive.mean() > 0.1


@pytest.mark.parametrize(("n_classes", "gain"), [(3, 1.0), (9, 1.0), (10, 0.75)])
def test_the_worst_fifth_is_a_fifth_of_the_classes_and_at_least_one(n_classes, gain):
    rows = [
        ("e", method, density, seed, k, str(k), k / 20 + is_pruned * (1 - k / 2))
        for method, density, is_pruned in (("full", 1.0, False), ("random", 0.5, True))
        for seed in range(2)
        for k in range(n_classes)
    ]
    final = pd.DataFrame(rows, columns=COLUMNS)
    assert worst_gains(final)["worst_gain"].tolist() == [pytest.approx(gain)]


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="lacks the columns recall"):
        class_gain_table(FINAL.drop(columns="recall"))
    with pytest.raises(ValueError, match="baseline 'full' has no final models"):
        class_gain_table(FINAL[FINAL["method"] != "full"])
    twice = FINAL[FINAL["method"] == "full"].assign(density=0.5)
    with pytest.raises(ValueError, match="baseline 'full' must have one density"):
        class_gain_table(pd.concat([FINAL, twice]))
