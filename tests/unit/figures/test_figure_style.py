"""The look of methods: distinct, steady, readable on paper and for all kinds of colour vision."""

import itertools

import numpy as np
import pytest
import yaml
from matplotlib.colors import to_rgb

from fairprune.figures import figure1, figure4, figure6, figure7, style
from fairprune.reporting.labels import keeps_all, label, ordered
from tests.documentation import ROOT

CONTRACT = [
    *("full", "full_cdbw", "random", "el2n", "grand", "influence", "forgetting"),
    *("dynamic_uncertainty", "coreset", "ssp", "random_metriq", "el2n_metriq", "grand_metriq"),
    *("forgetting_metriq", "random_grandq", "random_forgettingq", "el2n_cdbw", "cdbw_el2n"),
]


def test_methods_of_the_contract_have_labels_and_looks_of_their_own():
    looks = [style.style(method) for method in CONTRACT]
    assert len({label(method) for method in CONTRACT}) == len(CONTRACT)
    assert len({(look.color, look.marker, str(look.linestyle)) for look in looks}) == len(CONTRACT)
    labels = [label(m) for m in ("random_grandq", "forgetting_metriq", "cdbw_el2n")]
    assert labels == ["Random+GraNdQ", "Forgetting+MetriQ", "CDB-W+EL2N"]


def shipped():
    """Methods of all configurations, and those of each experiment."""
    configs = [yaml.safe_load(path.read_text()) for path in (ROOT / "config").glob("*.yaml")]
    studies = [
        experiment["methods"]
        for config in configs
        for experiment in config["experiments"].values()
        if "methods" in experiment
    ]
    named = {method for config in configs for method in config.get("methods", {})}
    return sorted(named.union(*studies)), studies


def test_no_two_methods_of_the_configurations_look_alike_in_grey():
    methods, _ = shipped()
    assert len(methods) > 45
    looks = [style.style(method) for method in methods]
    assert len({look.shape for look in looks}) == len(methods)
    levels = [str(look.linestyle) for look, m in zip(looks, methods, strict=True) if keeps_all(m)]
    assert len(set(levels)) == len(levels) == 4  # levels have no markers


def test_unknown_methods_of_a_figure_give_way_to_each_other():
    methods = ["random", "eva", "d2", "el2n_metriq", "my_score_metriq"]
    methods += [f"score{letter}" for letter in "abcdefghijklmno"] + ["my_score"]
    looks = style.looks(methods)
    assert len({look.shape for look in looks.values()}) == len(methods)
    assert len({(look.color, look.marker) for look in looks.values()}) == len(methods)
    assert looks == style.looks(reversed(methods))
    assert looks["eva"] == style.style("eva")
    kept = [m for m in methods if looks[m] == style.style(m)]
    assert len(kept) > len(methods) / 3  # the same as in figures without the others


def test_unknown_methods_of_a_figure_have_a_colour_each_while_there_is_one():
    methods = ["random", "margin", "entropy", "loss", "my_score"]
    colors = {look.color for look in style.looks(methods).values()}
    assert len(colors) == len(methods) > len({style.style(name).color for name in methods})


def test_a_method_with_another_setting_keeps_its_colour():
    for other in ("random_loop4", "random_loop_4"):
        look, loop = style.style(other), style.style("random_loop")
        assert look.color == loop.color
        assert (look.linestyle, look.hollow) != (loop.linestyle, loop.hollow)
    assert style.style("random_metriq_20").color == style.style("random_metriq").color
    assert not style.style("d2").hollow  # a name, not the second setting of "d"


def test_unknown_methods_get_a_look_that_their_name_alone_decides():
    assert style.style("my_score") == style.style("my_score")
    assert label("my_score") == "My score"
    assert label("my_score_metriq") == "My score+MetriQ"
    assert style.style("my_score_metriq").marker == style.style("my_score").marker
    known = {style.style(method).marker for method in CONTRACT}
    assert not known & {style.style(name).marker for name in ("my_score", "aum", "x", "_")}


def test_order_is_that_of_the_contract_then_combinations_then_others():
    names = ["zzz", "el2n_metriq", "ssp", "random", "full"]
    assert ordered(names) == ["full", "random", "ssp", "el2n_metriq", "zzz"]


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ rgb / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("module", [figure1, figure4, figure6, figure7])
def test_colours_of_a_figure_keep_apart(module, vision):
    """CIE76 distance of at least 10 between any two methods, for all kinds of colour vision."""
    seen = {
        method: lab(np.clip(VISION[vision] @ linear(style.style(method).color), 0, 1))
        for method in module.METHODS
    }
    for a, b in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[a] - seen[b]) >= 10, (a, b)


@pytest.mark.parametrize("vision", VISION)
def test_methods_of_an_experiment_differ_in_colour_or_in_marker_and_face(vision):
    for methods in shipped()[1]:
        looks = style.looks(methods)
        assert looks == {method: style.style(method) for method in methods}
        seen = {m: lab(np.clip(VISION[vision] @ linear(looks[m].color), 0, 1)) for m in methods}
        for a, b in itertools.combinations(methods, 2):
            far = np.linalg.norm(seen[a] - seen[b]) >= 10
            assert far or (looks[a].marker, looks[a].hollow) != (looks[b].marker, looks[b].hollow)


@pytest.mark.parametrize("method", shipped()[0])
def test_colours_stand_out_from_white_paper(method):
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear(style.style(method).color)
    assert 1.05 / (luminance + 0.05) > 1.8
