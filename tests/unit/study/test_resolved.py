"""Configurations that are valid, and what they are resolved to."""

import pytest
import yaml

from fairprune.study.checks import check_model, figures_left_out
from fairprune.study.configuration import check
from tests.documentation import CONFIG, ROOT, study
from tests.unit.study.test_configuration import refused

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
SHIPPED = set((ROOT / "config").glob("*.yaml")) - {ROOT / "config" / "config.yaml"}
BESIDE = {"cifar100_quotas.yaml": "cifar_fast.yaml"}  # configurations that add to another
DEMO = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())


@pytest.mark.parametrize("path", sorted(SHIPPED), ids=lambda path: path.name)
def test_configurations_of_the_repository_are_studies(path):
    base = path.parent / BESIDE.get(path.name, path.name)
    resolved = study(*(yaml.safe_load(part.read_text()) for part in (base, path)))
    for experiment in resolved.experiments.values():
        assert experiment.figures() and experiment.runs()


def test_what_experiments_take_must_be_there():
    defaults = {key: value for key, value in CONFIG["defaults"].items() if key != "threads"}
    with pytest.raises(ValueError, match=r"^defaults\.threads is missing$"):
        check({**CONFIG, "defaults": defaults}, SCHEMA)


def test_a_long_line_of_experiments_is_followed():
    line = {f"e{i}": {"extends": f"e{i + 1}" if i < 2000 else "demo"} for i in range(2001)}
    resolved = study(DEMO, {"run": ["e0"], "experiments": line}).experiments["e0"]
    assert resolved.settings["training"] == study(DEMO).experiments["demo"].settings["training"]


def test_defaults_of_the_schema_are_filled_in_and_not_shared():
    merged = study().config
    assert merged["queries"]["full"]["recall_epoch"] == "last"
    merged["queries"]["full"]["loss_options"]["tau"] = 1
    assert merged["queries"]["short"]["loss_options"] == {}


def test_resources_of_a_rule_stand_on_those_of_the_experiment_and_of_the_defaults():
    defaults = {"mem_mb": 7, "resources": {"query": {"runtime": 1}, "final": {"mem_mb": 8}}}
    demo = {"gpu": 1, "mem_mb": 9, "resources": {"query": {"gpu": 0}}}
    resolved = study(DEMO, {"defaults": defaults, "experiments": {"demo": demo}})
    shared = {"gpu": 1, "gpu_slots": 1, "runtime": 720, "mem_mb": 9}
    found = {rule: resolved.experiments["demo"].resources(rule) for rule in ("query", "final")}
    assert found == {"query": {**shared, "gpu": 0}, "final": {**shared, "mem_mb": 8}}
    wrong = {"resources": {"finals": {}}}
    assert "resources.finals: unknown key" in refused({"experiments": {"demo": wrong}})


def test_a_model_may_check_its_options_itself():
    change = {
        "experiments": {"demo": {"model": {"name": "torchvision", "architecture": "resnet81"}}}
    }
    with pytest.raises(ValueError, match="experiments.demo.model: unknown architecture 'resnet81'"):
        check_model(study(DEMO, change).experiments["demo"])
    check_model(study(DEMO).experiments["demo"])


def test_queries_see_no_augmentation():
    asked = {
        **{"max_shift": 2, "flip": True, "random_resized_crop": 0.08, "erasing": 0.5},
        "rand_augment": {"num_ops": 1, "magnitude": 3},
    }
    demo = study(DEMO, {"experiments": {"demo": {"training": asked}}}).experiments["demo"]
    assert demo.final_training("random").items() >= asked.items()
    query = demo.query_training("full")
    assert not any(query.get(key) for key in asked)
    wrong = {"training": {"random_resized_crop": 1.5}}
    assert "training.random_resized_crop" in refused({"experiments": {"demo": wrong}})


@pytest.mark.parametrize(("score", "least"), [("dynamic_uncertainty", 11), ("eva", 10)])
def test_a_query_shorter_than_the_windows_of_a_score_is_refused(score, least):
    def of_epochs(epochs, **options):
        training = {"epochs": epochs, "drops": []}
        demo = {"methods": [score], "training": training}
        scores = {score: {"options": options}}
        return study(DEMO, {"scores": scores, "experiments": {"demo": demo}})

    with pytest.raises(
        ValueError, match=rf"scores.{score}.options.window is 10, .* {least} epochs"
    ):
        of_epochs(least - 1, window=10)
    of_epochs(least, window=10)
    of_epochs(6, window=5)


def test_an_experiment_has_no_name_of_a_table():
    tiny = {"extends": "demo"}
    with pytest.raises(ValueError, match=r"^experiments.demo_claims: a table of experiment 'demo'"):
        study(DEMO, {"run": ["demo", "demo_claims"], "experiments": {"demo_claims": tiny}})
    study(DEMO, {"run": ["demo", "demo_claimed"], "experiments": {"demo_claimed": tiny}})
    study(DEMO, {"run": ["demo", "claims"], "experiments": {"claims": tiny}})


def test_figures_are_those_that_an_experiment_draws():
    named = study(DEMO, {"experiments": {"demo": {"figures": [1, "trade_off"]}}}).experiments[
        "demo"
    ]
    assert list(named.figures()) == [1] and list(named.named_figures()) == ["trade_off"]
    assert [named.wants(figure) for figure in (1, 7, "score_correlation")] == [True, False, False]
    with pytest.raises(ValueError, match="no figure of the name 'closed_loop'; known: "):
        study(DEMO, {"experiments": {"demo": {"figures": ["closed_loop"]}}})


def test_a_named_figure_that_is_not_drawn_is_said():
    """A list of figures may be longer than what the methods of today allow."""
    chosen = {"figures": [3, "trade_off", 4], "methods": ["full", "random", "random_metriq"]}
    experiment = study(DEMO, {"experiments": {"demo": chosen}}).experiments["demo"]
    drawn = [f"figure{n}" for n in experiment.figures()] + list(experiment.named_figures())
    (line,) = figures_left_out(experiment, drawn)
    assert line.startswith("experiments.demo.figures: figure3 is left out")
    assert line.endswith("drawn are figure4, trade_off")
    every = study(DEMO, {"experiments": {"demo": {"figures": None}}}).experiments["demo"]
    assert figures_left_out(every, []) == []


def test_figure_7_compares_experiments_of_one_data_set():
    tail = {"extends": "demo", "imbalance_factor": 10}
    other = {**tail, "dataset": "fashion_mnist"}
    run = {"run": ["demo", "tail", "other"], "experiments": {"tail": tail, "other": other}}
    assert study(DEMO, run).family("demo") == ["demo", "tail"]


def test_of_a_query_that_only_teaches_no_more_is_trained_than_is_followed():
    demo = {"methods": ["random_distilled"], "queries": {"full": {"seeds": 5}}, "seeds": 3}
    metriq = {"methods": ["random_distilled", "random_metriq"]}
    for change, seeds in (({}, 1), ({"paired_queries": True}, 3), (metriq, 5)):
        resolved = study(DEMO, {"experiments": {"demo": demo | change}}).experiments["demo"]
        assert resolved.used_seeds("full") == list(range(seeds))


def test_drops_that_a_shorter_training_never_reaches_are_refused():
    def of(**training):
        shorter = {"extends": "cifar10_vgg16", "training": training}
        return study({"run": ["shorter"], "experiments": {"shorter": shorter}})

    expected = "experiments.shorter.training.drops must be less than the 120 epochs, got 120"
    with pytest.raises(ValueError, match=expected):
        of(epochs=120)
    of(epochs=121)
    of(epochs=100, schedule="one_cycle")
