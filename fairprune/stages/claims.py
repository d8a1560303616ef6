"""Stage: the claims of the paper, decided on an experiment's final models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from fairprune.reporting.claims import ABOUT, claims_table, findings, readable
from fairprune.reporting.rendering import html, markdown
from fairprune.stages.collect import Result, class_rows
from fairprune.storage.atomic import write_text
from fairprune.storage.tables import CLAIMS, write_table


def write_claims(
    outputs: Mapping[str, Path],
    *,
    final: Sequence[Path],
    training_set: Path,
    examples: Path,
    long_tail: bool,
) -> None:
    """Write the table of claims as Parquet, Markdown and HTML, and the verdicts for the report.

    Parameters
    ----------
    outputs : mapping
        Path of each format: ``parquet``, ``md``, ``html``, and ``rst``.
    final : sequence of paths
        Results of the final trainings of one experiment.
    long_tail : bool
        Whether its training set was made long-tailed.
    """
    results = [Result.of(path) for path in final]
    frame = pd.DataFrame(class_rows(results, training_set, examples))
    table = claims_table(frame, long_tail=long_tail)

    write_table(outputs["parquet"], table, schema=CLAIMS)
    write_text(outputs["md"], markdown(readable(table), ABOUT))
    write_text(outputs["html"], html(readable(table), "Claims", ABOUT))
    write_text(outputs["rst"], findings(table))
