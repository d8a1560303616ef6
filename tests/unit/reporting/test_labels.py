"""The names of methods: what combines a strategy with something, and in which order they stand."""

from fairprune.reporting.labels import ordered, strategy


def test_a_combination_with_a_setting_of_its_own_is_one():
    assert strategy("forgetting_metriq20") == strategy("forgetting_metriq") == "forgetting"
    assert ordered(["aaa_20", "el2n_metriq_20", "full", "el2n"]) == [
        "full", "el2n", "el2n_metriq_20", "aaa_20",
    ]  # fmt: skip
