"""The tables of figures 8 and 9, and that drawing needs nothing else."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairprune.figures import figure8, figure9
from fairprune.storage import tables
from fairprune.theory import Mixture, simulate

SMALL = {"n_points": 80, "n_repeats": 120, "n_shown": 5, "bins": 12, "seed": 1}


@pytest.fixture(scope="module")
def table8():
    return figure8.plotted_table(**SMALL)


@pytest.fixture(scope="module")
def table9():
    return figure9.plotted_table(separations=[1, 3], ratio_min=0.25, n_ratios=4, **SMALL)


def rows(table, **values):
    for column, value in values.items():
        table = table[table[column] == value]
    return table


@pytest.fixture(scope="module")
def ssp():
    """The simulation behind the panel ``ssp`` of figure 8."""
    settings = {key: value for key, value in SMALL.items() if key != "bins"}
    return simulate(Mixture((-1, 1), (0.5, 1.0)), ["ssp"], **settings)["ssp"]


def test_histograms_hold_every_point_kept(table8):
    assert list(table8["panel"].unique()) == ["random_optimal", "ssp", "random_ssp"]
    for panel in table8["panel"].unique():
        per_data_set = rows(table8, panel=panel, kind="bin")["y"].sum()
        assert per_data_set == pytest.approx(40)
        assert rows(table8, panel=panel, kind="count")["y"].sum() == pytest.approx(40)
        fits = rows(table8, panel=panel, kind="fit").iloc[0]
        share = rows(table8, panel=panel, kind="fit_bin")["y"].sum()
        assert share == pytest.approx(1 - fits["n_constant"] / 120)


def test_histogram_counts_are_those_of_the_data_sets_shown(table8, ssp):
    for k in (0, 1):
        bins = rows(table8, panel="ssp", kind="bin", series=f"class {k}")
        edges = [*bins["x_low"], bins["x_high"].iloc[-1]]
        points = ssp.shown.points[ssp.shown.labels == k]
        np.testing.assert_allclose(bins["y"], np.histogram(points, edges)[0] / 5)


def test_optima_are_equations_3_and_4_in_every_panel(table8):
    t_star = (-1.25 + 0.5 * np.sqrt(4 + 1.5 * np.log(2))) / 0.75
    for panel in table8["panel"].unique():
        optima = rows(table8, panel=panel, kind="optimum").set_index("series")
        assert optima.loc["average", "x"] == pytest.approx(t_star)
        assert optima.loc["worst_class", "x"] == pytest.approx(-1 / 3)
        worst = optima.loc["worst_class", "worst_class_risk"]
        assert worst == pytest.approx(stats.norm.cdf(-4 / 3))
        assert optima.loc["average", "average_risk"] < optima.loc["worst_class", "average_risk"]


def test_fit_rows_summarise_the_thresholds(table8, ssp):
    thresholds = ssp.thresholds
    fit = rows(table8, panel="ssp", kind="fit").iloc[0]
    finite = thresholds[np.isfinite(thresholds)]
    assert fit["y"] == 120
    assert fit["n_constant"] == 120 - len(finite)
    assert fit["x"] == pytest.approx(finite.mean())
    assert fit["x_high"] - fit["x_low"] == pytest.approx(2 * finite.std())
    worst = np.maximum(stats.norm.sf(2 * (thresholds + 1)), stats.norm.cdf(thresholds - 1))
    assert fit["worst_class_risk"] == pytest.approx(worst.mean())
    modes = rows(table8, panel="ssp", kind="mode")
    for mode, chosen in zip(modes.itertuples(), (finite < -1, finite >= -1), strict=True):
        assert mode.y == pytest.approx(chosen.sum() / 120)
        assert mode.x == pytest.approx(finite[chosen].mean())
        assert mode.x_high - mode.x_low == pytest.approx(2 * finite[chosen].std())
        assert mode.worst_class_risk == pytest.approx(worst[np.isfinite(thresholds)][chosen].mean())
    for panel in ("random_optimal", "random_ssp"):
        (mode,) = rows(table8, panel=panel, kind="mode").itertuples()
        assert mode.x == rows(table8, panel=panel, kind="fit")["x"].iloc[0]


def test_no_mean_is_marked_where_no_fit_lies(table8):
    """The middle half of each bar lies at fits: not so for the mean over both modes of SSP."""

    def fits_near(row):
        bins = rows(table8, panel=row.panel, kind="fit_bin")
        near = (bins["x_high"] > row.x - 0.1) & (bins["x_low"] < row.x + 0.1)
        return bins["y"][near].sum()

    marked = rows(table8, kind="mode")
    assert all(fits_near(row) > 0.3 * row.y for row in marked.itertuples())
    assert len(rows(marked, panel="ssp")) == 2


def test_figure_9_compares_proportions_on_the_grid(table9):
    curves = rows(table9, panel="proportions")
    optimal = rows(curves, series="optimal")
    np.testing.assert_allclose(optimal["x"], [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(optimal["y"], [1 / 5, 1 / 3, 3 / 7, 1 / 2])
    assert sorted(rows(curves, series="metriq")["separation"].unique()) == [1, 3]
    for separation in (1, 3):
        metriq = rows(curves, series="metriq", separation=separation)
        assert metriq["y"].iloc[-1] == pytest.approx(0.5)
        assert (metriq["y"].to_numpy()[:-1] < optimal["y"].to_numpy()[:-1]).all()
    assert list(table9["panel"].unique()) == ["proportions", "random_metriq"]


def test_figure_9_marks_where_condition_11_holds():
    table = figure9.plotted_table(separations=[0.5], ratio_min=0.25, n_ratios=4, **SMALL)
    curve = rows(table, series="metriq", kind="curve")
    expected = stats.norm.ppf(1 / (1 + curve["x"])) < 0.5
    np.testing.assert_array_equal(curve["attained"] == 1, expected)
    assert 0 < expected.sum() < 4


@pytest.mark.parametrize("module", [figure8, figure9])
def test_figures_are_drawn_from_the_stored_table_alone(module, table8, table9, tmp_path):
    table = table8 if module is figure8 else table9
    tables.write_table(tmp_path / "figure.parquet", table)
    stored = tables.read_table(tmp_path / "figure.parquet").to_pandas()
    pd.testing.assert_frame_equal(stored, table, check_dtype=False)
    figure = module.draw(stored)
    axes = figure.axes
    labels = {axis.get_ylabel() for axis in axes}
    assert {"Points per data set", "Fits (%)"} <= labels
    texts = [
        text.get_text()
        for part in (figure, *figure.subfigs)
        for legend in part.legends
        for text in legend.get_texts()
    ]
    assert {"class 0", "class 1", "mean fit ± 1 s.d."} <= set(texts)
    sizes = [text.get_fontsize() for axis in axes for text in axis.texts + axis.get_xticklabels()]
    assert min(sizes) >= 8


def test_mean_line_and_optima_are_drawn_where_the_table_says(table8):
    axis = figure8.draw(table8).axes[1]  # upper row, second column
    panel = table8[table8["panel"] == "ssp"]
    drawn = {round(line.get_xdata()[0], 9) for line in axis.lines}
    wanted = pd.concat([rows(panel, kind="optimum"), rows(panel, kind="mode")])["x"]
    assert {round(x, 9) for x in wanted} <= drawn
    assert round(rows(panel, kind="fit")["x"].iloc[0], 9) not in drawn
    shares = [f"{share * 100:.2g}%: " for share in rows(panel, kind="mode")["y"]]
    texts = [text.get_text() for text in figure8.draw(table8).axes[4].texts]
    assert len(shares) == 2 and all(share in texts[0] for share in shares)


def test_constant_rules_are_reported_and_drawn():
    settings = SMALL | {"n_points": 8, "means": (-0.1, 0.1), "standard_deviations": (1, 1.1)}
    table = figure8.plotted_table(**settings)
    assert (rows(table, kind="fit")["n_constant"] > 0).all()
    texts = [text.get_text() for axis in figure8.draw(table).axes for text in axis.texts]
    assert sum("constant: " in text for text in texts) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bins": 0}, "bins"),
        ({"priors": (0.001, 0.999)}, "equation 6"),
        ({"density": 2}, "density"),
        ({"standard_deviations": (2, 1)}, "standard_deviations"),
    ],
)
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        figure8.plotted_table(**(SMALL | changes))


@pytest.mark.parametrize("changes", [{"separations": [0]}, {"ratio_min": 1}, {"n_ratios": 1}])
def test_bad_grids_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        figure9.plotted_table(**changes, **SMALL)
