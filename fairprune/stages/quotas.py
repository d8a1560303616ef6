"""Stage: class quotas at a density."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fairprune import allocation, metrics, registry, selection
from fairprune.stages.inputs import IndexSet, read_index_set, read_labels
from fairprune.storage.groups import read_groups
from fairprune.storage.tables import MEAN_SCORE, OUTCOMES, QUOTAS, RECALL, read_table, write_table

log = logging.getLogger(__name__)


def write_quotas(
    table: Path,
    *,
    quota: str,
    entry: Mapping[str, Any],
    density: str,
    training_set: Path,
    examples: Path,
    recalls: Sequence[Path] = (),
    outcomes: Sequence[Path] = (),
    score: Path | None = None,
) -> None:
    """Write the class quotas of one density; of groups in place of classes ``by: group``.

    Parameters
    ----------
    recalls : sequence of paths
        Recalls of each query seed, averaged; for rules that use them.
    outcomes : sequence of paths
        In their place, for quotas by group: validation outcomes of each query seed.
    score : path, optional
        Averaged score, for rules that use a strategy's class counts.
    """
    chosen = read_index_set(training_set)
    part = entry.get("by", "class")
    labels, names = parts_of(part, chosen, examples)
    counts = selection.class_counts(labels, len(names))
    n_keep = allocation.n_keep(float(density), len(chosen.index))
    recall = None
    if recalls or outcomes:
        by_seed = _group_recalls(outcomes, examples) if outcomes else _class_recalls(recalls)
        recall = np.mean(by_seed, axis=0)
    strategy_counts = None
    if score is not None:
        strategy_counts = selection.strategy_counts(
            labels, n_keep, n_classes=len(counts), scores=read_scores(score, chosen)
        )
    rule = registry.load("quota_rules", entry["rule"]).class_density
    given = registry.declared(rule, {"recall": recall, "strategy_counts": strategy_counts})
    class_density = rule(counts, float(density), **given, **entry["options"])
    quotas = allocation.quotas(class_density, counts, n_keep=n_keep)
    report_emptied(quota, density, names, counts, quotas, part)
    write_table(
        table,
        {
            "class": np.arange(len(counts)),
            "class_name": list(names),
            "n_class": counts,
            "recall": [None] * len(counts) if recall is None else recall,
            "class_density": class_density,
            "quota": quotas,
        },
        schema=QUOTAS,
        metadata={"entry": dict(entry)},
    )


def parts_of(part: str, chosen: IndexSet, examples: Path) -> tuple[np.ndarray, Sequence[str]]:
    """Class or group of each example of a training set, and the names of all."""
    if part == "class":
        return chosen.labels, read_labels(examples, "train")[1]
    groups = read_groups(examples)
    return groups.labels["train"][chosen.index], groups.names


def _class_recalls(paths: Sequence[Path]) -> list[np.ndarray]:
    """Recalls (K,) of each query seed; NaN for a class without validation examples."""
    tables = [read_table(path, RECALL) for path in paths]
    return [table["recall"].to_numpy(zero_copy_only=False) for table in tables]


def _group_recalls(outcomes: Sequence[Path], examples: Path) -> list[np.ndarray]:
    """As :func:`_class_recalls`, of the groups."""
    groups, found = read_groups(examples), []
    for path in outcomes:
        correct = read_table(path, OUTCOMES)["correct"].to_numpy()
        counts = metrics.count_correct(correct, groups.labels["validation"], len(groups.names))
        found.append(np.array(metrics.recalls(*counts), dtype=np.float64))
    return found


def read_scores(path: Path, chosen: IndexSet) -> np.ndarray:
    """An averaged score (N,) of a training set."""
    table = read_table(path, MEAN_SCORE)
    if not np.array_equal(table["index"].to_numpy(), chosen.index):
        raise ValueError(f"{path} lists other examples than the training set")
    return table["score"].to_numpy()


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
            what, density, len(emptied), parts, ", ".join(names[k] for k in emptied.tolist()),
        )  # fmt: skip
