"""Stage: the tables that people read, and the demo's last words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from fairprune.reporting import rendering
from fairprune.reporting.below_random import below_random_table, readable
from fairprune.reporting.headline import class_table, difference_table, headline_table
from fairprune.reporting.headline_text import summary, write_headline
from fairprune.stages.collect import Result, class_rows
from fairprune.storage.atomic import write_text
from fairprune.storage.tables import write_table


def write_headlines(
    outputs: Mapping[str, Path],
    *,
    final: Sequence[Path],
    training_set: Path,
    examples: Path,
    baseline: Sequence[str],
) -> None:
    """Write an experiment's headline table, the differences to baselines, and the recalls.

    Parameters
    ----------
    outputs : mapping
        Path of each format (``parquet``, ``csv``, ``md``, ``tex``, ``html``), and of
        ``differences``, ``classes``, ``below_random``, ``below_random_md`` and the summary ``txt``.
    baseline : sequence of str
        Methods that the others are compared with, besides their own strategy.
    """
    results = [Result.of(path) for path in final]
    frame = pd.DataFrame(class_rows(results, training_set, examples))
    table, differences = headline_table(frame), difference_table(frame, baseline)
    write_headline(table, outputs)
    write_text(outputs["txt"], f"{summary(table, differences)}\n")
    below = below_random_table(differences)
    write_table(outputs["differences"], differences)
    write_table(outputs["below_random"], below)
    write_text(outputs["below_random_md"], rendering.markdown(readable(below)))
    write_table(outputs["classes"], class_table(frame))
