"""The density at which a method falls below random pruning."""

import numpy as np
import pandas as pd

from fairprune.reporting.below_random import below_random_table, readable
from fairprune.reporting.headline import difference_table
from fairprune.reporting.runs import ACCURACIES
from tests.unit.reporting.test_headline import final_rows


def rows(method, baseline, values):
    """Differences by density with an interval of a tenth on either side."""
    frame = pd.DataFrame({"density": list(values), "difference": list(values.values())})
    frame = frame.assign(experiment="e", method=method, baseline=baseline, n_seeds=2)
    for name in ACCURACIES:
        frame[name] = frame["difference"]
        frame[f"{name}_upper"] = frame["difference"] + 0.1
    return frame


DIFFERENCES = pd.concat(
    [
        rows("el2n", "random", {0.2: -0.3, 0.4: -0.1, 0.8: 0.1, np.nan: -0.5}),
        rows("grand", "random", {0.2: 0.0, 0.4: 0.2}),
        rows("forgetting", "random", {0.2: 0.1, 0.4: -0.2}),
        rows("el2n", "full", {0.2: -0.9}),
    ]
).sample(frac=1, random_state=0)  # in no order


def test_the_crossing_lies_between_the_densities_around_it():
    table = below_random_table(DIFFERENCES).set_index(["method", "metric"])
    el2n = table.loc["el2n", "worst_class_accuracy"]
    assert (el2n["n_densities"], el2n["highest"]) == (3, 0.8)  # the mean over densities is no one
    assert (el2n["crossing"], el2n["decided"]) == (0.6, 0.2)  # -0.1 has an interval that holds 0
    grand = table.loc["grand", "average_accuracy"]
    assert np.isnan(grand["crossing"]) and np.isnan(grand["decided"])
    forgetting = table.loc["forgetting", "average_accuracy"]
    assert (forgetting["crossing"], forgetting["decided"]) == (0.4, 0.4)


def test_a_single_seed_has_a_crossing_and_decides_nothing():
    table = below_random_table(DIFFERENCES.assign(n_seeds=1)).set_index(["method", "metric"])
    forgetting = table.loc["forgetting", "average_accuracy"]
    assert forgetting["crossing"] == 0.4 and np.isnan(forgetting["decided"])


def test_people_read_never_from_above_and_decided():
    ((title, table),) = readable(below_random_table(DIFFERENCES)).items()
    cells = table.set_index("method")["Worst-class accuracy"]
    assert "falls below random" in title
    assert cells.to_dict() == {"EL2N": "0.6 (0.2)", "GraNd": "never", "Forgetting": "≥0.4 (0.4)"}


def test_methods_of_one_label_have_a_row_each():
    values = {"random_loop4": -0.1, "random_loop_4": 0.1}
    both = pd.concat(rows(name, "random", {0.2: value}) for name, value in values.items())
    ((_, table),) = readable(below_random_table(both)).items()
    cells = table[["method", "Worst-class accuracy"]].to_numpy().tolist()
    assert cells == [["Random+Loop 4", "≥0.2"], ["Random+Loop 4", "never"]]


def test_an_experiment_without_random_has_no_rows():
    assert len(below_random_table(DIFFERENCES[DIFFERENCES["baseline"] == "full"])) == 0
    assert readable(below_random_table(pd.DataFrame())) == {}


def test_rounding_errors_put_no_method_below_random():
    """One seed has one image more and the other one less: 0.02 - 0.01 is below 0.04 - 0.03."""
    counts = {("random", 0.5): [(1, 1), (4, 4)], ("random_metriq", 0.5): [(2, 2), (3, 3)]}
    differences = difference_table(final_rows(counts, n_test=100))
    table = below_random_table(differences)
    assert (differences[list(ACCURACIES)] == 0).all(axis=None)
    assert table["method"].unique() == ["random_metriq"] and table["crossing"].isna().all()


def test_methods_that_keep_everything_are_not_there():
    everything = pd.concat([DIFFERENCES, rows("full", "random", {1.0: -0.1})])
    assert below_random_table(everything).equals(below_random_table(DIFFERENCES))
