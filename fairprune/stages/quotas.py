"""Stage: class quotas at a density, from recalls, a score, or trainings in rounds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from fairprune import allocation, metrics, registry, selection
from fairprune._text import shown
from fairprune.algorithms.shrinkage import standard_error, true_variance
from fairprune.seeds import numpy_generator
from fairprune.stages.inputs import Examples, IndexSet, Parts, check_labels, read_index_set
from fairprune.stages.outside import class_evidence
from fairprune.storage.tables import (
    OUTCOMES,
    QUOTAS,
    RECALL,
    ROUND_OUTCOMES,
    ROUND_QUOTAS,
    SCORE,
    read_metadata,
    read_table,
    write_table,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Pool:
    """The training examples that quotas choose from, in their parts, and how many are kept."""

    parts: Parts  # classes or groups of the data set
    chosen: IndexSet
    labels: np.ndarray  # (N,): the part of each example of the training set
    ids: np.ndarray  # (N,)
    counts: np.ndarray  # (K,)
    density: float
    n_keep: int

    @classmethod
    def read(cls, part: str, density: float, training_set: Path, examples: Path) -> _Pool:
        """Read the classes or groups (``part``) of a training set."""
        known = Examples.read(examples)
        parts = known.parts(part)
        chosen = read_index_set(training_set, parts.classes["train"])
        labels, ids = parts.labels["train"][chosen.index], known.ids[chosen.index]
        counts = selection.class_counts(labels, len(parts.names))
        n_keep = allocation.n_keep(density, len(labels))
        return cls(parts, chosen, labels, ids, counts, density, n_keep)


def write_quotas(
    table: Path,
    *,
    quota: str,
    entry: Mapping[str, Any],
    density: str,
    training_set: Path,
    examples: Path,
    of_round: int = 0,
    **sources: Any,
) -> None:
    """Write the class quotas of one density; of groups in place of classes ``by: group``.

    Parameters
    ----------
    of_round : int, default=0
        The round that trains on them, from 1: then with the weights that it starts from; 0 for the
        quotas after the last one, and those of rules without rounds.
    **sources : path or sequence of paths
        What the rule uses, see :func:`_evidence`.
    """
    module, options = registry.load("quota_rules", entry["rule"]), entry["options"]
    part = entry.get("by", "class")
    pool = _Pool.read(part, float(density), training_set, examples)
    names, counts = pool.parts.names, pool.counts

    evidence = _evidence(sources, pool, entry.get("validation_per_class"))
    if hasattr(module, "updated"):
        evidence["number"] = max(of_round - 1, 1) if of_round else options["rounds"]
        evidence["log_weight"] = _log_weight(module, options, pool, sources)
    arguments = registry.declared(module.class_density, evidence)
    takes = signature(module.class_density).parameters
    if {"recall", "missing"} <= takes.keys() and options.get("missing") != "mean":
        _check_recalls(quota, arguments["recall"], names, part)

    class_density = np.asarray(module.class_density(counts, pool.density, **arguments, **options))
    quotas = _whole(entry["rule"], class_density, counts, pool.n_keep)
    recall, tries = evidence["recall"], evidence["tries"]
    report_emptied(quota, density, names, counts, quotas, part)
    if "recall" in arguments and tries.any():
        _report_alike(quota, recall, tries)

    nothing = [None] * len(names)
    columns = {
        "class": np.arange(len(names)),
        "class_name": list(names),
        "n_class": counts,
        "recall": nothing if recall is None else recall,
        "class_density": class_density,
        "quota": quotas,
        "recall_error": nothing if recall is None else standard_error(recall, tries),
    }
    if of_round:
        columns["log_weight"] = module.updated(
            **arguments, **registry.declared(module.updated, options)
        )
    schema = ROUND_QUOTAS if of_round else QUOTAS
    write_table(table, columns, schema=schema, metadata={"entry": dict(entry)})


def _whole(rule: str, class_density: Any, counts: np.ndarray, n_keep: int) -> np.ndarray:
    """Quotas (K,) of what a rule gives, which may be a user's own."""
    try:
        return allocation.quotas(class_density, counts, n_keep=n_keep)
    except ValueError as error:
        raise ValueError(
            f"rule {rule!r} must give the densities d_k of {len(counts)} classes, in [0, 1], with "
            f"sum(d_k N_k) = {n_keep}: {error}"
        ) from error


def _check_recalls(quota: str, recall: np.ndarray | None, names: Sequence[str], part: str) -> None:
    """Refuse recalls of classes or groups that have no validation examples, by name."""
    empty = [] if recall is None else [names[k] for k in np.flatnonzero(np.isnan(recall)).tolist()]
    if empty and len(empty) < len(names):
        raise ValueError(
            f"no validation example of {part} {shown(empty)}, so no recall for quota {quota!r}: "
            f"add some, or set quotas.{quota}.options.missing to mean, the mean of the others"
        )


