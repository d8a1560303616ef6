"""What each training is made of: the keys of query and final runs, and results that lost them.

Snakemake believes its own notes: when a job that was to replace results fails, it puts the old
ones back and notes them as made with the new settings. So the key in each result decides. One
that exists with another key than the study asks for is unfinished, whatever the notes say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fairprune.storage.atomic import file_hash
from fairprune.storage.tables import read_metadata
from fairprune.study.experiment import Experiment
from fairprune.study.study import Study
from fairprune.version import TRAINING_VERSION

Entry = Mapping[str, Any]


def run_key(settings: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Key of a run: its settings (JSON-serialisable) and the hashes of its input files."""
    text = json.dumps({"settings": settings, "inputs": dict(inputs)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def is_finished(table: Path | str, key: str, beside: Mapping[str, Path | str] = {}) -> bool:
    """Whether ``table`` stands for a complete run of this key.

    The table is written last and holds the hashes of the files written ``beside`` it, so that
    a damaged or missing one counts as unfinished.
    """
    try:
        metadata = read_metadata(table)
        hashes = metadata["files"] if beside else {}
        return metadata["key"] == key and all(
            hashes[name] == file_hash(path) for name, path in beside.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def query_entry(model: Entry, training: Entry, recall_epoch: str) -> dict[str, Any]:
    """What a query's artifacts say of their settings."""
    return {"model": dict(model), "training": dict(training), "recall_epoch": recall_epoch}


def query_key(entry: Entry, query: str, seed: int, examples: str, training_set: str) -> str:
    """Key of a query training on files of these hashes."""
    settings = {**entry, "query": query, "seed": seed, "v": TRAINING_VERSION}
    return run_key(settings, {"examples": examples, "training_set": training_set})


def final_entry(model: Entry, training: Entry, density: str) -> dict[str, Any]:
    """What a final training's results say of their settings."""
    return {"model": dict(model), "training": dict(training), "density": float(density)}


def final_key(entry: Entry, seed: int, examples: str, pruned: str) -> str:
    """Key of a final training on files of these hashes."""
    settings = {**entry, "seed": seed, "v": TRAINING_VERSION}
    return run_key(settings, {"examples": examples, "pruned": pruned})


def judged_results(study: Study, results: Path = Path("results")) -> Iterator[tuple[Path, bool]]:
    """Recalls and final results that exist, and whether they are what the study asks for."""
    for experiment in study.experiments.values():
        for path, key in _keys(experiment, results):
            stored = _stored_key(path)
            if stored is not None:
                yield path, stored == key


def _keys(experiment: Experiment, results: Path) -> Iterator[tuple[Path, str]]:
    """Existing results of an experiment, and the keys they should have."""
    folder, model = results / experiment.name, experiment.settings["model"]
    examples = results / "data" / experiment.settings["dataset"] / "examples.parquet"
    chosen = folder / "training_set.parquet"
    if not (examples.exists() and chosen.exists()):
        return
    examples_hash, chosen_hash = file_hash(examples), file_hash(chosen)
    for query, about in experiment.queries.items():
        entry = query_entry(model, experiment.query_training(query), about["recall_epoch"])
        for seed in experiment.query_seeds(query):
            result = folder / f"query/{query}/seed{seed}/recall.parquet"
            if result.exists():
                yield result, query_key(entry, query, seed, examples_hash, chosen_hash)
    for method, density, seed in experiment.runs():
        entry = final_entry(model, experiment.final_training(method), density)
        run = f"{method}/density{density}/seed{seed}.parquet"
        result, pruned = folder / "final" / run, folder / "pruned" / run
        if result.exists() and pruned.exists():
            yield result, final_key(entry, seed, examples_hash, file_hash(pruned))


def _stored_key(path: Path) -> str | None:
    """The key of a result; None for one without, and none's key for a damaged one."""
    try:
        return read_metadata(path).get("key")
    except (OSError, ValueError):
        return ""
