"""Figures as they are drawn: axes, curves, panels, legends, files and captions; not pixels."""

from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.offsetbox import TextArea
from matplotlib.text import Text

from fairprune import registry
from fairprune.figures import (
    _metrics,
    figure1,
    figure2,
    figure3,
    figure4,
    figure5,
    figure7,
    learning_curves,
    methods,
    panels,
    score_correlation,
    style,
    trade_off,
)
from fairprune.reporting.labels import keeps_all
from fairprune.storage import tables
from tests.unit.figures.test_figures import MODULES, correlation_scores, frames, plotted


def curves(axis):
    """Label-free lines with their x and y data, reference levels left out."""
    return [line for line in axis.lines if line.get_transform() == axis.transData]


def test_axes_carry_percent_and_tables_do_not():
    table = plotted(figure1)
    figure = figure1.draw(table)
    figure.draw_without_rendering()
    labels = [axis.get_ylabel() for axis in figure.axes]
    arrows = "\N{UPWARDS ARROW}" * 2 + "\N{DOWNWARDS ARROW}" * 2
    assert labels == [
        f"{text} {way}" for text, way in zip(_metrics.METRICS.values(), arrows, strict=True)
    ]
    assert ["(%)" in label for label in labels] == [True, True, False, False]
    assert all("(points)" in label for label in labels[2:])  # what differences are in
    assert table["upper"].max() <= 1
    axis = figure.axes[0]
    shown = [float(tick.get_text()) for tick in axis.get_yticklabels()]
    np.testing.assert_allclose(shown, 100 * axis.get_yticks())


def test_figure1_draws_the_table_with_densities_ascending_and_the_full_level():
    table = plotted(figure1)
    axis = figure1.draw(table.sample(frac=1, random_state=0)).axes[1]
    lines = curves(axis)
    assert len(lines) == len(figure1.METHODS)
    expected = table.query("method == 'random' and metric == 'worst_class_accuracy'")
    black = next(line for line in lines if line.get_color() == "#000000")
    np.testing.assert_allclose(black.get_xdata(), [0.2, 0.5])
    np.testing.assert_allclose(black.get_ydata(), expected["mean"])
    level = next(line for line in axis.lines if line.get_color() == style.REFERENCE_COLOR)
    full = table.query("method == 'full' and metric == 'worst_class_accuracy'")["mean"].item()
    np.testing.assert_allclose(level.get_ydata(), full)


def test_figure4_has_a_row_a_strategy_with_random_in_each():
    figure = figure4.draw(plotted(figure4))
    assert len(figure.axes) == 8
    rows = figure.axes[0], figure.axes[4]
    assert [axis.get_title(loc="left") for axis in rows] == ["(a) GraNd", "(b) Forgetting"]
    assert [len(curves(axis)) for axis in rows] == [5, 5]
    assert rows[0].get_ylim() == rows[1].get_ylim()
    assert all(
        axis.get_ylim()[1] >= max(np.max(c.get_ydata()) for c in axis.lines) for axis in rows
    )


def test_figure4_without_strategies_is_one_row():
    final, _ = frames(("full", "random", "random_metriq"))
    figure = figure4.draw(figure4.plotted_table(final=final))
    assert len(figure.axes) == 4 and len(curves(figure.axes[0])) == 2


def test_figure_3_has_a_panel_a_method_with_its_correlation_written_in():
    figure = figure3.draw(plotted(figure3))
    assert [axis.get_title() for axis in figure.axes][:2] == ["Random", "EL2N"]
    texts = [axis.texts[0] for axis in figure.axes]
    assert "chance alone" in texts[0].get_text()
    assert texts[0].get_color() == style.REFERENCE_COLOR
    assert "mean Pearson's" in texts[1].get_text() and "by chance within" in texts[1].get_text()
    assert len(figure.axes) == len(panels.EXISTING)


@pytest.mark.parametrize("densities", [(0.2, 0.5), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)])
def test_figure_2_writes_the_smallest_class_at_every_density_in_its_colour(densities):
    table = plotted(figure2, densities=densities)
    figure = figure2.draw(table)
    figure.draw_without_rendering()
    assert [axis.get_title() for axis in figure.axes][:2] == ["Random", "EL2N"]
    assert len(figure.axes) == len(panels.EXISTING)
    for axis, method in zip(figure.axes, panels.EXISTING, strict=True):
        words, *numbers = (area.findobj(Text)[0] for area in axis.findobj(TextArea))
        assert words.get_text() == "smallest class (examples):"
        smallest = table[table["method"] == method].groupby("density")["smallest_n_train"].first()
        assert [float(number.get_text()) for number in numbers] == smallest.tolist()
        assert [number.get_color() for number in numbers] == [
            line.get_color() for line in curves(axis)
        ]
        title = axis.title.get_window_extent()
        boxes = [part.get_window_extent() for part in (words, *numbers)]
        assert all(box.y1 <= title.y0 and box.y0 >= axis.bbox.y1 for box in boxes)
        assert max(box.x1 for box in boxes) - min(box.x0 for box in boxes) < axis.bbox.width


@pytest.mark.parametrize("n_classes", [2, 3])
def test_figure_5_counts_few_classes_in_whole_numbers(n_classes):
    final, pruned = frames(("full", "random_metriq"), n_classes=n_classes)
    axis = figure5.draw(figure5.plotted_table(final=final, pruned=pruned)).axes[0]
    ticks = axis.get_xticks()
    assert axis.get_xlabel() == "Class, sorted" and len(ticks) > 1
    np.testing.assert_array_equal(ticks, ticks.round())


