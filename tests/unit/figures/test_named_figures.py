"""Figures of any methods: all of them, the trade-off, and learning curves."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from fairprune import registry
from fairprune.figures import (
    _metrics,
    _paths,
    comparison,
    learning_curves,
    methods,
    panels,
    style,
    trade_off,
)
from tests.unit.figures.test_figures import frames

NAMES = ("full", "random", "el2n", "my_own")


def curves(axis):
    return [line for line in axis.lines if line.get_transform() == axis.transData]


def epochs():
    rows = []
    for method, density in (("full", 1.0), ("random", 0.1), ("random", 0.3), ("random", 0.5)):
        n_epochs = 4 if density == 1 else 8
        for seed in (0, 1):
            for epoch in range(1, n_epochs + 1):
                accuracy = 0.1 * epoch + 0.02 * seed if epoch % 2 == 0 else None
                row = ("tiny", method, density, seed, epoch, 2.0 / epoch + seed, accuracy, accuracy)
                rows.append(row)
    names = "experiment method density seed epoch loss validation_accuracy worst_class_accuracy"
    return pd.DataFrame(rows, columns=names.split())


def test_methods_shows_both_accuracies_of_all_methods_worst_class_first():
    final, _ = frames(NAMES)
    table = methods.plotted_table(final=final)
    assert set(table["method"]) == set(NAMES)
    figure = methods.draw(table)
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert "Worst-class" in labels[0] and "Average" in labels[1]
    assert [len(curves(axis)) for axis in figure.axes] == [3, 3]  # the full data is a level


def test_the_trade_off_is_a_path_through_the_densities_with_larger_markers_at_higher_ones():
    final, _ = frames(NAMES)
    table = trade_off.plotted_table(final=final)
    figure = trade_off.draw(table)
    (axis,) = figure.axes
    color = style.style("my_own").color
    path, *points = (line for line in curves(axis) if line.get_color() == color)
    rows = table[table["method"] == "my_own"].sort_values("density")
    np.testing.assert_allclose(path.get_xdata(), rows["average_accuracy_mean"])
    np.testing.assert_allclose(path.get_ydata(), rows["worst_class_accuracy_mean"])
    assert [point.get_xdata()[0] for point in points] == list(path.get_xdata())
    sizes = [point.get_markersize() for point in points]
    assert sizes[0] < sizes[1] and not axis.texts


@pytest.mark.parametrize("bands", ["range", "interval"])
def test_the_bars_of_the_trade_off_are_the_bands_asked_for(bands):
    final, _ = frames(NAMES)
    table = trade_off.plotted_table(final=final, bands=bands)
    expected = _metrics.metrics_table(final, bands=bands).set_index(["method", "density", "metric"])
    for row in table.to_dict("records"):
        worst = expected.loc[(row["method"], row["density"], "worst_class_accuracy")]
        assert row["worst_class_accuracy_lower"] == worst["lower"]
        assert row["worst_class_accuracy_upper"] == worst["upper"]
    said = {"range": "bars: smallest to largest of 2 seeds", "interval": "bars: 95% intervals"}
    assert said[bands] in _paths.about_paths(table)


def with_classes(n_classes):
    """Final models whose recalls are 0, 0.05, 0.1, ... with every method and seed."""
    final, _ = frames(NAMES)
    rows = final[final["class"] == 0]
    parts = [rows.assign(**{"class": k, "recall": k / 20}) for k in range(n_classes)]
    return pd.concat(parts, ignore_index=True)


def test_of_more_than_ten_classes_the_worst_tenth_is_shown():
    final = with_classes(11)
    paths = trade_off.plotted_table(final=final, bands="interval")
    np.testing.assert_allclose(paths["worst_tenth_accuracy_mean"], (0 + 0.05) / 2)
    for module in (methods, comparison):
        table = module.plotted_table(final=final)
        assert list(table["metric"].unique()) == ["worst_tenth_accuracy", "average_accuracy"]
        tenth = table[table["metric"] == "worst_tenth_accuracy"]
        np.testing.assert_allclose(tenth["mean"], 0.025)
        figure = module.draw(table)
        assert "Worst-tenth" in figure.axes[0].get_ylabel()
    figure = trade_off.draw(paths)
    (axis,), (legend,) = figure.axes, figure.legends
    assert "dotted" not in legend.get_title().get_text()  # which is of worst classes
    assert "Worst-tenth" in axis.get_ylabel()
    assert all(line.get_ydata()[0] == pytest.approx(0.025) for line in curves(axis))
    few = trade_off.plotted_table(final=with_classes(10))
    assert not any("tenth" in column for column in few)


def test_the_trade_off_says_which_densities_there_are():
    final, _ = frames(NAMES)
    grow = "markers grow with the density: 0.2, 0.5"
    for densities, said in (((0.2, 1.0), "\ndensity 0.2"), ((), grow), ((1.0,), "smallest to")):
        chosen = final[final["density"].isin(densities)] if densities else final
        figure = trade_off.draw(trade_off.plotted_table(final=chosen))
        (legend,) = figure.legends
        assert said in legend.get_title().get_text()
    many, _ = frames(NAMES, [k / 10 for k in range(1, 10)])
    text = _paths.about_paths(trade_off.plotted_table(final=many))
    assert text.endswith("markers grow with the density: 0.1 to 0.9")


def test_learning_curves_are_means_over_seeds_by_share_of_the_training():
    table = learning_curves.plotted_table(epochs=epochs())
    row = table.set_index(["method", "density", "epoch"]).loc["random", 0.3, 2]
    assert row["share"] == 0.25 and row["n_seeds"] == 2
    assert row["loss"] == pytest.approx(1.5)
    assert row["validation_accuracy"] == pytest.approx(0.21)
    assert table["validation_accuracy"].isna().sum() == len(table) / 2
    assert (row["loss_lower"], row["loss_upper"]) == (1, 2)  # of two seeds

    figure = learning_curves.draw(table)
    assert len(figure.axes) == 3 * 3  # three densities, loss and two accuracies
    assert all(len(curves(axis)) == 2 for axis in figure.axes)  # random and the full data
    assert [len(line.get_xdata()) for line in curves(figure.axes[1])] == [2, 4]
    assert all(len(axis.collections) == 2 for axis in figure.axes)  # a band each
    (legend,) = figure.legends
    assert "bands: smallest to largest of 2 seeds" in legend.get_title().get_text()


def test_accuracies_known_at_the_end_alone_have_no_panels():
    names = ["validation_accuracy", "worst_class_accuracy"]
    once = epochs()
    last = once.groupby(["method", "density"])["epoch"].transform("max")
    once.loc[once["epoch"] < last, names] = None
    loss = epochs().query("method == 'full'").assign(method="full_cdbw")  # measures as it goes
    figure = learning_curves.draw(
        learning_curves.plotted_table(epochs=pd.concat([once, loss], ignore_index=True))
    )
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["density 0.1", "density 0.3", "density 0.5"]
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == ["Training loss \N{DOWNWARDS ARROW}", "", ""]
    assert all(axis.get_xlabel() for axis in figure.axes)
    measured = epochs()
    figure = learning_curves.draw(
        learning_curves.plotted_table(
            epochs=pd.concat([once, measured.assign(method="el2n_cdbw")], ignore_index=True)
        )
    )
    assert len(figure.axes) == 9
    assert [len(curves(axis)) for axis in figure.axes[:3]] == [3, 1, 1]


def test_learning_curves_end_with_the_marker_that_the_legend_has():
    figure = learning_curves.draw(learning_curves.plotted_table(epochs=epochs()))
    markers = {style.style(method).marker for method in ("full", "random")}
    assert {line.get_marker() for line in figure.legends[0].get_lines()} == markers
    for axis in figure.axes:
        drawn = curves(axis)
        assert {line.get_marker() for line in drawn} == markers
        assert all(line.get_markevery() == [-1] and not line.get_clip_on() for line in drawn)


@pytest.mark.parametrize("module", [methods, trade_off])
def test_a_worst_class_of_zero_everywhere_leaves_the_axis_possible(module):
    final, _ = frames(NAMES)
    final.loc[final["class"] == 0, ["recall", "n_correct"]] = 0
    for axis in module.draw(module.plotted_table(final=final)).axes:
        low, high = axis.get_ylim()
        assert low > -0.03 and high < 1.03


@pytest.mark.parametrize(("n_seeds", "what"), [(1, "one seed"), (2, "bars"), (3, "bands")])
def test_a_figure_says_what_surrounds_its_lines(n_seeds, what):
    final, _ = frames(NAMES, n_seeds=n_seeds)
    figure = methods.draw(methods.plotted_table(final=final))
    (legend,) = figure.legends
    assert what in legend.get_title().get_text()
    table = methods.plotted_table(final=final, bands="interval")
    assert "bands: 95% intervals" in panels.about_bands(table)
    about = (
        panels.about_bands(table),
        _paths.about_paths(trade_off.plotted_table(final=final, bands="interval")),
    )
    assert [("means over seeds" in text) for text in about] == 2 * [n_seeds > 1]
    assert [("for other test images only" in text) for text in about] == 2 * [n_seeds == 1]


def test_methods_of_one_density_have_bars():
    """A band needs two densities, whatever it is of and however many seeds there are."""
    alone, _ = frames(NAMES, (0.5,), n_seeds=3)
    wide, _ = frames(NAMES[:2], n_seeds=3, densities=(0.2, 0.5))
    both = pd.concat([wide, alone[~alone["method"].isin(NAMES[:2])]])
    for final, shapes in ((alone, "bars"), (both, "bands and bars")):
        table = methods.plotted_table(final=final, bands="interval")
        assert f"; {shapes}: 95% intervals" in panels.about_bands(table)


def test_every_figure_has_a_title_for_the_report():
    titles = [registry.constant("figures", name, "TITLE") for name in registry.names("figures")]
    assert all(titles) and len(set(titles)) == len(titles)


@pytest.mark.parametrize("module", [methods, trade_off])
def test_no_legend_is_cut_off_where_names_are_long(module, tmp_path):
    final, _ = frames(("full", "random", *(f"a_score_of_a_very_long_name_{k}" for k in "abcdef")))
    figure = module.draw(module.plotted_table(final=final))
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    (legend,) = figure.legends
    extent = legend.get_window_extent(renderer)
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.width
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")  # as it is drawn
    assert Image.open(tmp_path / "a.png").width == int(figure.bbox.width)


@pytest.mark.parametrize("module", [methods, trade_off])
def test_one_test_image_is_marked_where_a_worst_class_comes_down_to_it(module):
    final, _ = frames(NAMES)
    assert not dotted(module.draw(module.plotted_table(final=final)))  # at least 5 of 20 are right
    final.loc[final.index[-1], ["recall", "n_correct"]] = 1 / 20, 1
    figure = module.draw(module.plotted_table(final=final))
    assert dotted(figure) == [0.05]  # in the panel of the worst class alone
    (legend,) = figure.legends
    assert "one of the 20 test examples of the smallest class" in legend.get_title().get_text()
    sizes_unknown = final.drop(columns="n_test")
    assert not dotted(module.draw(module.plotted_table(final=sizes_unknown)))


def test_a_comparison_has_a_column_an_experiment_with_common_axes():
    final = pd.concat(
        [
            frames(NAMES, experiment="wide")[0],
            frames(("full", "random", "random_metriq"), experiment="deep")[0],
        ]
    )
    table = comparison.plotted_table(final=final)
    figure = comparison.draw(table)
    worst, average = figure.axes[:2], figure.axes[2:]
    assert [axis.get_title() for axis in worst] == ["wide", "deep"]
    assert [len(curves(axis)) for axis in worst] == [3, 2]
    assert [axis.get_ylabel()[:5] for axis in figure.axes] == ["Worst", "", "Avera", ""]
    for row in (worst, average):
        assert row[0].get_ylim() == row[1].get_ylim()
    rows = table.query("experiment == 'deep' and method == 'random_metriq'")
    line = curves(worst[1])[-1]
    expected = rows[rows["metric"] == "worst_class_accuracy"]["mean"]
    np.testing.assert_allclose(line.get_ydata(), expected)


def test_long_names_of_experiments_do_not_meet_above_the_columns():
    names = [f"cifar100_vgg19_long_tailed_imbalance_factor_{factor}" for factor in (10, 50, 100)]
    final = pd.concat([frames(NAMES, experiment=name)[0] for name in names])
    figure = comparison.draw(comparison.plotted_table(final=final))
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    titles = [axis.title for axis in figure.axes[:3]]
    assert [title.get_text().replace("\n", "") for title in titles] == names
    extents = [title.get_window_extent(renderer) for title in titles]
    assert extents[0].x1 < extents[1].x0 and extents[1].x1 < extents[2].x0


def test_a_comparison_says_what_the_dotted_level_of_each_experiment_is():
    """Found in the second experiment alone, whose test split is smaller, or in both."""
    large, small = (frames(NAMES, experiment=name)[0] for name in ("large", "small"))
    large[["n_test", "n_correct"]] *= 50
    small.loc[small.index[-1], ["recall", "n_correct"]] = 1 / 20, 1
    for lowest, levels, said in ((0.2, [0.05], "20"), (0.001, [0.001, 0.05], "20 or 1000")):
        large.loc[large.index[-1], "recall"] = lowest
        figure = comparison.draw(comparison.plotted_table(final=pd.concat([large, small])))
        assert dotted(figure) == levels
        (legend,) = figure.legends
        assert f"one of the {said} test examples" in legend.get_title().get_text()


def dotted(figure):
    lines = [line for axis in figure.axes for line in axis.lines]
    return [line.get_ydata()[0] for line in lines if line.get_color() == "#8C8C8C"]
