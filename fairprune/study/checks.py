"""Check what a schema cannot: whether the entries of a configuration fit each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairprune import registry
from fairprune._validation import check_known
from fairprune.study.experiment import (
    STRONGER,
    Entry,
    Experiment,
    Method,
    figures_with_names,
    is_outside,
)

_OF_MINIBATCHES = ("train", "kl_step")
_TABLES = ("classes", "claims", "costs", "differences", "below_random")  # besides its own name


def with_embeddings(name: str, entry: Entry) -> Entry:
    """Complete a score on embeddings from a file; it must need nothing else of a model."""
    if not registry.constant("scores", entry["definition"], "EMBEDDINGS", False):
        known = [
            s for s in registry.names("scores") if registry.constant("scores", s, "EMBEDDINGS")
        ]
        raise ValueError(
            f"scores.{name}.embeddings: {entry['definition']!r} takes more than embeddings; "
            f"those that take nothing else: {', '.join(known)}"
        )
    if "query" in entry:
        raise ValueError(f"scores.{name}: query and embeddings exclude each other")
    return {"key": "id", "column": "embedding", **entry}


def check_artifacts(
    methods: Mapping[str, Method], scores: Mapping[str, Entry], queries: Mapping[str, Entry]
) -> None:
    """Check that a selector that needs more than scores has a score that provides it."""
    for method in methods.values():
        if not registry.needs("selectors", method.selector, "artifact"):
            continue
        score = scores.get(method.artifact_of or "", {})
        if is_outside(score):
            raise ValueError(
                f"methods.{method.name}: selector {method.selector!r} needs more of a score than a "
                f"file holds; {method.artifact_of!r} comes from one"
            )
        needed = registry.constant("selectors", method.selector, "ARTIFACT", ())
        offered: tuple[str, ...] = ()
        if score:
            offered = registry.constant("scores", score["definition"], "ARTIFACT", ())
        if score and "folds" in queries[score["query"]]:
            raise ValueError(
                f"methods.{method.name}: selector {method.selector!r} needs more than scores of "
                f"{method.artifact_of!r}, whose query {score['query']!r} has `folds`"
            )
        if missing := [name for name in needed if name not in offered]:
            raise ValueError(
                f"methods.{method.name}: selector {method.selector!r} needs {', '.join(missing)}, "
                f"which score {method.artifact_of!r} does not give; name one that does: `artifact`"
            )


def check_teachers(methods: Mapping[str, Method], queries: Mapping[str, Entry]) -> None:
    """Check that methods have a teacher if, and only if, their loss needs one; queries never do."""
    for method in methods.values():
        needs = registry.constant("losses", method.loss, "NEEDS_TEACHER", False)
        if needs and method.teacher is None:
            raise ValueError(
                f"methods.{method.name}.teacher is missing: loss {method.loss!r} needs a query"
            )
        if method.teacher and not needs:
            raise ValueError(
                f"methods.{method.name}.teacher: loss {method.loss!r} follows no teacher"
            )
        if method.teacher and "folds" in queries[method.teacher]:
            raise ValueError(
                f"methods.{method.name}.teacher: query {method.teacher!r} has `folds`, and no one "
                "model of all the training set"
            )
    for name, query in queries.items():
        if registry.constant("losses", query["loss"], "NEEDS_TEACHER", False):
            raise ValueError(f"queries.{name}.loss: a query has no teacher, got {query['loss']!r}")


def with_folds(name: str, entry: Entry) -> Entry:
    """Complete a query with ``folds``: each training leaves out one fold and records only that."""
    if "folds" not in entry:
        return entry
    if "seeds" in entry:
        raise ValueError(f"queries.{name}: `folds` and 'seeds' exclude each other")
    if entry["recall_epoch"] != "last":
        raise ValueError(f"queries.{name}.recall_epoch must be last for a query with `folds`")
    record = entry.get("record", [])
    if seen := [item for item in record if item in _OF_MINIBATCHES]:
        raise ValueError(
            f"queries.{name}.record: {seen[0]!r} is of the training minibatches, where the "
            "examples that a fold leaves out never are; with `folds` record evaluation or last"
        )
    return {**entry, "seeds": entry["folds"], "record": record}


def check_record(name: str, score: Entry, query: Entry) -> None:
    """Check that a score's query records the view or the series of all epochs that it needs."""
    if score["needs"] == "record" and not query["record"]:
        raise ValueError(
            f"scores.{name}: its query {score['query']!r} records nothing; add a view to "
            f"queries.{score['query']}.record"
        )
    definition = score["definition"]
    view = registry.constant("scores", definition, "VIEW")
    needed = {
        "view": view and score["options"].get("view", view),
        "series": registry.constant("scores", definition, "SERIES"),
    }
    for kind, item in needed.items():
        if item is not None and item not in query["record"]:
            raise ValueError(
                f"scores.{name}: {kind} {item!r} is not recorded by its query "
                f"{score['query']!r}, which records {query['record']}; add it to "
                f"queries.{score['query']}.record"
            )


def check_model(experiment: Experiment) -> None:
    """Let the module of a model check its options, for which it may import torch."""
    model = experiment.settings["model"]
    try:
        registry.check_values("models", model["name"], registry.model_options(model))
    except ValueError as error:
        raise ValueError(f"experiments.{experiment.name}.model: {error}") from None


def check_pairs(experiment: Experiment) -> None:
    """Check that there is a query of each final seed if final seeds use their own queries."""
    if not experiment.settings["paired_queries"]:
        return
    for name, query in experiment.queries.items():
        seeds = experiment.query_seeds(name)
        missing = [seed for seed in experiment.seeds if seed not in seeds]
        if missing or "folds" in query:
            has = "has folds in place of seeds" if "folds" in query else f"has the seeds {seeds}"
            raise ValueError(
                f"experiments.{experiment.name}.paired_queries needs a query of each final seed "
                f"{experiment.seeds}; queries.{name} {has}"
            )


