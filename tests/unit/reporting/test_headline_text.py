"""The headline table as files and as people read it, and the demo's last words."""

import pandas as pd
import pytest

from fairprune.reporting import headline, headline_text, rendering
from fairprune.storage import tables
from tests.unit.reporting.test_headline import final_rows


@pytest.fixture(scope="module")
def table():
    return headline.headline_table(final_rows(), n_resamples=200)


def test_markdown_has_methods_by_densities_and_the_best_in_bold(table):
    parts, note = headline_text.readable(table), headline_text.about(table)
    blocks = rendering.markdown(parts, note).split("###")
    assert len(blocks) == 3  # the worst tenth of two classes is the worst class
    lines = [line for line in blocks[2].splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in lines[0].strip("|").split("|")] == [
        "method", "0.1", "0.3", "0.5", "1", "mean",
    ]  # fmt: skip
    cells = [cell.strip() for cell in lines[4].strip("|").split("|")]
    assert cells[0] == "Random+MetriQ"
    assert cells[2].startswith("**51.0** (")
    assert cells[4] == ""
    assert cells[5].startswith("**42.7** (")
    assert blocks[2].startswith(" tiny: worst-class accuracy\n")
    assert blocks[0].startswith("In percent, by density: mean over 2 seeds, with 95% intervals.")


@pytest.mark.parametrize(
    ("n_seeds", "words"), [([1, 1], "1 seed,"), ([3, 3], "3 seeds,"), ([2, 3], "2 to 3 seeds,")]
)
def test_the_note_says_how_many_seeds_there_are(n_seeds, words):
    table = pd.DataFrame({"n_seeds": n_seeds, "level": 0.95})
    assert f"mean over {words} with 95% intervals" in headline_text.about(table)


def test_methods_of_one_label_have_a_row_each():
    final = final_rows().replace({"random": "aum", "random_metriq": "AUM"})
    blocks = headline_text.readable(headline.headline_table(final, n_resamples=200))
    wide = list(blocks.values())[1]
    assert wide["method"].tolist() == ["Full data", "AUM", "AUM"]
    assert wide["0.3"].iloc[1] != wide["0.3"].iloc[2]


def test_latex_has_as_many_columns_as_it_declares(table):
    text = rendering.latex(headline_text.readable(table), headline_text.about(table))
    assert r"\begin{tabular}{lrrrrr}" in text
    assert r"\textbf{51.0} {\tiny (" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in body} == {5}


def test_written_files_hold_the_table(table, tmp_path):
    paths = {
        kind: tmp_path / f"headline.{kind}" for kind in ("parquet", "csv", "md", "tex", "html")
    }
    headline_text.write_headline(table, paths)
    assert all(path.stat().st_size for path in paths.values())
    assert tables.read_table(paths["parquet"]).num_rows == len(table)
    pd.testing.assert_frame_equal(pd.read_csv(paths["csv"]), table, check_dtype=False)


def test_summary_sorts_by_worst_class_accuracy_at_the_middle_density(table):
    differences = headline.difference_table(final_rows(), "full", n_resamples=200)
    lines = headline_text.summary(table, differences).splitlines()
    assert lines[0] == "tiny: density 0.3 (full data: 1)"
    assert [line.split("  ")[0] for line in lines[2:5]] == ["Full data", "Random+MetriQ", "Random"]
    assert lines[3].split()[1:] == ["55.5", "51.0"]


def test_of_more_than_ten_classes_the_worst_tenth_decides_the_summary():
    """A class of bad luck makes no method the worst one."""
    counts = {
        ("full", 1.0): [[50, 50, *9 * [80]]],
        ("random", 0.5): [[20, 40, *9 * [90]]],
        ("random_metriq", 0.5): [[10, 90, *9 * [70]]],
    }
    final = final_rows(counts)
    differences = headline.difference_table(final, "full", n_resamples=200)
    table = headline.headline_table(final, n_resamples=200)
    lines = headline_text.summary(table, differences).splitlines()
    assert lines[1].split("  ")[-1] == "worst tenth (%)"
    assert [line.split("  ")[0] for line in lines[2:5]] == ["Full data", "Random+MetriQ", "Random"]
    assert [line.split()[-2:] for line in lines[3:5]] == [["10.0", "40.0"], ["20.0", "30.0"]]
    assert lines[6].startswith("Worst tenth against the full data's at density 0.5")
    assert "Random -20.0" in lines[7] or "Random -20.0" in lines[8]


def test_summary_of_two_densities_takes_the_lower_and_of_none_the_full_data(table):
    none = pd.DataFrame()
    assert (
        "density 0.1" in headline_text.summary(table[table["density"] != 0.5], none).splitlines()[0]
    )
    assert headline_text.summary(table[table["method"] == "full"], none).startswith(
        "tiny: full data\n"
    )


def test_summary_says_what_intervals_decide_against_the_full_data():
    columns = ["method", "worst_class_accuracy_lower", "worst_class_accuracy"]
    columns += ["worst_class_accuracy_upper", "density", "baseline"]
    values = [
        ("el2n", -0.3, -0.2, -0.1),
        ("random", -0.1, 0.0, 0.1),
        ("random_metriq", 0.1, 0.2, 0.3),
    ]
    rows = [(*row, density, "full") for row in values for density in (0.3, 0.5)]
    rows += [("random_metriq", -0.3, -0.2, -0.1, 0.3, "random")]
    differences = pd.DataFrame(rows, columns=columns).assign(experiment="tiny", n_seeds=2)
    table = headline.headline_table(final_rows(), n_resamples=200)
    assert headline_text.summary(table, differences).split("\n\n")[1].splitlines()[1:] == [
        "  above: Random+MetriQ +20.0 (+10.0 to +30.0)",
        "  below: EL2N -20.0 (-30.0 to -10.0)",
        "  not told apart: Random +0.0 (-10.0 to +10.0)",
    ]
    one = differences.assign(n_seeds=1)
    assert headline_text.summary(table, one).split("\n\n")[1].splitlines()[1:] == [
        "  not decided, as the only seed says nothing about others: "
        "Random+MetriQ +20.0 (+10.0 to +30.0), Random +0.0 (-10.0 to +10.0), "
        "EL2N -20.0 (-30.0 to -10.0)",
    ]
