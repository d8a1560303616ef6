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
from fairprune.stages.inputs import Examples, read_index_set
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
        ``score``, the ``quotas``, and the ``artifact`` of its score. Quotas say in their
        metadata whether they are by class or by group.
    """
    known = Examples.read(inputs["examples"])
    ids = known.ids
    classes = known.parts("class").labels["train"]
    chosen = read_index_set(inputs["training_set"], classes)
    counts = selection.class_counts(chosen.labels, len(known.class_names))
    part = "class"
    arguments: dict[str, Any] = {"selector": method.selector, **method.selector_options}
    if "quotas" in inputs:
        arguments["quotas"] = read_table(inputs["quotas"], QUOTAS)["quota"].to_numpy()
        part = read_metadata(inputs["quotas"]).get("entry", {}).get("by", part)
    if "artifact" in inputs:
        arguments["artifact"] = read_arrays(inputs["artifact"])[0]
    if "score" in inputs:
        arguments["scores"] = read_scores(inputs["score"], chosen)
        arguments["ids"] = ids[chosen.index]
    labels = known.parts(part).labels["train"][chosen.index]
    n_keep = allocation.n_keep(float(density), len(chosen.index))
    with measured(cost, stage="selection", name=method.name, density=density, seed=seed):
        positions = _kept(method, labels, n_keep, seed, arguments)
    left = np.bincount(chosen.labels[positions], minlength=len(counts))
    report_emptied(f"{method.name} seed {seed}", density, known.class_names, counts, left)
    write_table(
        table,
        {"index": chosen.index[positions], "label": chosen.labels[positions]},
        schema=PRUNED,
        metadata={
            "entry": {**method.entry, "density": float(density)},
            "seed": seed,
            "n_examples": len(ids),
            "files": files_digest(ids),
        },
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
