"""The headline table: values, intervals, differences and the recalls of classes."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairprune.reporting import headline
from fairprune.reporting.headline_text import readable
from fairprune.reporting.runs import ACCURACIES

TEST = 100
CORRECT = {  # method, density -> correct test examples of the two classes, by seed
    ("full", 1.0): [(90, 60), (90, 62)],
    ("random", 0.1): [(60, 20), (62, 20)],
    ("random", 0.3): [(70, 30), (72, 30)],
    ("random", 0.5): [(80, 40), (80, 44)],
    ("random_metriq", 0.1): [(55, 24), (55, 20)],
    ("random_metriq", 0.3): [(60, 50), (60, 52)],
    ("random_metriq", 0.5): [(70, 55), (70, 55)],
}


def final_rows(correct=CORRECT, experiment="tiny", n_test=TEST):
    rows = [
        (experiment, method, density, seed, k, f"class {k}", n_test, n)
        for (method, density), seeds in correct.items()
        for seed, counts in enumerate(seeds)
        for k, n in enumerate(counts)
    ]
    names = [
        "experiment",
        "method",
        "density",
        "seed",
        "class",
        "class_name",
        "n_test",
        "n_correct",
    ]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture(scope="module")
def table():
    return headline.headline_table(final_rows(), n_resamples=200)


def row(table, method, density):
    """The row of a method and density, or without density that of the mean over densities."""
    chosen = table["density"].isna() if density is None else table["density"] == density
    return table[(table["method"] == method) & chosen].iloc[0]


def test_values_are_means_over_seeds_inside_their_intervals(table):
    found = row(table, "random", 0.5)
    assert found["average_accuracy"] == pytest.approx(0.61)
    assert found["worst_class_accuracy"] == pytest.approx(0.42)
    assert (found["label"], found["n_seeds"], found["level"]) == ("Random", 2, 0.95)
    for name in ACCURACIES:
        assert (table[f"{name}_lower"] <= table[name]).all()
        assert (table[name] <= table[f"{name}_upper"]).all()


def test_rows_do_not_depend_on_the_order_of_the_input(table):
    shuffled = final_rows().sample(frac=1, random_state=0)
    again = headline.headline_table(shuffled, n_resamples=200)
    pd.testing.assert_frame_equal(table, again)


def test_runs_of_an_experiment_share_what_they_say_about_seeds(table):
    """Two seeds by themselves have one degree of freedom, and an interval without use."""
    apart_by = {("random", 0.5): [(80, 30), (80, 54)]}
    alone = headline.headline_table(final_rows(apart_by), n_resamples=200).iloc[0]
    together = headline.headline_table(final_rows(CORRECT | apart_by), n_resamples=200)
    together = row(together, "random", 0.5)
    name = "worst_class_accuracy"
    assert alone[name] == together[name] and alone[f"{name}_bias"] == together[f"{name}_bias"]
    width, wide = (r[f"{name}_upper"] - r[f"{name}_lower"] for r in (together, alone))
    assert 1.5 * width < wide
    noisy = {run: [(50, 10), (90, 90)] for run in CORRECT}
    both = pd.concat([final_rows(), final_rows(noisy, "noisy")])
    apart = headline.headline_table(both, n_resamples=200)
    apart = apart[apart["experiment"] == "tiny"].reset_index(drop=True)
    pd.testing.assert_frame_equal(apart, table)


def test_best_is_among_methods_that_prune(table):
    assert row(table, "random", 0.1)["average_accuracy_best"]
    assert row(table, "random_metriq", 0.1)["worst_class_accuracy_best"]
    assert not row(table, "random", 0.1)["worst_class_accuracy_best"]
    assert not row(table, "full", 1.0)["average_accuracy_best"]
    single = headline.headline_table(final_rows().query("method == 'random'"), n_resamples=200)
    assert not single["average_accuracy_best"].any()


def test_difference_table_pairs_methods_at_their_density():
    found = headline.difference_table(final_rows(), "random", n_resamples=200)
    assert list(found["method"].unique()) == ["random_metriq"]
    at_half = found[found["density"] == 0.5].iloc[0]
    assert at_half["worst_class_accuracy"] == pytest.approx(0.13)
    assert at_half["average_accuracy"] == pytest.approx(0.015)
    assert at_half["worst_class_accuracy_lower"] < 0.13 < at_half["worst_class_accuracy_upper"]
    against_full = headline.difference_table(final_rows(), "full", n_resamples=200)
    assert (against_full["baseline"] == "full").sum() == 6 + 2  # with the mean of each method
    with pytest.raises(ValueError, match="baseline 'el2n' has no final models; known: full"):
        headline.difference_table(final_rows(), "el2n")


def test_differences_are_taken_over_the_seeds_that_both_have():
    counts = {
        ("random", 0.3): [(70, 30), (72, 30)],
        ("random_metriq", 0.3): [(60, 50), (60, 52), (0, 0)],
    }
    final = final_rows(counts)
    found = headline.difference_table(final, n_resamples=200)
    assert len(found) == 1
    found = found.iloc[0]
    assert found["n_seeds"] == 2
    assert found["worst_class_accuracy"] == pytest.approx(0.21)
    apart = final[(final["method"] == "random") == (final["seed"] == 1)]
    assert headline.difference_table(apart, n_resamples=200).empty


def test_every_method_is_compared_with_full_with_random_and_with_its_own_strategy():
    runs = (
        ("full", 1.0),
        ("random", 0.3),
        ("el2n", 0.3),
        ("el2n_metriq", 0.3),
        ("random_el2nq", 0.3),
    )
    final = final_rows({run: [(60, 40), (60, 42)] for run in runs})
    found = headline.difference_table(final, n_resamples=100)
    pairs = found.groupby("method")["baseline"].agg(list).to_dict()
    assert pairs == {
        "random": ["full"],
        "el2n": ["full", "random"],
        "el2n_metriq": ["full", "random", "el2n"],
        "random_el2nq": ["full", "random", "el2n"],
    }
    chosen = headline.difference_table(final, ["el2n"], n_resamples=100)
    assert set(chosen["baseline"]) == {"el2n"} and len(chosen) == 3


def test_the_mean_over_densities_is_taken_seed_by_seed(table):
    """By hand: the worst class of random pruning has 20, 30 and 40 or 20, 30 and 44."""
    found = row(table, "random", None)
    assert found["worst_class_accuracy"] == pytest.approx((0.30 + 0.94 / 3) / 2)
    assert (found["n_densities"], found["n_seeds"]) == (3, 2)
    assert row(table, "random_metriq", None)["worst_class_accuracy_best"]
    single = row(table, "random", 0.3)
    assert single["n_densities"] == 1
    assert not ((table["method"] == "full") & table["density"].isna()).any()
    differences = headline.difference_table(final_rows(), "random", n_resamples=200)
    mean = row(differences, "random_metriq", None)
    expected = row(table, "random_metriq", None)["worst_class_accuracy"] - (0.30 + 0.94 / 3) / 2
    assert mean["worst_class_accuracy"] == pytest.approx(expected)
    assert mean["n_densities"] == 3


def test_the_best_mean_is_of_methods_with_the_same_number_of_densities():
    """GraNd has run where accuracies are high alone; its mean is no larger share of the same."""
    more = {("grand", density): [(90, 60), (90, 60)] for density in (0.3, 0.5)}
    table = headline.headline_table(final_rows({**CORRECT, **more}), n_resamples=100)
    best = table[table["density"].isna() & table["worst_class_accuracy_best"]]
    assert best["method"].tolist() == ["random_metriq"]
    assert row(table, "grand", None)["worst_class_accuracy"] > best["worst_class_accuracy"].iloc[0]
    assert row(table, "grand", 0.5)["worst_class_accuracy_best"]
    alone = {run: correct for run, correct in more.items() if run[1] == 0.5}
    table = headline.headline_table(final_rows({**CORRECT, **alone}), n_resamples=100)
    assert row(table, "random_metriq", None)["worst_class_accuracy_best"]


def test_the_worst_tenth_has_a_block_where_it_is_more_than_the_worst_class():
    counts = [[10, 30, *9 * [80]], [14, 30, *9 * [80]]]
    found = headline.headline_table(final_rows({("random", 0.5): counts}), n_resamples=200)
    assert found["worst_tenth_accuracy"].iloc[0] == pytest.approx((0.12 + 0.30) / 2)
    _, _, title = readable(found)
    assert title == "tiny: accuracy of the worst tenth of the classes"


def test_methods_must_share_their_test_examples():
    final = final_rows()
    final.loc[final["method"] == "random", "n_test"] = TEST + 1
    with pytest.raises(ValueError, match="must share their classes and test examples"):
        headline.difference_table(final, "random", n_resamples=100)


def test_what_a_seed_does_to_both_does_not_widen_their_difference():
    seeds = {"random": [(50, 10), (90, 50)], "random_metriq": [(60, 20), (100, 60)]}
    counts = {(method, d): seeds[method] for method in seeds for d in (0.1, 0.3, 0.5)}
    found = headline.difference_table(final_rows(counts), n_resamples=200)
    assert (found["average_accuracy_upper"] - found["average_accuracy_lower"] < 0.4).all()


def test_class_table_has_wilsons_interval_of_every_recall():
    final = final_rows({("random", 0.5): [(80, 0), (90, 100)]})
    final.loc[2, ["n_test", "n_correct"]] = 0
    found = headline.class_table(final).set_index(["seed", "class"])
    assert list(found.columns[3:]) == [
        "class_name", "n_test", "n_correct", "recall", "recall_lower", "recall_upper"
    ]  # fmt: skip
    first = found.loc[(0, 0)]
    expected = stats.binomtest(80, TEST).proportion_ci(0.95, method="wilson")
    assert first["recall"] == 0.8
    assert first["recall_lower"] == pytest.approx(expected.low)
    assert first["recall_upper"] == pytest.approx(expected.high)
    assert found.loc[(0, 1), "recall_lower"] == 0 and found.loc[(1, 1), "recall_upper"] == 1
    empty = found.loc[(1, 0)]
    assert np.isnan(empty["recall"])
    assert (empty["recall_lower"], empty["recall_upper"]) == (0, 1)


def test_bad_frames_are_named():
    with pytest.raises(ValueError, match="lacks the columns n_test"):
        headline.headline_table(final_rows().drop(columns="n_test"))
    with pytest.raises(ValueError, match="at least one final model"):
        headline.headline_table(final_rows().iloc[:0])
    with pytest.raises(ValueError, match=r"seeds of tiny, full, 1\.0 must share their classes"):
        headline.headline_table(final_rows().iloc[1:])
    other_test = final_rows()
    other_test.loc[0, "n_test"] = TEST - 1
    with pytest.raises(ValueError, match=r"seeds of tiny, full, 1\.0 must share their classes and"):
        headline.headline_table(other_test)


def test_all_seeds_are_used():
    counts = {("random", 0.5): [(80, 10), (80, 30), (80, 80)]}
    found = headline.headline_table(final_rows(counts), n_resamples=200).iloc[0]
    assert found["n_seeds"] == 3
    assert found["worst_class_accuracy"] == pytest.approx(np.mean([0.1, 0.3, 0.8]))


def test_a_difference_has_one_interval_whatever_it_is_shown_beside():
    counts = {(m, 0.3): [(70, 30), (72, 30 + k)] for k, m in enumerate(("random", "el2n", "ssp"))}
    counts[("full", 1.0)] = [(80, 60), (82, 40)]
    final = final_rows(counts)
    found = []
    for baselines in (None, "full", ["full", "ssp", "el2n"]):
        table = headline.difference_table(final, baselines, n_resamples=200)
        table = table[(table["method"] == "el2n") & (table["baseline"] == "full")]
        found.append(table.reset_index(drop=True))
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])


def test_two_rows_of_one_class_of_one_model_are_refused():
    frame = final_rows()
    with pytest.raises(ValueError, match="two rows are of the same class .*'method': 'full'"):
        headline.headline_table(pd.concat([frame, frame]))
