"""An experiment of a study, resolved: its methods, and the queries, scores and quotas they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from fairprune import registry
from fairprune.study.schedule import Schedule

Entry = dict[str, Any]
LEAST_TRAINED = 2  # examples: a batch norm needs two
STRONGER = ("random_resized_crop", "rand_augment", "erasing")  # augmentation on request
RESOURCES = ("gpu", "gpu_slots", "runtime", "mem_mb")


@dataclass(frozen=True)
class Method:
    """How a training set is chosen and trained on: score, quota, selector and loss.

    A ``fresh`` method draws other examples in each epoch, the same number of each class.
    """

    name: str
    score: str | None = None
    quota: str | None = None
    selector: str = "top"
    selector_options: Entry = field(default_factory=dict)
    loss: str = "cross_entropy"
    loss_options: Entry = field(default_factory=dict)
    fresh: bool = False
    artifact: str | None = None
    teacher: str | None = None

    @property
    def entry(self) -> Entry:
        """The settings that decide the index set.

        ``fresh`` and ``teacher`` only change the training.
        """
        unused = {"fresh", "teacher"} if self.artifact else {"fresh", "teacher", "artifact"}
        return {key: value for key, value in vars(self).items() if key not in unused}

    @property
    def artifact_of(self) -> str | None:
        """The score whose artifact the selector gets."""
        return self.artifact or self.score

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
    def has_groups(self) -> bool:
        """Whether the configuration names a column of groups for the data set."""
        return self.dataset.get("group_column") is not None

    @property
    def training(self) -> Entry:
        """The training settings that results depend on: all but ``checkpoint_interval_s``."""
        settings = self.settings["training"]
        return {name: v for name, v in settings.items() if name != "checkpoint_interval_s"}

    def resources(self, rule: str) -> Entry:
        """Resources that jobs of a rule request to train or run a model; they change no result."""
        shared = {name: self.settings[name] for name in RESOURCES}
        return {**shared, **self.settings["resources"].get(rule, {})}

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
        drawn = {}
        for number in range(1, 7):
            shown = registry.constant("figures", f"figure{number}", "METHODS")
            methods = [m for m in self.methods if m in shown]
            if self.wants(number) and len(methods) >= min(2, len(shown)):
                drawn[number] = methods
        return drawn

    def named_figures(self) -> dict[str, list[str]]:
        """The other figures of results this experiment can draw, and the methods in each.

        Those without methods of their own show the ones of ``figure_methods``.
        """
        drawn = {}
        for name, shown in figures_with_names().items():
            if not self.wants(name):
                continue
            chosen = shown or self.settings["figure_methods"] or self.methods
            methods = [m for m in self.methods if m in chosen]
            needed = registry.constant("figures", name, "NEEDED_METHODS", ())
            minimum = registry.constant("figures", name, "MINIMUM", 2)
            if len(methods) >= minimum and set(needed) <= self.methods.keys():
                drawn[name] = methods
        return drawn

    def wants(self, figure: int | str) -> bool:
        """Whether the setting ``figures`` leaves a figure in."""
        return self.settings["figures"] is None or figure in self.settings["figures"]

    def query_seeds(self, query: str) -> list[int]:
        """Seeds of a query's trainings."""
        return seed_list(self.queries[query]["seeds"])

    def used_seeds(self, query: str) -> list[int]:
        """The seeds of a query that results come from.

        These are all of them if a score or quota uses the query. Of a mere teacher it is the first,
        or, if final seeds use the queries of their own seed, those of the final trainings.
        """
        seeds = self.query_seeds(query)
        if any(e.get("query") == query for e in (*self.scores.values(), *self.quotas.values())):
            return seeds
        paired = self.settings["paired_queries"]
        return [seed for seed in seeds if seed in self.seeds] if paired else seeds[:1]

    def score_seeds(self, score: str) -> list[int]:
        """Seeds of the query trainings whose scores are averaged; none for one from a file."""
        entry = self.scores[score]
        return [] if is_outside(entry) else self.query_seeds(entry["query"])

    def own_files(self) -> set[str]:
        """The user's files that scores and quotas come from."""
        entries = [*self.scores.values(), *self.quotas.values()]
        return {entry[key] for entry in entries for key in ("file", "embeddings") if key in entry}

    def rounds(self, quota: str, density: str) -> int:
        """Number of rounds that a quota is trained in at a density; 0 if there are none."""
        keeps_all = float(density) == 1
        entry = self.quotas[quota]
        return entry["options"]["rounds"] if is_in_rounds(entry) and not keeps_all else 0

    def round_seeds(self, quota: str) -> list[int]:
        """Seeds of the trainings in each round of a quota."""
        return seed_list(self.quotas[quota]["options"]["seeds"])

    def round_runs(self) -> list[tuple[str, str, int, int]]:
        """(quota, density, round, seed) of all trainings in rounds."""
        return [
            (quota, density, number, seed)
            for quota in self.quotas_in_rounds()
            for density in self.densities
            for number in range(1, self.rounds(quota, density) + 1)
            for seed in self.round_seeds(quota)
        ]

    def quotas_in_rounds(self) -> list[str]:
        """The quotas that are trained in rounds."""
        return [name for name, entry in self.quotas.items() if is_in_rounds(entry)]

    def round_entry(self, quota: str) -> Entry:
        """What defines the quotas of a round: the entry without options such as ``rounds``."""
        entry = self.quotas[quota]
        how = registry.constant("quota_rules", entry["rule"], "ROUNDS")
        options = {name: value for name, value in entry["options"].items() if name not in how}
        return {**entry, "options": options}

    def round_training(self, quota: str) -> Entry:
        """Settings of the trainings in rounds: those of final ones, perhaps shortened."""
        shortened = self._shortened(self.quotas[quota]["options"]["epochs_share"])
        return {**shortened, "loss": "cross_entropy", "loss_options": {}}

    def query_training(self, query: str) -> Entry:
        """Settings of a query's training: the experiment's, shortened, without augmentation."""
        entry = self.queries[query]
        shortened = self._shortened(entry["epochs_share"])
        return {
            **{key: value for key, value in shortened.items() if key not in STRONGER},
            "epochs_rule": "fixed",
            "max_shift": 0,
            "flip": False,
            **{key: entry[key] for key in ("loss", "loss_options", "record")},
            **{key: entry[key] for key in ("folds",) if key in entry},
            "validation_interval": 1 if entry["recall_epoch"] == "best" else 0,
        }

    def _shortened(self, share: float) -> Entry:
        """The training settings with this share of the epochs."""
        schedule = Schedule.of(self.training).scaled(Fraction(str(share)))
        return {**self.training, "epochs": schedule.epochs, "drops": list(schedule.drops)}

    def final_training(self, method: str) -> Entry:
        """Settings of a method's final trainings."""
        chosen = self.methods[method]
        training = {**self.training, "loss": chosen.loss, "loss_options": chosen.loss_options}
        if chosen.fresh:
            quota = self.quotas.get(chosen.quota or "")
            training["fresh"] = "all" if quota is None else quota.get("by", "class")
        if chosen.teacher:
            training["teacher"] = chosen.teacher
        return training


def figures_with_names() -> dict[str, tuple[str, ...] | None]:
    """The figures of results that have no number, and the methods of each; None for any."""
    methods = {
        name: registry.constant("figures", name, "METHODS", ())
        for name in registry.names("figures")
        if not name.startswith("figure")
    }
    return {name: shown for name, shown in methods.items() if shown != ()}


def is_outside(score: Entry) -> bool:
    """Whether a score comes from a file: the scores themselves, or embeddings for it."""
    return "file" in score or "embeddings" in score


def is_in_rounds(quota: Entry) -> bool:
    """Whether a quota's rule is trained in rounds: its module has the constant ``ROUNDS``."""
    return registry.constant("quota_rules", quota["rule"], "ROUNDS") is not None


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
