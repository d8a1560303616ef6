"""From the configuration to the experiments: which queries, scores, quotas and methods they need.

The schema in ``workflow/schemas`` has checked types and ranges; this module resolves names,
fills what depends on other entries, and checks what a schema cannot: that names exist, that a
query records the view a score looks at, that experiments do not extend each other in a circle.
Every error names the key, the value and what is allowed. Nothing here imports torch.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from fairprune import registry
from fairprune.schedule import Schedule

THEORY = "theory"
Entry = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """How a training set is chosen and trained on: score, quota, selector and loss."""

    name: str
    score: str | None = None
    quota: str | None = None
    selector: str = "top"
    selector_options: Entry = field(default_factory=dict)
    loss: str = "cross_entropy"
    loss_options: Entry = field(default_factory=dict)

    @property
    def keeps_all(self) -> bool:
        """Whether the method trains on the whole set, so that density 1 is its only one."""
        return self.score is None


@dataclass(frozen=True)
class Experiment:
    """A data set, a model and their settings, with everything its methods need resolved."""

    name: str
    settings: Entry
    dataset: Entry
    queries: dict[str, Entry]
    scores: dict[str, Entry]
    quotas: dict[str, Entry]
    methods: dict[str, Method]

    @property
    def densities(self) -> list[str]:
        """Canonical densities, ascending."""
        return sorted({canonical_density(d) for d in self.settings["densities"]}, key=float)

    @property
    def seeds(self) -> list[int]:
        """Seeds of the final trainings."""
        return seed_list(self.settings["seeds"])

    @property
    def training_set(self) -> Entry:
        """How the training set is cut out of the data set."""
        return {key: self.settings[key] for key in ("examples_per_class", "imbalance_factor")}

    def method_densities(self, method: str) -> list[str]:
        """The densities at which a method trains."""
        return ["1.0"] if self.methods[method].keeps_all else self.densities

    def runs(self, methods: Iterable[str] | None = None) -> list[tuple[str, str, int]]:
        """(method, density, seed) of the final trainings, of all methods or those given."""
        chosen = self.methods if methods is None else methods
        return [
            (method, density, seed)
            for method in chosen
            for density in self.method_densities(method)
            for seed in self.seeds
        ]

    def figures(self) -> dict[int, list[str]]:
        """The figures this experiment can draw, and the methods in each.

        A figure compares at least two of its methods, or shows the only one it is about.
        Figure 7 is drawn for families of long-tailed experiments, see :meth:`Study.family`.
        """
        found = {}
        for number in range(1, 7):
            shown = registry.constant("figures", f"figure{number}", "METHODS")
            methods = [m for m in self.methods if shown is None or m in shown]
            if len(methods) >= min(2, len(shown or (1, 2))):
                found[number] = methods
        wanted = self.settings["figures"]
        return {n: m for n, m in found.items() if wanted is None or n in wanted}

    def query_seeds(self, query: str) -> list[int]:
        """Seeds of a query's trainings."""
        return seed_list(self.queries[query]["seeds"])

    def score_seeds(self, score: str) -> list[int]:
        """Seeds of the query trainings whose scores are averaged."""
        return self.query_seeds(self.scores[score]["query"])

    def query_training(self, query: str) -> Entry:
        """Settings of a query's training: the experiment's, shortened, without augmentation."""
        training, entry = self.settings["training"], self.queries[query]
        share = Fraction(str(entry["epochs_share"]))
        schedule = Schedule(training["epochs"], tuple(training["drops"])).scaled(share)
        return {
            **training,
            "epochs": schedule.epochs,
            "drops": list(schedule.drops),
            "epochs_rule": "fixed",
            "max_shift": 0,
            "flip": False,
            **{key: entry[key] for key in ("loss", "loss_options", "record")},
            "validation_interval": 1 if entry["recall_epoch"] == "best" else 0,
        }

    def final_training(self, method: str) -> Entry:
        """Settings of a method's final trainings."""
        chosen = self.methods[method]
        return {
            **self.settings["training"],
            "loss": chosen.loss,
            "loss_options": chosen.loss_options,
        }


