"""Claims of the paper: which comparisons decide them, and what they decide."""

import pandas as pd
import pytest

from fairprune.reporting.claims import (
    CLAIMS,
    HOLDS,
    REFUTED,
    UNDECIDED,
    claims_table,
    findings,
    readable,
)
from fairprune.reporting.rendering import markdown
from tests.documentation import study
from tests.unit.reporting.test_headline import final_rows

FULL = [[500, 900, 900], [505, 898, 902], [495, 902, 898]]  # of 1,000 test examples a class
BETTER = [[700, 850, 850], [702, 848, 852], [698, 852, 848]]
WORSE = [[100, 950, 950], [102, 948, 952], [98, 952, 948]]


def verdicts(table, metric="worst class"):
    rows = table[(table["metric"] == metric) & table["density"].notna()]
    return dict(zip(rows["comparison"], rows["verdict"], strict=True))


def test_a_claim_holds_or_is_refuted_by_the_side_of_its_interval():
    runs = {("full", 1.0): FULL, ("random_metriq", 0.5): BETTER, ("el2n", 0.5): WORSE}
    runs |= {("forgetting", 0.5): BETTER, ("dynamic_uncertainty", 0.5): WORSE}
    table = claims_table(final_rows(runs, n_test=1000))
    assert verdicts(table) == {
        "Random+MetriQ \N{MINUS SIGN} Full data": HOLDS,
        "EL2N \N{MINUS SIGN} Full data": HOLDS,  # said to be below
        "Forgetting \N{MINUS SIGN} Full data": REFUTED,
        "Dynamic Uncertainty \N{MINUS SIGN} Full data": HOLDS,
        "EL2N \N{MINUS SIGN} Dynamic Uncertainty": UNDECIDED,
        "Forgetting \N{MINUS SIGN} Dynamic Uncertainty": HOLDS,
    }
    row = table[(table["metric"] == "worst class")].iloc[0]
    assert row["difference"] == pytest.approx(0.2)
    assert row["low"] < 0.2 < row["high"] and row["n_seeds"] == 3


def test_equal_methods_and_single_seeds_decide_nothing():
    equal = {("full", 1.0): FULL, ("random_metriq", 0.5): FULL}
    assert set(claims_table(final_rows(equal, n_test=1000))["verdict"]) == {UNDECIDED}
    single = {("full", 1.0): FULL[:1], ("random_metriq", 0.5): BETTER[:1]}
    table = claims_table(final_rows(single, n_test=1000))
    assert set(table["verdict"]) == {UNDECIDED}
    assert "), not decided (one seed) |" in markdown(readable(table))  # not by the interval
    assert "points, **not decided (one seed)**" in findings(table)


def test_claims_on_long_tails_are_decided_on_long_tails_alone():
    runs = {("random_metriq", 0.5): BETTER, ("el2n", 0.5): WORSE}
    assert len(claims_table(final_rows(runs, n_test=1000))) == 0
    table = claims_table(final_rows(runs, n_test=1000), long_tail=True)
    assert verdicts(table) == {"Random+MetriQ \N{MINUS SIGN} EL2N": HOLDS}
    assert "On long-tailed data" in markdown(readable(table))


def test_findings_are_a_line_for_each_claim_with_the_mean_over_densities():
    runs = {("full", 1.0): FULL, ("random_metriq", 0.3): WORSE, ("random_metriq", 0.5): BETTER}
    runs |= {("random", 0.3): FULL, ("random", 0.5): FULL}
    first, second, third = findings(claims_table(final_rows(runs, n_test=1000))).split("\n")
    assert first.startswith(
        "* Random+MetriQ improves the worst class over the full data (section 3)."
    )
    assert "Random+MetriQ \N{MINUS SIGN} Full data, worst class: -10.0" in first
    assert first.endswith("points, **refuted**.") and first.count("**") == 2
    assert "Full data, average: " in second and "Random, average: " in second and third == ""


def test_findings_on_many_classes_are_about_the_worst_tenth():
    """The worst class of twenty is right for no example before and after; the next one gains."""
    runs = {("full", 1.0): [[0, 200] + [900] * 18] * 3}
    runs |= {("random_metriq", d): [[0, 800] + [900] * 18] * 3 for d in (0.3, 0.5)}
    table = claims_table(final_rows(runs, n_test=1000))
    text = findings(table)
    assert "Full data, worst tenth: +30.0" in text and "worst class: " not in text
    assert "worst class" in markdown(readable(table)) and "worst tenth" in markdown(readable(table))


def test_a_worst_tenth_that_reads_like_the_worst_class_is_told_with_the_others():
    """EL2N is at 0% in the two worst classes, as all the data is; only MetriQ tells them apart."""
    full = [[0, 0] + [900] * 18] * 3
    runs = {("full", 1.0): full, ("el2n", 0.5): full}
    runs |= {("random_metriq", 0.5): [[0, 800] + [900] * 18] * 3}
    (wide,) = readable(claims_table(final_rows(runs, n_test=1000))).values()
    shown = wide.groupby("comparison")["metric"].agg(set)
    assert shown["EL2N \N{MINUS SIGN} Full data"] == {"worst class", "worst tenth"}


def test_each_experiment_has_its_own_worst_tenth():
    runs = {("full", 1.0): [[500] + [900] * 19] * 3, ("el2n", 0.5): [[100] + [900] * 19] * 3}
    many = final_rows(runs, n_test=1000).assign(experiment="many")
    few = final_rows({("full", 1.0): FULL, ("el2n", 0.5): WORSE}, n_test=1000)
    both = readable(claims_table(pd.concat([many, few.assign(experiment="few")])))
    n_rows = {title.partition(":")[0]: len(wide) for title, wide in both.items()}
    assert n_rows == {"many": 2, "few": 1}


def test_the_claims_are_about_methods_of_the_papers_study():
    experiment = study({"run": ["cifar100_vgg19"]}).experiments["cifar100_vgg19"]
    for claim in CLAIMS:
        for method in (name for pair in claim.pairs for name in pair):
            assert method in experiment.methods, claim.text