def _evidence(sources: Mapping[str, Any], pool: _Pool, limit: int | None) -> dict[str, Any]:
    """What quota rules may declare; None where there is no source for it.

    Parameters
    ----------
    sources : mapping
        ``recalls``, paths of each query seed, or for groups ``outcomes``, averaged; ``score``, an
        averaged score; ``start``, quotas of another rule, or ``previous``, those of a round, and
        ``tested``, outcomes of each training of this round; or ``file``, a file of the user's own.
    pool : _Pool
    limit : int, optional
        Validation examples that recalls are counted on, of each class at most.
    """
    parts, n_parts = pool.parts, len(pool.parts.names)
    recall = strategy_counts = class_scores = None
    errors = tries = np.zeros(n_parts, np.int64)
    if "recalls" in sources:
        recall, tries = _mean_recall([_class_counts(path, limit) for path in sources["recalls"]])
    if "outcomes" in sources:
        recall, tries = _mean_recall(
            [_part_counts(path, parts, limit) for path in sources["outcomes"]]
        )
    if sources.get("tested"):
        n_correct, tries = _tested(sources["tested"], parts)
        errors = tries - n_correct
        recall = np.array(metrics.recalls(n_correct, tries), dtype=np.float64)
    if "score" in sources:
        scores, labels = read_scores(sources["score"], pool.chosen), pool.labels
        strategy_counts = selection.strategy_counts(
            labels, pool.n_keep, n_classes=n_parts, scores=scores, ids=pool.ids
        )
        class_scores = np.empty(n_parts, dtype=object)
        class_scores[:] = [scores[labels == k] for k in range(n_parts)]
    evidence = {
        "recall": recall,
        "strategy_counts": strategy_counts,
        "class_scores": class_scores,
        "weight": None,
        "errors": errors,
        "tries": tries,
    }
    if "file" in sources:
        counts, density, n_keep = pool.counts, pool.density, pool.n_keep
        evidence |= class_evidence(sources["file"], parts.names, counts, density, n_keep)
    return evidence


def _log_weight(
    module: Any, options: Mapping[str, Any], pool: _Pool, sources: Mapping[str, Any]
) -> np.ndarray:
    """The weights that a round was trained on, or that the first one starts from."""
    if "previous" in sources:
        return read_table(sources["previous"], ROUND_QUOTAS)["log_weight"].to_numpy()
    if "start" in sources:
        share = read_table(sources["start"], QUOTAS)["class_density"].to_numpy()
        return module.started(share, pool.density, **registry.declared(module.started, options))
    return np.zeros(len(pool.counts))


def _mean_recall(counts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Recalls (K,) of all query seeds together, NaN without tries; and their tries (K,).

    The mean over seeds, weighted by their tries where these differ, as those of folds may.
    """
    n_correct, tries = (np.sum(numbers, axis=0) for numbers in zip(*counts, strict=True))
    if any((seed_tries != counts[0][1]).any() for _, seed_tries in counts):
        return np.array(metrics.recalls(n_correct, tries), dtype=np.float64), tries
    by_seed = [np.array(metrics.recalls(*seed), dtype=np.float64) for seed in counts]
    return np.mean(by_seed, axis=0), tries


def _class_counts(path: Path, limit: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Correct examples and tries (K,) of a query seed, on ``limit`` examples a class at most."""
    table = read_table(path, RECALL)
    return _drawn(table["n_correct"].to_numpy(), table["n_validation"].to_numpy(), limit, path)


def _part_counts(path: Path, parts: Parts, limit: int | None) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`_class_counts`, of groups, from the outcomes."""
    table = read_table(path, OUTCOMES)
    split = read_metadata(path).get("split", "validation")
    check_labels(path, table, parts.classes[split])
    labels = parts.labels[split][table["index"].to_numpy()]
    counts = metrics.count_correct(table["correct"].to_numpy(), labels, len(parts.names))
    return _drawn(*counts, limit, path)


def _drawn(
    n_correct: np.ndarray, tries: np.ndarray, limit: int | None, path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Counts as ``limit`` of the tries would give them, drawn without replacement by seed."""
    if limit is None:
        return n_correct, tries
    generator = numpy_generator("validation", read_metadata(path)["seed"])
    fewer = np.minimum(tries, limit)
    return generator.hypergeometric(n_correct, tries - n_correct, fewer), fewer


def _tested(outcomes: Sequence[Path], parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Correct examples and tries (K,) in all trainings of a round."""
    n_correct = tries = np.zeros(len(parts.names), np.int64)
    for path in outcomes:
        table = read_table(path, ROUND_OUTCOMES).to_pandas()
        for split, rows in table.groupby("split"):
            check_labels(path, rows, parts.classes[str(split)])
            labels = parts.labels[str(split)][rows["index"]]
            counts = metrics.count_correct(rows["correct"].to_numpy(), labels, len(parts.names))
            n_correct, tries = n_correct + counts[0], tries + counts[1]
    return n_correct, tries


def read_scores(path: Path, chosen: IndexSet) -> np.ndarray:
    """A score (N,) of a training set, averaged or of one seed."""
    table = read_table(path, SCORE)
    of = (table["index"].to_numpy(), table["label"].to_numpy())
    if not all(map(np.array_equal, of, (chosen.index, chosen.labels))):
        raise ValueError(f"{path} lists other examples than the training set")
    return table["score"].to_numpy()


def _report_alike(quota: str, recall: np.ndarray, tries: np.ndarray) -> None:
    """Say in the log when chance alone may have made the recalls differ."""
    if true_variance(1 - recall, tries) == 0:
        log.warning(
            "%s: chance alone explains how the recalls of the classes differ, on %d to %d examples "
            "each; with `shrink` all classes count as alike",
            quota, tries.min(), tries.max(),
        )  # fmt: skip


def report_emptied(
    what: str,
    density: str,
    names: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    part: str = "class",
) -> None:
    """Name in the log the classes that lose all their examples."""
    emptied = np.flatnonzero((before > 0) & (after == 0))
    if len(emptied):
        parts = part if len(emptied) == 1 else {"class": "classes", "group": "groups"}[part]
        log.warning(
            "%s at density %s removes every example of %d %s: %s",
            what, density, len(emptied), parts, shown([names[k] for k in emptied.tolist()], 20),
        )  # fmt: skip
