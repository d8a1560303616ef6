"""Any value anywhere in a configuration: a valid study, or one line that names the key."""

import copy
import datetime
import functools
import json
import operator
import re
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairprune.study.configuration import check
from fairprune.study.study import Study
from tests.documentation import CONFIG
from tests.unit.study.test_configuration import SCHEMA

SMALL = yaml.safe_load("""  # every kind of entry, once
run: [shards, tailed, theory]
datasets:
  shards: {source: parquet, root: data, test: null, test_share: 0.5, image_size: 32,
    group_column: g}
queries:
  full: {epochs_share: 1.0, seeds: 2, record: [train], loss: cdbw, loss_options: {tau: 2},
    recall_epoch: best}
scores:
  easy: {definition: aum, query: full, options: {keep: easy}}
quotas:
  metriq: {rule: metriq, query: full, by: group, options: {missing: mean}}
  forgettingq: {rule: strategy, score: forgetting}
methods:
  full: {loss: cdbw, loss_options: {tau: 2}}
  random: {score: random}
  easy_metriq: {score: easy, quota: metriq}
  random_forgettingq: {score: random, quota: forgettingq}
  ccs: {score: easy, selector: stratified, selector_options: {beta: 0.1}}
experiments:
  shards:
    dataset: shards
    model: {name: torchvision, architecture: resnet18, zero_init: true}
    densities: [0.3, 0.5]
    methods: [full, random, easy_metriq, random_forgettingq, ccs]
    extra_scores: [forgetting]
    figures: [1]
    queries: {full: {seeds: [0, 4]}}
    training: {epochs: 9, drops: [5], batch_size: 8, learning_rate: 0.1}
  tailed: {extends: shards, imbalance_factor: 5, seeds: [3, 7]}
theory:
  figure8: {means: [-1, 1]}
""")
SMALL["defaults"] = CONFIG["defaults"]
SMALL["theory"]["figure9"] = CONFIG["theory"]["figure9"]


def paths(value, prefix=()):
    """Paths of everything in a configuration."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*prefix, key)
        if isinstance(item, dict | list):
            yield from paths(item, (*prefix, key))


PATHS = list(paths(SMALL))


def replaced(edits):
    """The small configuration with other values at some paths; ``REMOVED`` for none."""
    changed = copy.deepcopy(SMALL)
    for path, value in edits:
        with suppress(LookupError, TypeError):  # an earlier edit has removed the place
            container = functools.reduce(operator.getitem, path[:-1], changed)
            if value is REMOVED:
                del container[path[-1]]
            else:
                container[path[-1]] = value
    return changed


def outcome(changed):
    """Whether the workflow takes a configuration; a refusal must be one line about a key."""
    try:
        check(changed, SCHEMA)
        resolved = Study(changed)
    except ValueError as error:
        message = str(error)
        section = re.match(r"[a-z]+", message)
        assert section and section[0] in {*SMALL, "configuration"}, message
        assert "\n" not in message and len(message) < 1000, message
        return False
    json.dumps(changed, allow_nan=False)  # as Snakemake does for its checksum
    use(resolved)
    return True


def use(resolved):
    """Ask what the workflow's rules ask."""
    for name, experiment in resolved.experiments.items():
        assert experiment.runs() and resolved.family(name) is not None
        assert all(0 < float(density) <= 1 for density in experiment.densities)
        assert all(experiment.query_training(query)["epochs"] >= 1 for query in experiment.queries)
        assert all(experiment.query_seeds(query) for query in experiment.queries)
        assert all(experiment.final_training(method)["loss"] for method in experiment.methods)
        assert experiment.figures() is not None and experiment.training_set
        for key in ("gpu", "gpu_slots", "threads", "runtime", "mem_mb"):
            assert type(experiment.settings[key]) is int, key
        schedule, batch = (experiment.settings["training"][k] for k in ("epochs", "batch_size"))
        assert type(schedule) is type(batch) is int


REMOVED = object()
VALUES = {
    "nothing": REMOVED,
    "null": None,
    "true": True,
    "a whole float": 2.0,
    "NaN": float("nan"),
    "a negative number": -1,
    "a huge number": 10**400,
    "text": "x",
    "no text": "",
    "a list": [],
    "a nested list": [[3]],
    "a map": {},
    "another map": {"x": {"y": 1}},
    "a map of numbers": {1: 2},
    "a date": datetime.date(2020, 1, 1),
}


@pytest.mark.parametrize("name", VALUES)
def test_another_value_anywhere_gives_a_study_or_one_line_about_a_key(name):
    taken = [path for path in PATHS if outcome(replaced([(path, VALUES[name])]))]
    switches = ("flip", "flip_at_test", "nesterov", "zero_init")  # the last is torchvision's own
    free = {path for path in PATHS if path[-1] in switches}
    if name in ("true", "NaN", "a huge number", "a nested list", "a map of numbers", "a date"):
        assert set(taken) <= free


ANYTHING = st.sampled_from([*VALUES.values(), "theory", "metriq", b"x", (1,)])
ANYTHING |= st.integers() | st.floats() | st.text(max_size=5)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PATHS), ANYTHING), min_size=1, max_size=3))
def test_any_edit_gives_a_study_or_one_line_about_a_key(edits):
    outcome(replaced(edits))


def test_the_small_configuration_is_valid():
    assert outcome(copy.deepcopy(SMALL))
