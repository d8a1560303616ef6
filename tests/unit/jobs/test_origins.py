"""The door of a job: inputs of other places and of other settings, each refused by name."""

import json

import numpy as np
import pytest
import yaml

from fairprune.jobs.cost import measured, place_of_cost, read_cost
from fairprune.jobs.origins import check_inputs
from fairprune.storage.npz import read_arrays, write_arrays
from fairprune.storage.provenance import place_of
from fairprune.storage.tables import read_metadata, write_table
from fairprune.study.origins import entry_of
from tests.documentation import ROOT, study

DEMO = yaml.safe_load((ROOT / "config/demo.yaml").read_text())
STUDY = study(DEMO)


def settings(**changes):
    return {"experiments": {"demo": changes}}


MADE_OTHERWISE = {  # a result, a change of the configuration, and what is said of it
    "data/fashion_mnist_mini/examples.parquet": (
        {"datasets": {"fashion_mnist_mini": {"source": "fashion_mnist", "root": "data"}}},
        "source: 'fashion_mnist_mini' in place of 'fashion_mnist'",
    ),
    "demo/training_set.parquet": (
        settings(examples_per_class=9),
        "examples_per_class: None in place of 9",
    ),
    "demo/query/short/seed0/recall.parquet": (
        settings(training={"flip_at_test": True}),
        "training.flip_at_test: False in place of True",
    ),
    "demo/scores/dynamic_uncertainty/seed0.parquet": (
        {"scores": {"dynamic_uncertainty": {"options": {"window": 5}}}},
        "options.window: 4 in place of 5",
    ),
    "demo/scores/el2n/mean.parquet": (
        {"scores": {"el2n": {"query": "full"}}},
        "query: 'short' in place of 'full'",
    ),
    "demo/quotas/metriq/density0.3.parquet": (
        {"quotas": {"metriq": {"options": {"shrink": True}}}},
        r"options.shrink: None in place of True",
    ),
    "demo/rounds/loop/density0.3/round1/quotas.parquet": (
        {"quotas": {"loop": {"options": {"step": 0.1}}}},
        "options.step: None in place of 0.1",
    ),
    "demo/rounds/loop/density0.3/round1/seed0/outcomes.parquet": (
        {"quotas": {"loop": {"options": {"epochs_share": 0.5}}}},
        r"training.drops: .* in place of \[2, 2\]",
    ),
    "demo/pruned/random_metriq/density0.3/seed0.parquet": (
        {"methods": {"random_metriq": {"score": "el2n"}}},
        "score: 'random' in place of 'el2n'",
    ),
    "demo/final/el2n/density0.3/seed0.parquet": (
        settings(training={"learning_rate": 0.05}),
        "training.learning_rate: 0.2 in place of 0.05",
    ),
    "demo/outcomes/el2n/density0.3/seed0.parquet": (
        settings(model={"name": "small_cnn", "width": 3}),
        "model.width: None in place of 3",
    ),
}


@pytest.fixture
def write(tmp_path):
    """Writes a result as a job of the study would."""

    def write(place):
        path = tmp_path / "results" / place
        write_table(path, {"index": [0]}, metadata={"entry": entry_of(STUDY, place), "seed": 0})
        return path

    return write


def check(path, config=STUDY.config):
    check_inputs([str(path)], config)


@pytest.mark.parametrize("place", MADE_OTHERWISE)
def test_a_result_of_other_settings_is_refused(write, place):
    change, difference = MADE_OTHERWISE[place]
    path = write(place)
    check(path)
    message = f"{path} is not a readable result of this study: .* other settings, {difference}"
    with pytest.raises(ValueError, match=message):
        check(path, study(DEMO, change).config)


MISPLACED = [
    ("demo/pruned/el2n/density0.3/seed0.parquet", "demo/pruned/random/density0.3/seed0.parquet"),
    ("demo/pruned/el2n/density0.3/seed0.parquet", "demo/pruned/el2n/density0.3/seed1.parquet"),
    ("demo/scores/el2n/seed0.parquet", "demo/scores/el2n/seed1.parquet"),
    ("demo/quotas/metriq/density0.3.parquet", "demo/quotas/metriq/density0.5.parquet"),
    ("demo/final/full/density1.0/seed0.parquet", "other/final/full/density1.0/seed0.parquet"),
]


