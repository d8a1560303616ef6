"""Stage: class quotas at a density, and the index sets that methods keep."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fairprune import allocation, metrics, registry, selection
from fairprune.jobs.cost import measured
from fairprune.seeds import numpy_generator
from fairprune.stages.inputs import IndexSet, read_index_set, read_labels
from fairprune.storage.examples import rows_of
from fairprune.storage.groups import read_groups
from fairprune.storage.tables import (
    EXAMPLES,
    MEAN_SCORE,
    OUTCOMES,
    PRUNED,
    QUOTAS,
    RECALL,
    read_metadata,
    read_table,
    write_table,
)
from fairprune.study.experiment import Method

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
    labels, names = _parts(part, chosen, examples)
    counts = selection.class_counts(labels, len(names))
    n_keep = allocation.n_keep(float(density), len(chosen.index))
    recall = None
    if recalls or outcomes:
        by_seed = _group_recalls(outcomes, examples) if outcomes else _class_recalls(recalls)
        recall = np.mean(by_seed, axis=0)
    strategy_counts = None
    if score is not None:
        strategy_counts = selection.strategy_counts(
            labels,
            n_keep,
            n_classes=len(counts),
            scores=_read_scores(score, chosen),
            ids=_read_ids(examples, chosen),
        )
    rule = registry.load("quota_rules", entry["rule"]).class_density
    given = registry.declared(rule, {"recall": recall, "strategy_counts": strategy_counts})
    class_density = rule(counts, float(density), **given, **entry["options"])
    quotas = allocation.quotas(class_density, counts, n_keep=n_keep)
    _report_emptied(quota, density, names, counts, quotas, part)
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


def write_pruned(
    table: Path,
    cost: Path,
    *,
    method: Method,
    density: str,
    seed: int,
    inputs: Mapping[str, Path],
) -> None:
    """Write the index set that a method keeps at a density with a seed.

    Parameters
    ----------
    inputs : mapping
        ``examples`` and ``training_set``; where the method uses them also the averaged
        ``score``, the ``quotas``, and the ``artifact`` of its score. Quotas say in their
        metadata whether they are by class or by group.
    """
    _, class_names = read_labels(inputs["examples"], "train")
    chosen = read_index_set(inputs["training_set"])
    counts = selection.class_counts(chosen.labels, len(class_names))
    part = "class"
    arguments: dict[str, Any] = {"selector": method.selector, **method.selector_options}
    if "quotas" in inputs:
        arguments["quotas"] = read_table(inputs["quotas"], QUOTAS)["quota"].to_numpy()
        part = read_metadata(inputs["quotas"]).get("entry", {}).get("by", part)
    if "artifact" in inputs:
        with np.load(inputs["artifact"], allow_pickle=False) as arrays:
            arguments["artifact"] = dict(arrays)
    if "score" in inputs:
        arguments["scores"] = _read_scores(inputs["score"], chosen)
        arguments["ids"] = _read_ids(inputs["examples"], chosen)
    labels = chosen.labels if part == "class" else _parts(part, chosen, inputs["examples"])[0]
    n_keep = allocation.n_keep(float(density), len(chosen.index))
    with measured(cost, stage="selection", name=method.name, density=density, seed=seed):
        positions = _kept(method, labels, n_keep, seed, arguments)
    left = np.bincount(chosen.labels[positions], minlength=len(counts))
    _report_emptied(f"{method.name} seed {seed}", density, class_names, counts, left)
    write_table(
        table,
        {"index": chosen.index[positions], "label": chosen.labels[positions]},
        schema=PRUNED,
        metadata={"entry": {**vars(method), "density": float(density)}, "seed": seed},
    )


def _kept(
    method: Method,
    labels: np.ndarray,
    n_keep: int,
    seed: int,
    arguments: Mapping[str, Any],
) -> np.ndarray:
    """Kept positions in the training set, ascending."""
    n = len(labels)
    if method.keeps_all:
        return np.arange(n)
    if "scores" not in arguments:
        arguments = {**arguments, "scores": selection.seeded_priorities(n, seed)}
    stream = numpy_generator("selector", method.name, seed)
    return selection.keep(labels, n_keep, generator=stream, **arguments)


def _parts(part: str, chosen: IndexSet, examples: Path) -> tuple[np.ndarray, Sequence[str]]:
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


def _read_scores(path: Path, chosen: IndexSet) -> np.ndarray:
    table = read_table(path, MEAN_SCORE)
    if not np.array_equal(table["index"].to_numpy(), chosen.index):
        raise ValueError(f"{path} lists other examples than the training set")
    return table["score"].to_numpy()


def _read_ids(examples: Path, chosen: IndexSet) -> np.ndarray:
    """Stable ids of a training set, which order equal scores."""
    table = read_table(examples, EXAMPLES)
    return table["id"].to_numpy()[rows_of(examples, table, "train")[chosen.index]]


def _report_emptied(
    what: str,
    density: str,
    names: Sequence[str],
    before: np.ndarray,
    after: np.ndarray,
    part: str = "class",
) -> None:
    emptied = np.flatnonzero((before > 0) & (after == 0))
    if len(emptied):
        parts = part if len(emptied) == 1 else {"class": "classes", "group": "groups"}[part]
        log.warning(
            "%s at density %s removes every example of %d %s: %s",
            what, density, len(emptied), parts, ", ".join(names[k] for k in emptied.tolist()),
        )  # fmt: skip
