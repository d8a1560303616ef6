"""Configurations that are not valid, and the one line that names the key of each."""

import re

import pytest
import yaml

from fairprune.study.configuration import MAX_VALUES
from tests.documentation import ROOT, study

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
DEMO = yaml.safe_load((ROOT / "config" / "demo.yaml").read_text())


def refused(update):
    """The message about a configuration that is not valid."""
    with pytest.raises(ValueError) as error:
        study(DEMO, update)
    return str(error.value)


def training(**settings):
    return {"experiments": {"demo": {"training": settings}}}


def with_method(name, *, entry=None, **sections):
    """The demo with one method, and further sections."""
    methods = {} if entry is None else {"methods": {name: entry}}
    return {**sections, **methods, "experiments": {"demo": {"methods": [name]}}}


def bomb(make):
    """Nine aliases of nine aliases of ..., five levels of them."""
    value = "x"
    for _ in range(5):
        value = make([value] * 9)
    return value


def loop():
    value = []
    value.append(value)
    return value


REFUSED = {
    "a type": (training(epochs="many"), "demo.training.epochs: 'many' is not of type 'integer'"),
    "a number as text": (training(learning_rate="1e-3"), "for text: write 0.001 or 1.0e-3"),
    "a number of --config": (
        {"defaults": {"gpu": "0"}},
        "^defaults.gpu: '0' is not of type 'integer'; inside braces --config gives text",
    ),
    "a float for an integer": (training(epochs=3.0), "epochs: 3.0 is not of type 'integer'"),
    "true for an integer": (training(epochs=True), "epochs: True is not of type 'integer'"),
    "NaN": (training(weight_decay=float("nan")), "weight_decay must be finite .* got nan"),
    "infinity": (training(learning_rate=float("inf")), "learning_rate must be finite .* got inf"),
    "a huge integer": (training(epochs=10**5000), "2.*63, got an integer of 16610 bits"),
    "a large integer": (training(epochs=10**9), "epochs: 1000000000 is .* maximum of 100000"),
    "an unknown key": (training(epoch=3), r"training\.epoch: unknown key; .* mean 'epochs'\?"),
    "an unknown schedule": (
        training(schedule="linear"),
        "training.schedule: 'linear' is not one of .'drops', 'one_cycle', 'cosine'.",
    ),
    "a warm-up too long": (
        training(warmup_share=1.5),
        "warmup_share: 1.5 is greater than the maximum of 1",
    ),
    "an end above the top": (
        training(final_share=-0.1),
        "final_share: -0.1 is less than the minimum of 0",
    ),
    "too much smoothing": (
        training(label_smoothing=2),
        "label_smoothing: 2 is greater than the maximum of 1",
    ),
    "nesterov as text": (
        training(nesterov="on"),
        "training.nesterov: 'on' is not of type 'boolean'",
    ),
    "a flip that is a number": (
        training(flip_at_test=1),
        "flip_at_test: 1 is not of type 'boolean'",
    ),
    "an unknown section": ({"model": {}}, "^model: unknown key; known: extensions, run, defaults"),
    "a score of two sources": (
        {"scores": {"el2n": {"file": "a.csv", "query": "full"}}},
        "^scores.el2n: file and query exclude each other",
    ),
    "embeddings for a score that takes more": (
        {"scores": {"el2n": {"embeddings": "a.npz"}}},
        "^scores.el2n.embeddings: 'el2n' takes more .*: coreset, moderate, neighbours, ssp$",
    ),
    "a key of nothing": ({"scores": {"el2n": {"key": "id"}}}, "^scores.el2n.key needs file or"),
    "a file of another kind": (
        {"scores": {"el2n": {"file": "scores.xlsx"}}},
        "^scores.el2n.file must be a file that ends with .parquet, .csv, .csv.gz, .csv.bz2, "
        ".csv.zst or .npz, got 'scores.xlsx'",
    ),
    "a quota of two sources": (
        {"quotas": {"metriq": {"file": "a.csv"}}},
        "^quotas.metriq: query and file exclude each other",
    ),
    "a selector that needs more than a file holds": (
        with_method(
            "m",
            scores={"mine": {"file": "a.csv"}},
            entry={"score": "mine", "selector": "minimal_influence"},
        ),
        "^methods.m: selector 'minimal_influence' needs more of a score than a file holds",
    ),
    "a quota of nothing": (
        with_method("m", quotas={"q": {}}, entry={"score": "random", "quota": "q"}),
        "^quotas.q.rule is missing",
    ),
    "a section of nothing": ({"datasets": None}, "^datasets: None is not of type 'object'"),
    "no experiment": ({"run": []}, r"^run: \[\] should be non-empty"),
    "an unknown experiment": ({"run": ["dem"]}, r"^run\[0\]: unknown 'dem'; .* mean 'demo'\?"),
    "a repeated method": (
        {"experiments": {"demo": {"methods": ["full", "full"]}}},
        r"experiments.demo.methods: \['full', 'full'\] has non-unique elements",
    ),
    "a density": (
        {"experiments": {"demo": {"densities": [0.5, 1.5]}}},
        r"demo.densities\[1\]: 1.5 is greater than the maximum of 1",
    ),
    "a density of no path": ({"experiments": {"demo": {"densities": [1e-12]}}}, "minimum of 1e-06"),
    "seeds": (
        {"experiments": {"demo": {"seeds": []}}},
        "seeds must be an integer .* or a list of .* got ..$",
    ),
    "a long value": ({"run": [["x" * 9000] * 99]}, r"^run\[0\]: .*\.\.\..* not of type 'string'"),
    "a name": ({"experiments": {"a/b": {}}}, "^experiments: a name must be letters, .* got 'a/b'"),
    "a name with an end": ({"scores": {"a\n": {}}}, "^scores: a key must be text"),
    "a reserved name": ({"experiments": {"theory": {}}}, "none of the reserved .* got 'theory'"),
    "a long name": ({"methods": {"a" * 300: {}}}, "^methods: a name must be .* at most 64"),
    "a key that is a number": ({"methods": {3: {}}}, "^methods: a key must be text, got 3"),
    "a date": ({"run": yaml.safe_load("[2020-01-01]")}, r"run\[0\] must be .* got the date"),
    "a tuple": ({"run": ("demo",)}, "^run must be .* got the tuple"),
    "half a character": ({"run": ["\ud800"]}, r"run\[0\] must be text of .*, got '.ud800'"),
    "a null character": ({"datasets": {"a": {"source": "\0"}}}, "datasets.a.source must be text"),
    "much text": ({"run": ["x" * 10**6]}, r"run\[0\] must be text of at most 10000 characters"),
    "lists that unfold": ({"run": bomb(list)}, f"more than {MAX_VALUES} values"),
    "maps that unfold": (
        {"scores": bomb(lambda values: dict(zip("abcdefghi", values, strict=True)))},
        f"more than {MAX_VALUES} values",
    ),
    "a list in itself": ({"run": loop()}, r"run\[0\]\[0\] is nested deeper than 20 levels"),
    "defaults that extend": (
        {"defaults": {"extends": "demo"}},
        "^defaults.extends must be left out here",
    ),
    "a circle": (
        {"experiments": {"demo": {"extends": "b"}, "b": {"extends": "demo"}}},
        "experiments.b.extends: circle demo -> b -> demo",
    ),
    "a query of no name": (
        {"experiments": {"demo": {"queries": {"shrt": {"seeds": 1}}}}},
        r"experiments.demo.queries: unknown 'shrt'; .* mean 'short'\?",
    ),
    "an option": (
        {"quotas": {"metriq": {"options": {"minimum": 3}}}},
        "^quotas.metriq.options.minimum: unknown option of 'metriq'; known: minimum_per_class",
    ),
    "an option of another type": (
        {"datasets": {"fashion_mnist_mini": {"seed": "0"}}},
        "^datasets.fashion_mnist_mini.seed must be an integer in .0, inf., got '0'",
    ),
    "an option out of range": (
        {"scores": {"dynamic_uncertainty": {"options": {"window": 1}}}},
        "^scores.dynamic_uncertainty.options.window must be an integer in .2, inf., got 1",
    ),
    "a list that is too short": (
        {"experiments": {"demo": {"model": {"name": "fast_cnn", "widths": [8, 8]}}}},
        r"demo.model.widths must be a list of 3 values, each an integer .*, got \[8, 8\]",
    ),
    "an option that is needed": (
        {"experiments": {"demo": {"model": {"name": "torchvision"}}}},
        "experiments.demo.model.architecture is missing; 'torchvision' needs it",
    ),
    "a missing root": (
        {"datasets": {"fashion_mnist_mini": {"source": "image_folder"}}},
        "^datasets.fashion_mnist_mini.root is missing; 'image_folder' needs it",
    ),
    "folds with seeds": (
        {"queries": {"folds": {"seeds": 2}}},
        "^queries.folds.seeds must be left out here, got 2",
    ),
    "a query without seeds": (
        {"queries": {"new": {"epochs_share": 1, "record": []}}},
        "^queries.new.seeds is missing",
    ),
    "folds of an experiment's query": (
        {"experiments": {"demo": {"queries": {"full": {"folds": 2}}}}},
        "^queries.full: `folds` and 'seeds' exclude each other",
    ),
    "the best epoch of folds": (
        with_method("random_out_of_fold", queries={"folds": {"recall_epoch": "best"}}),
        "^queries.folds.recall_epoch must be last for a query with `folds`",
    ),
    "a score of minibatches from folds": (
        with_method("aum", scores={"aum": {"query": "unseen"}}),
        "^scores.aum: view 'train' is not recorded by its query 'unseen', which records",
    ),
    "a score of a record from a query without": (
        {"scores": {"el2n": {"query": "folds"}}},
        "^scores.el2n: its query 'folds' records nothing; add a view to queries.folds.record",
    ),
    "a student without a teacher": (
        with_method("random_distilled", entry={"teacher": "unseen"}),
        "^methods.random_distilled.teacher: query 'unseen' has `folds`, and no one model",
    ),
    "a loss without its teacher": (
        with_method("new", entry={"score": "random", "loss": "distillation"}),
        "^methods.new.teacher is missing: loss 'distillation' needs a query",
    ),
    "a teacher of no use": (
        with_method("new", entry={"score": "random", "teacher": "full"}),
        "^methods.new.teacher: loss 'cross_entropy' follows no teacher",
    ),
    "a query that follows": (
        with_method("forgetting", queries={"full": {"loss": "distillation"}}),
        "^queries.full.loss: a query has no teacher, got 'distillation'",
    ),
    "minibatches of folds": (
        with_method("unseen_el2n", queries={"unseen": {"record": ["train"]}}),
        "^queries.unseen.record: 'train' is of the training minibatches, where the examples that",
    ),
    "more than scores from folds": (
        with_method("d2", scores={"neighbours": {"query": "unseen"}}),
        "^methods.d2: selector 'message_passing' needs more than scores of 'neighbours', whose",
    ),
    "fewer validation examples of a rule without recalls": (
        {"quotas": {"forgettingq": {"validation_per_class": 5}}},
        "^quotas.forgettingq.validation_per_class is of no use without a query",
    ),
    "a method of all examples by another name": (
        with_method("reweighted", entry={"loss": "cdbw"}),
        "^methods.reweighted: full and full_... are the names of methods without a .* no score",
    ),
    "a method that prunes by the name of one that does not": (
        with_method("full_body", entry={"score": "el2n"}),
        "^methods.full_body: full and full_... are .* of no others; got score 'el2n'",
    ),
    "a selector without the arrays that it needs": (
        with_method("d2", entry={"artifact": "el2n"}),
        "^methods.d2: selector 'message_passing' needs neighbours, distances, which score 'el2n' ",
    ),
    "a series that is not recorded": (
        with_method("mine", scores={"mine": {"definition": "cld", "query": "full"}}),
        "^scores.mine: series 'validation_loss' is not recorded by its query 'full', which records",
    ),
    "means": ({"theory": {"figure8": {"means": [1, -1]}}}, r"^theory.figure8.means must be ascend"),
    "priors": ({"theory": {"figure9": {"priors": [0.1, 0.1]}}}, "^theory.figure9.priors must be"),
    "a setting of figure 9": (
        {"theory": {"figure8": {"n_ratios": 5}}},
        "^theory.figure8.n_ratios must be left out here, got 5",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_line_names_the_key_the_value_and_what_is_allowed(case):
    update, message = REFUSED[case]
    found = refused(update)
    assert re.search(message, found), found
    assert "\n" not in found and len(found) < 1000