def test_figure7_has_larger_markers_at_higher_densities():
    table = plotted(figure7)
    for axis in figure7.draw(table).axes:
        assert not axis.texts
        for method in figure7.METHODS:
            color = style.style(method).color
            points = [p for p in curves(axis) if p.get_marker() and p.get_color() == color]
            sizes = [point.get_markersize() for point in points if point.get_linestyle() == "None"]
            assert len(sizes) == (1 if keeps_all(method) else 2)
            assert sizes == sorted(set(sizes))


def draw_and_write(module, path, **options):
    table = plotted(module, **options)
    assert module.draw(table).axes
    tables.write_table(path, table)
    assert tables.read_table(path).num_rows == len(table)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_one_seed_and_densities_over_decades_are_drawn(module, tmp_path):
    options = {"densities": (0.01, 1.0), "n_seeds": 1, "n_classes": 25}
    draw_and_write(module, tmp_path / "plotted.parquet", **options)


@pytest.mark.parametrize("module", [figure1, figure5, figure7])
def test_one_density_is_drawn(module, tmp_path):
    draw_and_write(module, tmp_path / "plotted.parquet", densities=(0.5,))


def test_saved_files_are_the_same_bytes_on_every_run(tmp_path):
    scores = correlation_scores(el2n=[1.0, 2.0], ssp=[3.0, 1.0])
    table = score_correlation.plotted_table(scores=scores)
    paths = [(tmp_path / f"{n}.pdf", tmp_path / f"{n}.png") for n in "ab"]
    for pdf, png in paths:
        style.save(score_correlation.draw(table), pdf, png)
    for first, second in zip(*paths, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert paths[0][0].read_bytes().startswith(b"%PDF")
    assert b"CreationDate" not in paths[0][0].read_bytes()
    assert paths[0][1].read_bytes().startswith(b"\x89PNG")


# Interface and errors


def test_every_figure_is_registered_and_has_a_caption():
    captions = Path(__file__).parents[3] / "workflow" / "report"
    for module in (*MODULES, score_correlation, learning_curves, methods, trade_off):
        name = module.__name__.split(".")[-1]
        assert registry.load("figures", name) is module
        caption = "score_correlation" if name == "score_correlation" else "figures"
        template = jinja2.Template((captions / f"{caption}.rst").read_text())
        wildcards = {"experiment": "tiny", "figure": name}
        job = {"wildcards": wildcards, "params": {"options": {}}}
        text = template.render(snakemake=job)
        assert "What to look for" in text and len(text) < 2500
        assert set(module.NEEDS) <= {"final", "pruned", "epochs", "scores"}


def test_the_caption_of_any_other_figure_is_its_own():
    report = Path(__file__).parents[3] / "workflow" / "report" / "figures.rst"
    params = {"options": {}, "chosen": 9, "title": "My figure", "caption": "Means over seeds."}
    job = {"wildcards": {"experiment": "tiny", "figure": "mine"}, "params": params}
    caption = jinja2.Template(report.read_text()).render(snakemake=job)
    assert "**My figure, tiny.** Means over seeds. Only the 9 methods in" in caption


@pytest.mark.parametrize("figure", ["figure1", "figure4", "figure6", "figure7", "trade_off"])
def test_captions_say_what_bands_and_bars_are(figure):
    report = Path(__file__).parents[3] / "workflow" / "report" / "figures.rst"
    template = jinja2.Template(report.read_text())
    for bands, text in (("range", "smallest to largest seed"), ("interval", "95% intervals")):
        job = {"wildcards": {"figure": figure}, "params": {"options": {"bands": bands}}}
        caption = template.render(snakemake=job)
        assert f"bands: {text}" in caption or f"thin bars: {text}" in caption


@pytest.mark.parametrize("figure", ["methods", "trade_off", "learning_curves"])
def test_captions_say_where_a_figure_shows_chosen_methods(figure):
    report = Path(__file__).parents[3] / "workflow" / "report" / "figures.rst"
    template = jinja2.Template(report.read_text())
    for chosen in (None, 9):
        job = {"wildcards": {"figure": figure}, "params": {"options": {}, "chosen": chosen}}
        said = "Only the 9 methods in `figure_methods`" in template.render(snakemake=job)
        assert said == (chosen is not None)


def test_bad_frames_are_named():
    final, pruned = frames(("full", "random"))
    with pytest.raises(ValueError, match="needs rows in the frame 'final', got none"):
        figure1.plotted_table(final=final[:0])
    with pytest.raises(ValueError, match="frame 'final' lacks the columns recall"):
        figure1.plotted_table(final=final.drop(columns="recall"))
    with pytest.raises(ValueError, match="must hold one experiment, got other, tiny"):
        figure1.plotted_table(final=pd.concat([final, final.assign(experiment="other")]))
    with pytest.raises(ValueError, match="must hold the method 'full'"):
        figure3.plotted_table(final=final[final["method"] != "full"], pruned=pruned)
    with pytest.raises(ValueError, match="imbalance_factor 2 must belong to one experiment"):
        both = pd.concat([final, final.assign(experiment="other")])
        figure7.plotted_table(final=both.assign(imbalance_factor=2))
    scores = correlation_scores(el2n=[1.0, 2.0], ssp=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="all scores for the same examples"):
        score_correlation.plotted_table(scores=scores)


def test_panels_share_limits_that_hold_those_of_all():
    axes = Figure().subplots(2)
    axes[0].set_ylim(0.2, 0.7)
    axes[1].set_ylim(0.1, 0.5)
    panels.same_limits(axes)
    assert [axis.get_ylim() for axis in axes] == [(0.1, 0.7)] * 2
