"""Stage: figures, each with the table it plots beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from fairprune import registry
from fairprune.figures import style
from fairprune.stages.collect import Result, class_rows, count_rows
from fairprune.storage.tables import EPOCHS, FINAL, MEAN_SCORE, read_table, write_table


@dataclass(frozen=True)
class FigureFiles:
    """The vector figure, the bitmap, and the plotted table."""

    pdf: Path
    png: Path
    table: Path


def draw_results(
    out: FigureFiles,
    *,
    figure: str,
    final: Sequence[Path],
    pruned: Sequence[Path],
    epochs: Sequence[Path],
    training_sets: Sequence[Path],
    examples: Path,
    imbalance_factors: Mapping[str, float],
    options: Mapping[str, Any],
) -> None:
    """Draw a figure of final results and pruned sets.

    Parameters
    ----------
    figure : str
        Module of :mod:`fairprune.figures`.
    final, pruned, epochs : sequences of paths
        Files of the runs shown, of one or more experiments.
    training_sets : sequence of paths
        ``{experiment}/training_set.parquet`` of these experiments.
    imbalance_factors : mapping of experiment -> float
    options : mapping
        What the module's ``OPTIONS`` names, for its ``plotted_table``.
    """
    module = registry.load("figures", figure)
    sets = {path.parent.name: path for path in training_sets}
    frames: dict[str, Any] = {"final": None, "pruned": None, "epochs": None}
    if final:
        frames["final"] = _frame(class_rows, final, sets, examples)
        frames["final"]["imbalance_factor"] = frames["final"]["experiment"].map(imbalance_factors)
    if pruned:
        frames["pruned"] = _frame(count_rows, pruned, sets, examples)
    if epochs:
        results = [Result.of(path) for path in epochs]
        curves = [read_table(each.path, EPOCHS).to_pandas().assign(**each.run) for each in results]
        frames["epochs"] = pd.concat(curves, ignore_index=True)
    needed = registry.declared(module.plotted_table, frames)
    _write(out, module, module.plotted_table(**needed, **options))


def draw_comparison(out: FigureFiles, *, final: Sequence[Path], bands: str) -> None:
    """Draw experiments side by side, in the order in which their files come."""
    module = registry.load("figures", "comparison")
    results = [Result.of(path) for path in final]
    rows = [each.run | row for each in results for row in read_table(each.path, FINAL).to_pylist()]
    _write(out, module, module.plotted_table(final=pd.DataFrame(rows), bands=bands))


def draw_score_correlation(out: FigureFiles, *, scores: Sequence[Path]) -> None:
    """Draw the rank correlations of averaged scores, ``.../scores/{name}/mean.parquet``."""
    module = registry.load("figures", "score_correlation")
    frames = [
        read_table(path, MEAN_SCORE).to_pandas().assign(name=path.parent.name) for path in scores
    ]
    _write(out, module, module.plotted_table(scores=pd.concat(frames, ignore_index=True)))


def draw_theory(out: FigureFiles, *, figure: str, settings: Mapping[str, Any]) -> None:
    """Draw a figure of the Gaussian mixture from its settings alone."""
    module = registry.load("figures", figure)
    _write(out, module, module.plotted_table(**settings))


def _write(out: FigureFiles, module: ModuleType, table: pd.DataFrame) -> None:
    drawn = module.draw(table)
    style.save(drawn, out.pdf, out.png)
    write_table(out.table, table)


def _frame(
    rows_of: Callable[[Sequence[Result], Path, Path], list[dict[str, Any]]],
    paths: Sequence[Path],
    training_sets: Mapping[str, Path],
    examples: Path,
) -> pd.DataFrame:
    """Rows of the runs of each experiment, which have its training set in common."""
    grouped: dict[str, list[Result]] = {}
    for path in paths:
        result = Result.of(path)
        grouped.setdefault(result.experiment, []).append(result)
    tables = (rows_of(runs, training_sets[name], examples) for name, runs in grouped.items())
    return pd.DataFrame([row for rows in tables for row in rows])