@pytest.mark.parametrize(("place", "other"), MISPLACED)
def test_a_result_in_the_place_of_another_is_refused(write, tmp_path, place, other):
    moved = tmp_path / "results" / other
    moved.parent.mkdir(parents=True, exist_ok=True)
    write(place).rename(moved)
    with pytest.raises(ValueError, match=f"not a readable .* place: it is results/{place}"):
        check(moved)


def test_a_copy_of_a_result_is_accepted_where_the_study_names_it_as_its_own_file(write, tmp_path):
    copy = tmp_path / "paper/results/el2n.parquet"
    copy.parent.mkdir(parents=True)
    write("demo/scores/el2n/mean.parquet").rename(copy)
    with pytest.raises(ValueError, match="it is results/demo/scores/el2n/mean.parquet"):
        check(copy)
    entry = {"file": f"{copy.parent}/./el2n.parquet", "key": "index", "column": "score"}
    config = {"scores": {"copied": entry}, "methods": {"copied": {"score": "copied"}}}
    check(copy, study(DEMO, config | settings(methods=["full", "copied"])).config)


def test_where_a_data_set_lies_does_not_matter(write):
    path = write("data/fashion_mnist_mini/examples.parquet")
    check(path, study(DEMO, {"datasets": {"fashion_mnist_mini": {"root": "elsewhere"}}}).config)


def test_arrays_and_costs_have_their_places_too(tmp_path):
    scores = tmp_path / "results/demo/scores/influence"
    write_arrays(scores / "artifact.npz", {"a": np.ones(3)}, {"entry": {}})
    arrays, about = read_arrays(scores / "artifact.npz")
    assert arrays.keys() == {"a"} and about["path"] == "demo/scores/influence/artifact.npz"
    check(scores / "artifact.npz")
    moved = (scores / "artifact.npz").rename(scores / "artifact_seed1.npz")
    with pytest.raises(ValueError, match="artifact_seed1.npz .* it is results/.*/artifact.npz"):
        check(moved)

    costs = tmp_path / "results/demo/costs/round/loop/density0.3"
    cost = costs / "round2/seed1.json"
    with measured(cost, stage="round", name="loop", density="0.3", round_number=2, seed=1):
        pass
    assert read_cost(cost)["round"] == 2
    assert place_of_cost(read_cost(cost)) == "round/loop/density0.3/round2/seed1.json"
    check(cost)
    with pytest.raises(ValueError, match="it is results/demo/costs/round/loop/density0.3/round2"):
        check(cost.rename(costs / "seed1.json"))


@pytest.mark.parametrize(
    "place", ["demo/query/costs/seed0/record.npz", "data/costs/fingerprint.json"]
)
def test_what_is_called_costs_is_no_cost(tmp_path, place):
    check(tmp_path / "results" / place)


@pytest.mark.parametrize("names", [("results", "full"), ("demo", "results")])
def test_what_is_called_results_has_its_place(tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    experiment, query = names
    cost = f"results/{experiment}/costs/query/{query}/seed0.json"
    with measured(cost, stage="query", name=query, seed=0):
        pass
    check(cost)
    assert f"results/{place_of(cost)}" == cost
    assert place_of(f"x/results/{experiment}.parquet") == f"{experiment}.parquet"


def test_files_from_elsewhere_and_of_earlier_versions_say_nothing_and_pass(write, tmp_path):
    path = write("demo/training_set.parquet")
    assert read_metadata(path)["path"] == "demo/training_set.parquet"
    assert place_of(tmp_path / "kept.parquet") is None
    write_table(tmp_path / "kept.parquet", {"index": [0]})
    check(tmp_path / "kept.parquet")
    cost = {"stage": "query", "name": "q", "density": None, "seed": 0, "time_s": 1.0}
    old = tmp_path / "results/demo/costs/query/q/seed0.json"
    old.parent.mkdir(parents=True)
    old.write_text(json.dumps(cost | {"memory_mb": 1.0, "device": "cpu"}))
    check(old)
    assert read_cost(old)["round"] is None
