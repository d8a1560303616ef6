"""Stage: the index sets that methods keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fairprune import allocation, selection
from fairprune.jobs.cost import measured
from fairprune.library.index_sets import files_digest
from fairprune.seeds import numpy_generator
from fairprune.stages.inputs import Examples, IndexSet, read_index_set
from fairprune.stages.quotas import read_scores, report_emptied
from fairprune.storage.npz import read_arrays
from fairprune.storage.tables import PRUNED, QUOTAS, read_metadata, read_table, write_table
from fairprune.study.experiment import Method


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
        ``score``, the ``quotas``, and the ``artifact`` of its score.
    """
    known = Examples.read(inputs["examples"])
    ids = known.ids
    chosen = read_index_set(inputs["training_set"], known.parts("class").labels["train"])
    labels = known.parts(_part(inputs)).labels["train"][chosen.index]
    arguments = _arguments(inputs, chosen, ids)

    n_keep = allocation.n_keep(float(density), len(chosen.index))
    with measured(cost, stage="selection", name=method.name, density=density, seed=seed):
        positions = _kept(method, labels, n_keep, seed, arguments)
    kept = IndexSet(chosen.index[positions], chosen.labels[positions])

    names = known.class_names
    before, after = (np.bincount(each.labels, minlength=len(names)) for each in (chosen, kept))
    report_emptied(f"{method.name} seed {seed}", density, names, before, after)
    write_table(
        table,
        {"index": kept.index, "label": kept.labels},
        schema=PRUNED,
        metadata={
            "entry": {**method.entry, "density": float(density)},
            "seed": seed,
            "n_examples": len(ids),
            "files": files_digest(ids),
        },
    )


def _part(inputs: Mapping[str, Path]) -> str:
    """Whether quotas are by "class" or "group", as their metadata say."""
    entry = read_metadata(inputs["quotas"]).get("entry", {}) if "quotas" in inputs else {}
    return entry.get("by", "class")


def _arguments(inputs: Mapping[str, Path], chosen: IndexSet, ids: np.ndarray) -> dict[str, Any]:
    """What the inputs hold, as arguments of :func:`fairprune.selection.keep`."""
    arguments: dict[str, Any] = {}
    if "quotas" in inputs:
        arguments["quotas"] = read_table(inputs["quotas"], QUOTAS)["quota"].to_numpy()
    if "artifact" in inputs:
        arguments["artifact"] = read_arrays(inputs["artifact"])[0]
    if "score" in inputs:
        arguments["scores"] = read_scores(inputs["score"], chosen)
        arguments["ids"] = ids[chosen.index]
    return arguments


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
    draws = {} if "scores" in arguments else {"scores": selection.seeded_priorities(n, seed)}
    return selection.keep(
        labels,
        n_keep,
        selector=method.selector,
        generator=numpy_generator("selector", method.name, seed),
        **method.selector_options,
        **arguments,
        **draws,
    )
