"""The scripts of ``tools``: runs of several nights joined, comparisons, figures, prose."""

import importlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from fairprune.storage.tables import FINAL, write_table
from tests.documentation import ROOT


@pytest.fixture
def tool(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "tools")
    monkeypatch.chdir(tmp_path)
    return importlib.import_module


def write_final(method, density, seed, correct):
    columns = {"class": [0, 1], "class_name": ["cat", "dog"], "n_train": [5, 5], "n_test": [10, 10]}
    recall = [n / 10 for n in correct]
    path = f"results/night/final/{method}/density{density}/seed{seed}.parquet"
    write_table(path, {**columns, "n_correct": correct, "recall": recall}, schema=FINAL)


def earlier_rows(method, density, correct):
    names = ["method", "density", "seed", "class", "n_test", "n_correct", "class_name"]
    rows = [
        (method, density, seed, k, 10, correct[k], name)
        for seed in (0, 1)
        for k, name in enumerate(["cat", "dog"])
    ]
    return pd.DataFrame(rows, columns=names).assign(experiment="night")


def test_runs_with_all_seeds_join_those_of_earlier_nights(tool, tmp_path):
    earlier = [("random", 0.5, [1, 2]), ("el2n", 0.3, [3, 4]), ("grand", 0.5, [5, 6])]
    (tmp_path / "docs/results").mkdir(parents=True)
    frame = pd.concat([earlier_rows(*run) for run in earlier])
    write_table("docs/results/night_classes.parquet", frame)
    for method, density, n_seeds in (("el2n", 0.3, 2), ("el2n", 0.5, 2), ("grand", 0.5, 1)):
        for seed in range(n_seeds):
            write_final(method, density, seed, [8, 9])

    joined = tool("join_runs").joined("night", 2)
    runs = joined.groupby(["method", "density"])["n_correct"].apply(list).to_dict()
    assert runs == {
        ("random", 0.5): [1, 2, 1, 2],  # not here
        ("grand", 0.5): [5, 6, 5, 6],  # a seed is missing here
        ("el2n", 0.3): [8, 9, 8, 9],  # here again
        ("el2n", 0.5): [8, 9, 8, 9],  # new
    }


def test_index_sets_of_earlier_nights_are_kept(tool):
    examples = {"id": ["a", "b"], "label": [0, 1]}
    known = pa.table({**examples, "random_0.5": [True, False], "el2n_0.5": [True, False]})
    made = pa.table({**examples, "el2n_0.5": [False, True], "grand_0.5": [True, True]})
    joined = tool("make_index_sets").joined
    found = joined(known, made)
    assert found.column_names == ["id", "label", "random_0.5", "el2n_0.5", "grand_0.5"]
    assert found.to_pydict() == {
        **examples,
        "random_0.5": [True, False],
        "el2n_0.5": [False, True],
        "grand_0.5": [True, True],
    }
    with pytest.raises(SystemExit, match="of other examples"):
        joined(known, made.set_column(0, "id", pa.array(["a", "c"])))


def test_the_figure_of_the_readme_shows_the_interval_of_the_full_data_too(tool):
    rows = [("full", 1.0, 0.4, 0.3, 0.5)]
    rows += [("random", density, 0.3, 0.2, 0.4) for density in (0.1, 0.5, None)]
    name = "worst_class_accuracy"
    columns = ["method", "density", name, f"{name}_lower", f"{name}_upper"]
    gallery = tool("make_gallery")
    shown = pd.DataFrame(rows, columns=columns)
    shown = pd.concat([shown, *(shown[1:].assign(method=m) for m in gallery.SHOWN[1:])])
    (axis,) = gallery.worst_class(shown).axes
    (band,) = axis.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (0.3, 0.5)


def test_bold_is_what_the_correction_of_holm_leaves(tool):
    """By hand: 4 x .005 and 3 x .015 are at most .05, 2 x .03 is not; nor is 4 x .015."""
    z = stats.norm.isf(np.array([0.015, 0.04, 0.03, 0.005]) / 2)
    value = np.array([1.0, -1.0, 1.0, -1.0])
    half = stats.norm.isf(0.025) / z
    limits = {"a": value, "a_lower": value - half, "a_upper": value + half}
    left = tool("make_comparison").after_correction(pd.DataFrame(limits), ["a"])
    assert left["a"].tolist() == [True, False, False, True]
    equal = pd.DataFrame({"a": [0.0], "a_lower": [0.0], "a_upper": [0.0]})
    assert not tool("make_comparison").after_correction(equal, ["a"])["a"].any()


def test_the_worst_tenth_is_compared_where_it_is_not_the_worst_class(tool):
    shown = tool("make_comparison").shown_metrics
    assert list(shown(10).values()) == ["worst class", "average"]
    assert list(shown(11).values()) == ["worst class", "worst tenth", "average"]


@pytest.mark.parametrize(
    ("text", "limits", "expected"),
    [
        ("(1.0 to 2.0)", (1.24, 2.0), "1.2 to 2.0"),
        ("3 below (1.0 to 2.0)", (-2.3, -1.1), "1.1 to 2.3"),  # told as a loss
        ("(-1.0 to +2.0)", (-1.1, 2.26), "-1.1 to +2.3"),
        ("(0.1 to 1.9)", (-0.02, 1.9), "-0.0 to +1.9"),
        ("(-2.0 to -1.0)", (-2.1, -0.9), "-2.1 to -0.9"),
    ],
)
def test_intervals_in_prose_keep_their_side(tool, monkeypatch, text, limits, expected):
    prose = tool("make_prose")
    monkeypatch.setattr(prose, "difference", lambda fact: limits)
    assert prose.written(*prose.intervals(f"| `a` {text}"), {}) == expected
    assert not prose.intervals(f"<!-- t -->{text}<!-- end of t -->```{text}```")


def test_a_table_takes_its_place_in_a_page_as_it_is(tool):
    replaced = tool("make_gallery").replaced
    page = "<!-- t -->\nold\n<!-- end of t -->\nrest"
    assert replaced(page, "t", r"\1") == "<!-- t -->\n\n\\1\n<!-- end of t -->\nrest"
    with pytest.raises(SystemExit, match="no place"):
        replaced(page, "another", "new")