def check_windows(experiment: Experiment) -> None:
    """Check that queries, before they are trained, are long enough for scores over windows."""
    for name, score in experiment.scores.items():
        if is_outside(score):
            continue
        definition = score["definition"]
        if not (window := registry.constant("scores", definition, "WINDOW", 0)):
            continue
        window = score["options"].get("window", window)
        least = window + registry.constant("scores", definition, "BEYOND_WINDOW", 0)
        epochs = experiment.query_training(score["query"])["epochs"]
        if epochs < least:
            raise ValueError(
                f"experiments.{experiment.name}: scores.{name}.options.window is {window}, which "
                f"needs at least {least} epochs, and query {score['query']!r} has {epochs}"
            )


def check_drops(experiment: Experiment) -> None:
    """Check that the learning rate drops within the training; `epochs` alone may be changed."""
    training = experiment.training
    late = [drop for drop in training["drops"] if drop >= training["epochs"]]
    if late and training["schedule"] == "drops":
        raise ValueError(
            f"experiments.{experiment.name}.training.drops must be less than the "
            f"{training['epochs']} epochs, got {late[0]}: the learning rate would not drop"
        )


def check_names(experiments: Sequence[str]) -> None:
    """Check that tables have different names: ``a_claims`` is a table of the experiment a."""
    for name in experiments:
        for other in experiments:
            if name in {f"{other}_{table}" for table in _TABLES}:
                raise ValueError(
                    f"experiments.{name}: a table of experiment {other!r} has this name; choose "
                    "another for one of them"
                )


def check_figures(experiment: Experiment) -> None:
    """Check that an experiment's figures exist, and that it has the methods they are to show."""
    settings, where = experiment.settings, f"experiments.{experiment.name}"
    for figure in settings["figures"] or ():
        if isinstance(figure, str):
            names = [*figures_with_names(), "score_correlation"]
            check_known(figure, names, f"{where}.figures: no figure of the name {figure!r}")
    for method in settings["figure_methods"] or ():
        check_known(method, experiment.methods, f"{where}.figure_methods: no method {method!r}")


def figures_left_out(experiment: Experiment, drawn: Sequence[str]) -> list[str]:
    """One sentence for each figure that an experiment names and that is not drawn.

    This is not an error: a study may have fewer methods for a while and keep its list of figures.
    """
    named = experiment.settings["figures"] or ()
    files = [f"figure{name}" if isinstance(name, int) else name for name in named]
    return [
        f"experiments.{experiment.name}.figures: {file} is left out, as the experiment has too few "
        f"of the methods or scores that it shows; drawn are {', '.join(drawn) or 'none'}"
        for file in files
        if file not in drawn
    ]


def check_groups(experiment: Experiment) -> None:
    """Check that the data set has groups if quotas are by group."""
    for name, quota in experiment.quotas.items():
        if quota.get("by") == "group" and not experiment.has_groups:
            dataset = experiment.settings["dataset"]
            raise ValueError(
                f"quotas.{name}.by: 'group' needs a data set with groups; experiment "
                f"{experiment.name!r} uses {dataset!r}: add datasets.{dataset}.group_column, "
                "of a source that has this option"
            )


def check_mixture(mixture: Entry, where: str) -> None:
    """Check the parameters of a Gaussian mixture against each other."""
    rules = {
        "means": ("ascending", lambda pair: pair[0] < pair[1]),
        "standard_deviations": ("ascending, or equal", lambda pair: pair[0] <= pair[1]),
        "priors": ("of sum 1", lambda pair: abs(sum(pair) - 1) < 1e-9),
    }
    for key, (allowed, holds) in rules.items():
        if key in mixture and not holds(mixture[key]):
            raise ValueError(f"{where}.{key} must be {allowed}, got {mixture[key]}")


def inputs_of(dataset: Entry) -> str:
    """What the examples of a data set are: images, features or tokens."""
    return registry.constant("data", dataset["source"], "INPUTS", "images")


def check_inputs(settings: Entry, dataset: Entry, where: str) -> None:
    """Check that the model is made for the kind of examples in the data set."""
    model, inputs = settings["model"]["name"], inputs_of(dataset)
    models = registry.names("models")
    taken = {name: registry.constant("models", name, "INPUTS", ("images",)) for name in models}
    if inputs not in taken[model]:
        known = [name for name, kinds in taken.items() if inputs in kinds]
        raise ValueError(
            f"{where}.model.name: {model!r} takes {' or '.join(taken[model])}, the data set "
            f"{settings['dataset']!r} has {inputs}; models for them: {', '.join(known)}"
        )


def without_augmentation(settings: Entry, defaults: Entry, where: str) -> Entry:
    """Training settings for examples that cannot be shifted or flipped.

    Augmentation from the defaults is turned off; what the experiment asks for is refused.
    """
    training = dict(settings["training"])
    if asked := [key for key in STRONGER if key in training]:
        raise ValueError(
            f"{where}.training.{asked[0]} is for images; the data set {settings['dataset']!r} has "
            "none"
        )
    for key, off in {"max_shift": 0, "flip": False, "flip_at_test": False}.items():
        if training[key] not in (off, defaults["training"][key]):
            raise ValueError(
                f"{where}.training.{key} is for images; the data set {settings['dataset']!r} "
                f"has none, got {training[key]!r}"
            )
        training[key] = off
    return training
