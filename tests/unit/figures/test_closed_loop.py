"""The closed loop beside MetriQ, in the mixtures of figure 9."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairprune.figures import closed_loop
from fairprune.storage import tables


@pytest.fixture(scope="module")
def table():
    return closed_loop.plotted_table(separations=[1, 2], ratio_min=0.5, n_ratios=3)


def test_shares_are_compared_with_equation_5(table):
    optimal = table.drop_duplicates("ratio")
    np.testing.assert_allclose(optimal["optimal"], optimal["ratio"] / (1 + optimal["ratio"]))
    assert table.groupby("series")["excess"].size().to_dict() == {"loop": 6, "metriq": 6}


def test_two_rounds_land_nearer_to_the_optimum_than_metriq(table):
    away = (table["share"] - table["optimal"]).abs()
    unequal = table["ratio"] < 1
    largest = away[unequal].groupby(table["series"]).max()
    assert largest["loop"] < largest["metriq"] / 5
    excess = table[unequal].pivot(index=["separation", "ratio"], columns="series", values="excess")
    assert (excess["loop"] < excess["metriq"]).all() and (excess > 0).all(axis=None)
    np.testing.assert_allclose(table.loc[~unequal, "excess"], 0, atol=1e-12)


def test_the_excess_of_metriq_is_that_of_its_closed_form():
    row = closed_loop.plotted_table(separations=[2], ratio_min=0.5, n_ratios=2).iloc[0]
    # s0 = 1/2, s1 = 1, mu1 = 3; t minimises p0 R0 + p1 R1 at the share of class 0 in the table
    t = np.linspace(0, 3, 300_001)
    r0, r1 = stats.norm.sf(t / 0.5), stats.norm.cdf(t - 3)
    best = np.argmin(row["share"] * r0 + (1 - row["share"]) * r1)
    expected = max(r0[best], r1[best]) - stats.norm.cdf(-2)
    assert row["excess"] == pytest.approx(expected, abs=1e-5)


def test_the_figure_is_drawn_from_the_stored_table_alone(table, tmp_path):
    tables.write_table(tmp_path / "figure.parquet", table)
    stored = tables.read_table(tmp_path / "figure.parquet").to_pandas()
    pd.testing.assert_frame_equal(stored, table, check_dtype=False)
    left, right = closed_loop.draw(stored).axes
    assert len(left.lines) == 1 + 2 * 4 and len(right.lines) == 2 * 4  # each with a faint part
    assert right.get_yscale() == "log" and "points" in right.get_ylabel()


def test_curves_are_faint_where_condition_11_fails():
    table = closed_loop.plotted_table(separations=[1], n_ratios=20, ratio_min=0.05)
    ratio = table["ratio"]
    fails = stats.norm.ppf(1 / (1 + ratio)) >= 1
    assert 0 < fails.sum() < len(table)
    assert (table["attained"] == ~fails).all()
    for axis in closed_loop.draw(table).axes:
        for line in axis.lines:
            drawn = line.get_xdata()[~np.isnan(np.asarray(line.get_ydata(), float))]
            if line.get_alpha() is None and not isinstance(line.get_color(), str):
                assert (drawn > ratio[fails].max()).all()


def test_curves_are_broken_where_the_constant_rule_begins_to_win():
    table = closed_loop.plotted_table(separations=[0.5], n_ratios=96)
    for series, y in (("loop", "share"), ("loop", "excess"), ("metriq", "excess")):
        rows = table[table["series"] == series]
        jumps = rows[y].diff().abs() > 0.1
        assert jumps.sum() == 1
        assert (rows["constant"] != rows["constant"].shift())[jumps].all()
    figure = closed_loop.draw(table)
    for axis in figure.axes:
        for line in axis.lines:
            steps = np.abs(np.diff(np.asarray(line.get_ydata(), float)))
            assert np.nanmax(steps, initial=0) < 0.1


def test_a_separation_of_zero_is_refused():
    with pytest.raises(ValueError, match="separations must be positive, got 0"):
        closed_loop.plotted_table(separations=[0])