class Study:
    """The experiments that ``run`` names, resolved.

    Parameters
    ----------
    config : mapping
        The merged configuration, with the schema's defaults filled in.

    Raises
    ------
    ValueError
        Naming the key's path, its value and what is allowed.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config

    @cached_property
    def experiments(self) -> dict[str, Experiment]:
        """The experiments to run, in the order of ``run``."""
        known = [*self.config["experiments"], THEORY]
        for position, name in enumerate(self.config["run"]):
            _known(f"run[{position}]", name, known)
        return {name: self._experiment(name) for name in self.config["run"] if name != THEORY}

    @property
    def runs_theory(self) -> bool:
        """Whether figures 8 and 9 belong to the study."""
        return THEORY in self.config["run"]

    def family(self, experiment: str) -> list[str]:
        """The experiments of figure 7: this one, and the long-tailed ones that extend it.

        Empty if there is no long-tailed one.
        """
        members = [
            name
            for name, settings in self.config["experiments"].items()
            if settings.get("extends") == experiment and name in self.experiments
        ]
        tailed = [n for n in members if self.experiments[n].settings["imbalance_factor"]]
        return [experiment, *tailed] if tailed else []

    def _settings(self, name: str, seen: tuple[str, ...] = ()) -> Entry:
        """An experiment's settings, with those of the experiment it extends underneath."""
        where = f"experiments.{name}"
        if name in seen:
            raise ValueError(f"{where}.extends: circle {' -> '.join([*seen, name])}")
        own = self.config["experiments"][name]
        if "extends" not in own:
            return {**self.config["defaults"], **own, "training": self._training(own, {})}
        _known(f"{where}.extends", own["extends"], self.config["experiments"])
        parent = self._settings(own["extends"], (*seen, name))
        return {**parent, **own, "training": self._training(own, parent["training"])}

    def _training(self, own: Entry, parent: Entry) -> Entry:
        return {**self.config["defaults"]["training"], **parent, **own.get("training", {})}

    def _experiment(self, name: str) -> Experiment:
        where, settings = f"experiments.{name}", self._settings(name)
        for key in ("dataset", "model", "densities", "methods"):
            if key not in settings:
                raise ValueError(f"{where}.{key} is missing")
        for key in ("epochs", "batch_size", "learning_rate"):
            if key not in settings["training"]:
                raise ValueError(f"{where}.training.{key} is missing")
        _known(f"{where}.dataset", settings["dataset"], self.config["datasets"])
        _known(f"{where}.model.name", settings["model"]["name"], registry.names("models"))
        methods = {method: self._method(where, method) for method in settings["methods"]}
        quotas = {m.quota: self._quota(m.quota, m.name) for m in methods.values() if m.quota}
        named = [m.score for m in methods.values()] + [q.get("score") for q in quotas.values()]
        wanted = [s for s in [*named, *settings["extra_scores"]] if s not in (None, "random")]
        scores = {score: self._score(score, where) for score in dict.fromkeys(wanted)}
        from_quotas = [q["query"] for q in quotas.values() if "query" in q]
        queries = {
            query: self._query(query, where, settings)
            for query in dict.fromkeys([s["query"] for s in scores.values()] + from_quotas)
        }
        for score in scores.values():
            _check_view(score, queries[score["query"]])
        dataset = self.config["datasets"][settings["dataset"]]
        _known(f"datasets.{settings['dataset']}.source", dataset["source"], registry.names("data"))
        return Experiment(name, settings, dataset, queries, scores, quotas, methods)

    def _method(self, where: str, name: str) -> Method:
        entry = self.config["methods"].get(name)
        if entry is None:
            scores = [*self.config["scores"], *registry.names("scores")]
            _known(f"{where}.methods", name, [*self.config["methods"], *scores])
            entry = {"score": name}
        method = Method(name, **entry)
        _known(f"methods.{name}.selector", method.selector, registry.names("selectors"))
        _known(f"methods.{name}.loss", method.loss, registry.names("losses"))
        if method.quota and method.keeps_all:
            raise ValueError(f"methods.{name}: quota {method.quota!r} needs a score")
        return method

    def _quota(self, name: str, method: str) -> Entry:
        _known(f"methods.{method}.quota", name, self.config["quotas"])
        entry = dict(self.config["quotas"][name])
        _known(f"quotas.{name}.rule", entry["rule"], registry.names("quota_rules"))
        uses = registry.constant("quota_rules", entry["rule"], "USES")
        required = {"recall": "query", "strategy": "score"}[uses]
        if required not in entry:
            raise ValueError(f"quotas.{name}.{required} is missing; rule {entry['rule']!r} uses it")
        return entry

    def _score(self, name: str, where: str) -> Entry:
        configured = self.config["scores"].get(name)
        if configured is None:
            _known(f"{where}: score", name, [*self.config["scores"], *registry.names("scores")])
        entry = {"definition": name, "options": {}, **(configured or {})}
        _known(f"scores.{name}.definition", entry["definition"], registry.names("scores"))
        query = registry.constant("scores", entry["definition"], "QUERY", "full")
        needs = registry.constant("scores", entry["definition"], "NEEDS", "model")
        return {"query": query, **entry, "needs": needs}

    def _query(self, name: str, where: str, settings: Entry) -> Entry:
        _known(f"{where}: query", name, self.config["queries"])
        own = settings["queries"].get(name, {})
        entry = {**self.config["queries"][name], **own}
        _known(f"queries.{name}.loss", entry["loss"], registry.names("losses"))
        return entry


def canonical_density(density: float) -> str:
    """The one way a density is written in paths: ``0.3``, ``1.0``.

    Examples
    --------
    >>> canonical_density(0.30), canonical_density(1), canonical_density(1e-5)
    ('0.3', '1.0', '0.00001')
    """
    text = f"{float(density):.10f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def seed_list(seeds: int | list[int]) -> list[int]:
    """Seeds 0 .. n-1 for a number n, or the seeds listed."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def _check_view(score: Entry, query: Entry) -> None:
    """A score that looks at a view all through training needs a query that records it."""
    default = registry.constant("scores", score["definition"], "VIEW")
    if default is None:
        return
    view = score["options"].get("view", default)
    if view not in query["record"]:
        raise ValueError(
            f"scores.{score['definition']}: view {view!r} is not recorded by its query "
            f"{score['query']!r}, which records {query['record']}; add it to "
            f"queries.{score['query']}.record"
        )


def _known(where: str, name: str, known: Iterable[str]) -> None:
    known = list(dict.fromkeys(known))
    if name in known:
        return
    nearest = difflib.get_close_matches(str(name), known, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{where}: unknown {name!r}; known: {', '.join(known)}{hint}")
