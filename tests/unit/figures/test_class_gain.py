"""Gains of the classes as a figure."""

import numpy as np
import pytest

from fairprune.figures import class_gain
from fairprune.storage import tables
from tests.unit.figures.test_figures import frames


@pytest.fixture(scope="module")
def final():
    return frames(dict.fromkeys(("full_cdbw", *class_gain.METHODS)), n_classes=10)[0]


@pytest.fixture(scope="module")
def table(final):
    return class_gain.plotted_table(final=final)


def test_the_worst_fifth_is_that_of_the_other_seeds(final, table):
    assert not {"full", "full_cdbw"} & set(table["method"])
    runs = final.set_index(["method", "density", "seed", "class"])["recall"].sort_index()
    gains = []
    for seed, other in ((0, 1), (1, 0)):
        worst = runs["full", 1.0, other].nsmallest(2).index
        gain = runs["el2n", 0.5, seed] - runs["full", 1.0, seed]
        gains.append(gain[worst].mean())
    part = table.query("method == 'el2n' and density == 0.5")
    assert len(part) == 10
    np.testing.assert_allclose(part["worst_gain"], np.mean(gains))


def test_a_single_seed_has_no_worst_fifth(final):
    one = class_gain.plotted_table(final=final[final["seed"] == 0])
    assert one["worst_gain"].isna().all()
    assert class_gain.draw(one).axes[0].texts[0].get_text() == "worst fifth: n/a (one seed)"


def test_a_panel_a_method_with_every_class_and_the_gain_written_in(table, tmp_path):
    tables.write_table(tmp_path / "figure.parquet", table)
    figure = class_gain.draw(tables.read_table(tmp_path / "figure.parquet").to_pandas())
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[:3] == ["Random", "EL2N", "GraNd"] and len(titles) == 9
    axis, rows = figure.axes[1], table[table["method"] == "el2n"]
    points = np.concatenate([part.get_offsets() for part in axis.collections])
    expected = rows.sort_values(["density", "class"])[["baseline_recall", "gain"]]
    np.testing.assert_allclose(points, expected)
    gain = rows.query("density == 0.5")["worst_gain"].iloc[0]
    written = f"worst fifth at $d$ = 0.5: {100 * gain:+.1f}".replace("-", "\N{MINUS SIGN}")
    assert axis.texts[0].get_text() == written
