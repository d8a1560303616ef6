"""From the configuration to the experiments: which queries, scores, quotas and methods they need.

The schema in ``workflow/schemas`` has checked types and ranges. This module resolves names, fills
in what depends on other entries, and checks what a schema cannot: that names exist, that a query
records the view a score looks at, that experiments do not extend each other in a circle.
Every error names the key, the value and what is allowed. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairprune import registry
from fairprune._validation import check_known
from fairprune.study import checks
from fairprune.study.entries import check_entry, check_own_figures
from fairprune.study.experiment import Entry, Experiment, Method, is_in_rounds, is_outside

THEORY = "theory"
_MERGED = ("training", "resources")  # of an experiment and those it extends, key by key
_SOURCES = {  # of a quota rule's arguments: the keys that say where they come from
    "recall": ("query", "file"),
    "strategy_counts": ("score",),
    "class_scores": ("score",),
    "weight": ("file",),
}


class Study:
    """The experiments that ``run`` names, resolved.

    Parameters
    ----------
    config : mapping
        The merged configuration, with the schema's defaults filled in.

    Attributes
    ----------
    experiments : dict of name -> Experiment
        In the order of ``run``.

    Raises
    ------
    ValueError
        Naming the key's path, its value and what is allowed.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        known = [*config["experiments"], THEORY]
        for position, name in enumerate(config["run"]):
            _known(f"run[{position}]", name, known)
        for figure, mixture in config["theory"].items():
            checks.check_mixture(mixture, f"theory.{figure}")
        check_own_figures()
        names = [name for name in config["run"] if name != THEORY]
        checks.check_names(names)
        self.experiments: dict[str, Experiment] = {name: self._experiment(name) for name in names}

    @property
    def runs_theory(self) -> bool:
        """Whether figures 8 and 9 belong to the study."""
        return THEORY in self.config["run"]

    def family(self, experiment: str) -> list[str]:
        """The experiments of figure 7: this one, and the long-tailed ones that extend it.

        Empty if there is no long-tailed one on the same data set.
        """
        members = {
            name: self.experiments[name].settings
            for name, settings in self.config["experiments"].items()
            if settings.get("extends") == experiment and name in self.experiments
        }
        dataset = self.experiments[experiment].settings["dataset"]
        tailed = [
            name
            for name, settings in members.items()
            if settings["imbalance_factor"] and settings["dataset"] == dataset
        ]
        return [experiment, *tailed] if tailed else []

    def _settings(self, name: str) -> Entry:
        """An experiment's settings, on top of those of the experiments it extends."""
        experiments, line = self.config["experiments"], [name]
        while (parent := experiments[line[-1]].get("extends")) is not None:
            where = f"experiments.{line[-1]}.extends"
            _known(where, parent, experiments)
            if parent in line:
                raise ValueError(f"{where}: circle {' -> '.join([*line, parent])}")
            line.append(parent)
        settings: Entry = {"training": {}, "resources": {}}
        for entry in (self.config["defaults"], *(experiments[each] for each in reversed(line))):
            merged = {key: {**settings[key], **entry.get(key, {})} for key in _MERGED}
            settings = {**settings, **entry, **merged}
        return settings

    def _experiment(self, name: str) -> Experiment:
        where, settings = f"experiments.{name}", self._settings(name)
        _need(settings, where, "dataset", "model", "densities", "methods")
        _need(settings["training"], f"{where}.training", "epochs", "batch_size", "learning_rate")
        for query in settings["queries"]:
            _known(f"{where}.queries", query, self.config["queries"])
        _known(f"{where}.dataset", settings["dataset"], self.config["datasets"])
        model = settings["model"]["name"]
        _known(f"{where}.model.name", model, registry.names("models"))
        check_entry("models", model, registry.model_options(settings["model"]), f"{where}.model")

        methods = {method: self._method(where, method) for method in settings["methods"]}
        quotas = self._quotas(methods)
        named = [m.score for m in methods.values()] + [q.get("score") for q in quotas.values()]
        named += [m.artifact for m in methods.values()]
        wanted = [s for s in [*named, *settings["extra_scores"]] if s not in (None, "random")]
        scores = {score: self._score(score, where) for score in dict.fromkeys(wanted)}
        entries = [*scores.values(), *quotas.values()]
        asked = dict.fromkeys(entry["query"] for entry in entries if "query" in entry)
        asked |= dict.fromkeys(m.teacher for m in methods.values() if m.teacher)
        queries = {query: self._query(query, where, settings) for query in asked}
        checks.check_artifacts(methods, scores, queries)
        checks.check_teachers(methods, queries)
        for score, entry in scores.items():
            if not is_outside(entry):
                checks.check_record(score, entry, queries[entry["query"]])

        dataset = self._dataset(settings["dataset"])
        checks.check_inputs(settings, dataset, where)
        if checks.inputs_of(dataset) != "images":
            training = checks.without_augmentation(settings, self.config["defaults"], where)
            settings = {**settings, "training": training}
        experiment = Experiment(name, settings, dataset, queries, scores, quotas, methods)
        checks.check_figures(experiment)
        checks.check_groups(experiment)
        checks.check_pairs(experiment)
        checks.check_windows(experiment)
        checks.check_drops(experiment)
        return experiment

    def _dataset(self, name: str) -> Entry:
        entry = self.config["datasets"][name]
        _known(f"datasets.{name}.source", entry["source"], registry.names("data"))
        if "root" not in entry and registry.needs("data", entry["source"], "root"):
            raise ValueError(f"datasets.{name}.root is missing; {entry['source']!r} needs it")
        options = registry.source_options(entry)
        check_entry("data", entry["source"], options, f"datasets.{name}")
        return entry

    def _method(self, where: str, name: str) -> Method:
        entry = self.config["methods"].get(name)
        if entry is None:
            scores = [*self.config["scores"], *registry.names("scores")]
            _known(f"{where}.methods", name, [*self.config["methods"], *scores])
            entry = {"score": name}
        method = Method(name, **entry)
        if method.keeps_all != (name == "full" or name.startswith("full_")):  # as in reporting
            raise ValueError(
                f"methods.{name}: full and full_... are the names of methods without a score, "
                "which keep all examples, and of no others; got "
                + (f"score {method.score!r}" if method.score else "no score")
            )
        _known(f"methods.{name}.selector", method.selector, registry.names("selectors"))
        _known(f"methods.{name}.loss", method.loss, registry.names("losses"))

        where = f"methods.{name}.selector_options"
        check_entry("selectors", method.selector, method.selector_options, where)
        check_entry("losses", method.loss, method.loss_options, f"methods.{name}.loss_options")
        if method.fresh and (method.score != "random" or method.selector != "top"):
            raise ValueError(
                f"methods.{name}.fresh: examples are drawn anew at random, so its score must be "
                f"random and its selector top, got {method.score!r} and {method.selector!r}"
            )
        if method.quota and method.keeps_all:
            raise ValueError(f"methods.{name}: quota {method.quota!r} needs a score")
        return method

    def _quotas(self, methods: Mapping[str, Method]) -> dict[str, Entry]:
        """The quotas of the methods, and those that their rounds start from."""
        quotas = {
            m.quota: self._quota(m.quota, f"methods.{m.name}.quota")
            for m in methods.values()
            if m.quota
        }
        for name, entry in list(quotas.items()):
            if (start := entry.get("start")) is None:
                continue
            quotas[start] = self._quota(start, where := f"quotas.{name}.start")
            if is_in_rounds(quotas[start]):
                raise ValueError(f"{where}: {start!r} is itself trained in rounds")
            ways = [each.get("by", "class") for each in (entry, quotas[start])]
            if ways[0] != ways[1]:
                raise ValueError(f"{where}: {start!r} is by {ways[1]}, {name!r} by {ways[0]}")
        return quotas

    def _quota(self, name: str, used: str) -> Entry:
        _known(used, name, self.config["quotas"])
        entry = dict(self.config["quotas"][name])
        if "rule" not in entry:
            if "file" not in entry:
                raise ValueError(f"quotas.{name}.rule is missing")
            entry["rule"] = "weighted"
        _known(f"quotas.{name}.rule", entry["rule"], registry.names("quota_rules"))
        where = f"quotas.{name}.options"
        check_entry("quota_rules", entry["rule"], entry["options"], where)
        for argument, keys in _SOURCES.items():
            needed = registry.needs("quota_rules", entry["rule"], argument)
            if needed and not any(key in entry for key in keys):
                key = " or ".join(keys)
                raise ValueError(f"quotas.{name}.{key} is missing; rule {entry['rule']!r} needs it")
        if "query" in entry and "file" in entry:
            raise ValueError(f"quotas.{name}: query and file exclude each other")
        if "validation_per_class" in entry and "query" not in entry:
            raise ValueError(f"quotas.{name}.validation_per_class is of no use without a query")
        if is_in_rounds(entry):
            rounds = registry.constant("quota_rules", entry["rule"], "ROUNDS")
            entry["options"] = {**rounds, **entry["options"]}
        elif "start" in entry:
            raise ValueError(
                f"quotas.{name}.start: rule {entry['rule']!r} is not trained in rounds"
            )
        return entry

    def _score(self, name: str, where: str) -> Entry:
        configured = self.config["scores"].get(name)
        if configured is None:
            _known(f"{where}: score", name, [*self.config["scores"], *registry.names("scores")])
        if configured and "file" in configured:
            for key in ("definition", "query", "options", "embeddings"):
                if key in configured:
                    raise ValueError(f"scores.{name}: file and {key} exclude each other")
            return {"key": "id", "column": "score", **configured}
        entry = {"definition": name, "options": {}, **(configured or {})}
        _known(f"scores.{name}.definition", entry["definition"], registry.names("scores"))
        where = f"scores.{name}.options"
        check_entry("scores", entry["definition"], entry["options"], where)
        if "embeddings" in entry:
            return checks.with_embeddings(name, entry)
        for key in ("key", "column"):
            if key in entry:
                raise ValueError(f"scores.{name}.{key} needs file or embeddings")
        query = registry.constant("scores", entry["definition"], "QUERY", "full")
        needs = registry.constant("scores", entry["definition"], "NEEDS", "model")
        return {"query": query, **entry, "needs": needs}

    def _query(self, name: str, where: str, settings: Entry) -> Entry:
        _known(f"{where}: query", name, self.config["queries"])
        entry = {**self.config["queries"][name], **settings["queries"].get(name, {})}
        _known(f"queries.{name}.loss", entry["loss"], registry.names("losses"))
        where = f"queries.{name}.loss_options"
        check_entry("losses", entry["loss"], entry["loss_options"], where)
        return checks.with_folds(name, entry)


def _need(entry: Entry, where: str, *keys: str) -> None:
    for key in keys:
        if key not in entry:
            raise ValueError(f"{where}.{key} is missing")


def _known(where: str, name: str, known: Iterable[str]) -> None:
    check_known(name, known, f"{where}: unknown {name!r}")
