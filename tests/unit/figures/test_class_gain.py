"""Gains of the classes as a figure."""

import numpy as np
import pytest

from fairprune.figures import class_gain
from fairprune.storage import tables
from tests.unit.figures.test_figures import frames


@pytest.fixture(scope="module")
def table():
    final, _ = frames(dict.fromkeys(("full_cdbw", *class_gain.METHODS)), n_classes=10)
    return class_gain.plotted_table(final=final)


def test_the_worst_fifth_is_that_of_the_full_data(table):
    part = table.query("method == 'el2n' and density == 0.5").sort_values("baseline_recall")
    assert len(part) == 10 and not {"full", "full_cdbw"} & set(table["method"])
    np.testing.assert_allclose(part["worst_gain"], part["gain"].iloc[:2].mean())


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
