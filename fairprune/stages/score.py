"""Stage: the score of one query seed, its average over seeds, and what selectors need besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune import registry
from fairprune.jobs.cost import measured
from fairprune.stages.inputs import (
    Data,
    IndexSet,
    as_scores,
    check_beside,
    load_model,
    read_index_set,
    read_labels,
)
from fairprune.storage.npz import write_arrays
from fairprune.storage.tables import (
    MEAN_SCORE,
    OUTCOMES,
    SCORE,
    read_metadata,
    read_table,
    write_table,
)
from fairprune.training.query import Query


@dataclass(frozen=True)
class QuerySource:
    """The files of one query training, and the configuration of its model."""

    query: str
    seed: int
    data_folder: Path
    training_set: Path
    recall: Path
    record: Path
    outcomes: Path | None = None
    model: Path | None = None
    model_entry: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, files: Mapping[str, Any], model: Mapping[str, Any] | None) -> QuerySource:
        """From the inputs of a score's job: ``.../query/{query}/seed{seed}/record.npz``."""
        record = files["record"]
        return cls(
            query=record.parent.parent.name,
            seed=int(record.parent.name.removeprefix("seed")),
            data_folder=files["examples"].parent,
            training_set=files["training_set"],
            recall=files["recall"],
            record=record,
            outcomes=files.get("outcomes"),
            model=files.get("model"),
            model_entry=model,
        )

    def examples(self, classes: np.ndarray) -> IndexSet:
        """The training set; of a query with folds the part that the model has not seen."""
        chosen = read_index_set(self.training_set, classes)
        if self.outcomes is None:
            return chosen
        unseen = read_table(self.outcomes, OUTCOMES)["index"].to_numpy()
        if not np.isin(unseen, chosen.index).all():
            raise ValueError(f"{self.outcomes} lists examples that are not in {self.training_set}")
        return IndexSet(unseen, chosen.labels[np.searchsorted(chosen.index, unseen)])


def write_score(
    table: Path,
    cost: Path,
    source: QuerySource,
    *,
    score: str,
    entry: Mapping[str, Any],
    device: Any = "cpu",
) -> None:
    """Compute a score on one query training and write ``index``, ``label``, ``score``.

    Of a query with folds the table has the examples that the model has not seen, and no others.

    Raises
    ------
    ValueError
        If the score is not one finite number per example.
    """
    module = registry.load("scores", entry["definition"])
    query, chosen = open_query(source, module, device)
    with measured(cost, stage="score", name=score, seed=source.seed, device=str(device)):
        values = module.score(query, **entry["options"])
    part = {} if source.outcomes is None else {"part": "fold"}
    write_table(
        table,
        {"index": chosen.index, "label": chosen.labels, "score": as_scores(score, values, chosen)},
        schema=SCORE,
        metadata={"entry": dict(entry), "seed": source.seed, **part},
    )


def write_artifact(
    arrays: Path, source: QuerySource, *, entry: Mapping[str, Any], device: Any = "cpu"
) -> None:
    """Write the arrays that a selector needs besides scores (the module's ``artifact``)."""
    module = registry.load("scores", entry["definition"])
    query, _ = open_query(source, module, device)
    artifact = module.artifact(query, **entry["options"])
    write_arrays(arrays, artifact, {"entry": dict(entry), "seed": source.seed})


def open_query(source: QuerySource, module: ModuleType, device: Any) -> tuple[Query, IndexSet]:
    """The query as its score needs it, model and images only where ``NEEDS`` says so; its examples.

    Raises
    ------
    ValueError
        If a file is damaged, or of another training or data set.
    """
    check_beside(source.recall, record=source.record)
    names = ("score", source.query, source.seed)
    classes, class_names = read_labels(source.data_folder / "examples.parquet", "train")
    chosen = source.examples(classes)
    loaders: dict[str, Callable[[], Any]] = {}
    if getattr(module, "NEEDS", "model") == "model":
        data = Data.open(source.data_folder, device)
        loaders["load_model"] = lambda: _load_model(source, data)
        loaders["load_images"] = lambda: data.images("train", chosen.index)
    return Query(chosen.labels, len(class_names), names, source.record, **loaders), chosen


def _load_model(source: QuerySource, data: Data) -> Any:
    assert source.model is not None and source.model_entry is not None
    check_beside(source.recall, model=source.model)
    return load_model(data, source.model, source.model_entry)


def write_mean_score(
    table: Path, seeds: Sequence[Path], *, score: str, entry: Mapping[str, Any]
) -> None:
    """Average a score over query seeds; ``score_std`` has divisor S and is 0 for one seed.

    The scores of a query with folds are put together: each example has that of one fold.

    Raises
    ------
    ValueError
        If the seeds' tables do not list the same examples, or those of folds one twice.
    """
    tables = [read_table(path, SCORE) for path in seeds]
    if read_metadata(seeds[0]).get("part") == "fold":
        tables = [_put_together(tables, seeds)]
    first = tables[0]
    for path, other in zip(seeds, tables, strict=False):
        if not other.select(["index", "label"]).equals(first.select(["index", "label"])):
            raise ValueError(f"{path} lists other examples than {seeds[0]}")
    scores = np.stack([other["score"].to_numpy() for other in tables]).astype(np.float64)
    write_table(
        table,
        {
            "index": first["index"],
            "label": first["label"],
            "score": scores.mean(0).astype(np.float32),
            "score_std": scores.std(0).astype(np.float32),
            "n_seeds": np.full(len(first), len(tables)),
        },
        schema=MEAN_SCORE,
        metadata={"entry": {"score": score, **entry}},
    )


def _put_together(folds: Sequence[pa.Table], paths: Sequence[Path]) -> pa.Table:
    """The scores of all folds, by index."""
    whole = pa.concat_tables(folds).sort_by("index")
    index = whole["index"].to_numpy()
    if (np.diff(index) == 0).any():
        raise ValueError(f"the folds {', '.join(map(str, paths))} list examples twice")
    return whole
