"""Figures: the tables they plot."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairprune import registry
from fairprune.figures import (
    _classes,
    _metrics,
    figure1,
    figure2,
    figure3,
    figure4,
    figure5,
    figure6,
    figure7,
    score_correlation,
)
from fairprune.reporting import headline
from fairprune.reporting.labels import keeps_all
from fairprune.reporting.runs import ACCURACIES

N_CLASS, N_TEST = 100, 20


def frames(methods, densities=(0.2, 0.5), *, n_seeds=2, n_classes=4, experiment="tiny"):
    """Final and pruned frames of made-up results; ``random`` keeps the same of each class."""
    generator = np.random.default_rng(0)
    rows = []
    for method in methods:
        for density, seed in itertools.product(
            (1.0,) if keeps_all(method) else densities, range(n_seeds)
        ):
            spread = 0 if method in ("full", "random") else np.linspace(-0.1, 0.1, n_classes)
            kept = np.round(N_CLASS * (density + spread + np.zeros(n_classes))).astype(int)
            for k in range(n_classes):
                correct = int(generator.integers(5, N_TEST))
                row = (experiment, method, density, seed, k, f"class {k}", N_CLASS, kept[k])
                rows.append((*row, kept[k] / N_CLASS, correct / N_TEST, N_TEST, correct))
    names = "experiment method density seed class class_name n_class n_train class_density"
    frame = pd.DataFrame(rows, columns=[*names.split(), "recall", "n_test", "n_correct"])
    pruned = frame.drop(columns=["recall", "n_test", "n_correct"])
    return frame.drop(columns="n_class"), pruned[~pruned["method"].map(keeps_all)]


def plotted(module, **options):
    final, pruned = frames(dict.fromkeys(("full", *module.METHODS)), **options)
    if module is figure7:
        parts = [final.assign(experiment=f"i{i}", imbalance_factor=i) for i in (2, 10)]
        final = pd.concat(parts)
    given = {"final": final, "pruned": pruned}
    return module.plotted_table(**{name: given[name] for name in module.NEEDS})


def correlation_scores(**values):
    parts = [
        pd.DataFrame({"name": name, "index": range(len(score)), "score": score})
        for name, score in values.items()
    ]
    return pd.concat(parts)


MODULES = (figure1, figure2, figure3, figure4, figure5, figure6, figure7)


def test_metrics_are_means_and_ranges_over_seeds_of_the_reported_ones():
    final, _ = frames(("full", "random"))
    table = figure1.plotted_table(final=final)
    runs = final.query("method == 'random' and density == 0.2")
    worst = runs.groupby("seed")["recall"].min()
    row = table.set_index(["method", "density", "metric"]).loc[
        "random", 0.2, "worst_class_accuracy"
    ]
    expected = [pytest.approx(worst.mean()), worst.min(), worst.max()]
    assert row[["mean", "lower", "upper"]].tolist() == expected
    assert row["n_seeds"] == 2
    assert len(table) == 4 * (1 + 2)


def test_bands_may_be_the_intervals_of_the_headline_table():
    final, _ = frames(("full", "random"), n_classes=3)
    table = figure1.plotted_table(final=final, bands="interval")
    ranges = figure1.plotted_table(final=final)
    pd.testing.assert_series_equal(table["mean"], ranges["mean"])
    assert set(table["bands"]) == {"interval"} and set(ranges["bands"]) == {"range"}
    reported = headline.headline_table(final).set_index(["method", "density"])
    for metric in ACCURACIES:
        drawn = table[table["metric"] == metric].set_index(["method", "density"])
        for limit in ("lower", "upper"):
            expected = reported[f"{metric}_{limit}"].loc[drawn.index]
            np.testing.assert_allclose(drawn[limit], expected)
    assert (table["lower"] < table["upper"]).all()
    with pytest.raises(ValueError, match="bands must be one of range, interval, got 'error'"):
        figure1.plotted_table(final=final, bands="error")


@pytest.mark.parametrize("name", ["figure1", "figure4", "figure6"])
def test_intervals_are_drawn_for_a_single_seed_too(name):
    module = registry.load("figures", name)
    assert module.OPTIONS == ("bands",)
    final, _ = frames(("full", "random", "random_metriq"), n_seeds=1)
    shown = []
    for bands in _metrics.BANDS:
        axis = module.draw(module.plotted_table(final=final, bands=bands)).axes[0]
        shown.append(len(axis.collections) + len(axis.patches))
    assert shown == [0, 3]  # a single seed has no range


def test_average_accuracy_counts_test_examples():
    final, _ = frames(("full",), n_seeds=1, n_classes=2)
    final["recall"], final["n_test"] = [1.0, 0.5], [30, 10]
    table = figure1.plotted_table(final=final).set_index("metric")
    assert table.loc["average_accuracy", "mean"] == 0.875
    table = figure1.plotted_table(final=final.drop(columns="n_test")).set_index("metric")
    assert table.loc["average_accuracy", "mean"] == 0.75


def test_sorted_densities_are_sorted_within_each_seed():
    """Averaging before sorting would hide the spread of seeds that favour different classes."""
    _, pruned = frames(("el2n",), (0.5,), n_classes=2)
    pruned["n_train"] = [40, 60, 60, 40]
    pruned["class_density"] = pruned["n_train"] / N_CLASS
    table = figure2.plotted_table(pruned=pruned)
    np.testing.assert_allclose(table["class_density"], [0.4, 0.6])
    assert table["rank"].tolist() == [1, 2]
    assert set(table["smallest_n_train"]) == {40}


def test_correlation_is_averaged_over_densities():
    final, pruned = frames(("full", "el2n"))
    recall = [0.9, 0.7, 0.8, 0.2]
    final["recall"] = recall * (len(final) // 4)
    pruned.loc[pruned["density"] == 0.2, "class_density"] = [0.1, 0.2, 0.15, 0.3] * 2
    pruned.loc[pruned["density"] == 0.5, "class_density"] = [0.6, 0.4, 0.5, 0.5] * 2
    table = figure3.plotted_table(final=final, pruned=pruned)
    each = [
        np.corrcoef(recall, [0.1, 0.2, 0.15, 0.3])[0, 1],
        np.corrcoef(recall, [0.6, 0.4, 0.5, 0.5])[0, 1],
    ]
    np.testing.assert_allclose(table.groupby("density")["correlation"].first(), each)
    np.testing.assert_allclose(table["mean_correlation"], np.mean(each))
    assert len(table) == 8
    assert (table.groupby("class")["full_recall"].first() == recall).all()


def test_a_constant_class_density_has_no_correlation():
    final, pruned = frames(("full", "random", "el2n"))
    pruned["class_density"] += np.where(pruned["class"] == 1, 1e-16, 0)
    table = figure3.plotted_table(final=final, pruned=pruned)
    random, el2n = (table[table["method"] == m] for m in ("random", "el2n"))
    assert random["correlation"].isna().all() and (random["n_correlations"] == 0).all()
    assert random["chance"].isna().all()
    constant = random.assign(method="ssp")
    assert _classes.correlation_text(constant) == "Pearson's $r$ n/a"
    some = el2n.assign(n_correlations=1, mean_correlation=-0.3, chance=0.95)
    text = "Pearson's $r$ = \N{MINUS SIGN}0.30 (1 of 2 $d$)\nby chance within ±0.95"
    assert _classes.correlation_text(some) == text
    both = some.assign(n_correlations=2)
    assert _classes.correlation_text(both).startswith("mean Pearson's $r$ = \N{MINUS SIGN}0.30\n")


def test_random_pruning_gets_no_correlation_that_could_only_be_chance():
    final, pruned = frames(("full", "random", "el2n"))
    pruned["class_density"] += np.tile([0.01, 0.02, -0.02, 0], len(pruned) // 4)
    table = figure3.plotted_table(final=final, pruned=pruned)
    random = table[table["method"] == "random"]
    assert random["correlation"].notna().all()
    assert _classes.correlation_text(random) == "classes differ\nby chance alone"


def test_what_chance_gives_is_the_quantile_of_students_t():
    """Under permutations r is as of independent normal values: t = r sqrt((K - 2)/(1 - r^2))."""
    final, pruned = frames(("full", "el2n"), (0.2,), n_classes=10, n_seeds=1)
    generator = np.random.default_rng(1)
    final["recall"] = np.tile(generator.normal(0.7, 0.05, 10), len(final) // 10)
    pruned["class_density"] = generator.normal(0.5, 0.1, 10)
    table = figure3.plotted_table(final=final, pruned=pruned)
    t = stats.t.ppf(0.975, 8)
    np.testing.assert_allclose(table["chance"], t / np.sqrt(8 + t**2), atol=0.02)
    again = pruned.assign(density=0.4, class_density=pruned["class_density"] * 2)
    twice = figure3.plotted_table(final=final, pruned=pd.concat([pruned, again]))
    np.testing.assert_allclose(twice["chance"], table["chance"].iloc[0])  # nothing new


def test_score_correlation_is_spearmans():
    table = score_correlation.plotted_table(
        scores=correlation_scores(
            el2n=[1.0, 2.0, 3.0, 4.0], grand=[1.0, 4.0, 9.0, 9.0], ssp=[4.0, 3.0, 2.0, 1.0]
        )
    )
    values = table.pivot(index="score", columns="other", values="correlation")
    assert values.loc["el2n", "ssp"] == pytest.approx(-1)
    assert values.loc["el2n", "grand"] == pytest.approx(3 / np.sqrt(10))  # ties share a rank
    assert np.diag(values) == pytest.approx(1)


def test_score_correlation_of_a_constant_score_is_null_and_one_score_is_drawn():
    scores = correlation_scores(el2n=[1.0, 2.0, 3.0], ssp=[1.0, 1.0, 1.0])
    table = score_correlation.plotted_table(scores=scores)
    assert table.set_index(["score", "other"])["correlation"].isna().sum() == 3
    figure = score_correlation.draw(table)
    assert [text.get_text() for text in figure.axes[0].texts] == ["n/a"]  # each pair once
    alone = score_correlation.plotted_table(scores=correlation_scores(el2n=[1.0, 2.0]))
    assert alone["correlation"].tolist() == [pytest.approx(1)]
    score_correlation.draw(alone)


def test_each_pair_of_scores_is_written_once_in_its_row_and_column():
    scores = correlation_scores(
        el2n=[1.0, 2.0, 3.0, 4.0], grand=[2.0, 1.0, 3.0, 4.0], ssp=[4.0, 3.0, 2.0, 1.0]
    )
    axis = score_correlation.draw(score_correlation.plotted_table(scores=scores)).axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["GraNd", "SSP"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["EL2N", "GraNd"]
    written = {text.get_position(): text.get_text() for text in axis.texts}
    minus = "\N{MINUS SIGN}"
    assert written == {(0.5, 0.5): "0.80", (0.5, 1.5): f"{minus}1.00", (1.5, 1.5): f"{minus}0.80"}


def test_figure7_has_both_accuracies_in_one_row():
    table = plotted(figure7)
    assert sorted(table["imbalance_factor"].unique()) == [2, 10]
    assert {"average_accuracy_mean", "worst_class_accuracy_lower"} <= set(table.columns)
    assert len(table) == 2 * (2 + 2 * 2)  # factors * (levels + methods * densities)
