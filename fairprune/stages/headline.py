"""Stage: the tables that people read, and the demo's last words."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from fairprune.reporting.headline import (
    class_table,
    difference_table,
    headline_table,
    summary,
    write_headline,
)
from fairprune.stages.collect import Result, class_rows, class_sizes
from fairprune.stages.inputs import read_labels
from fairprune.storage.tables import read_table, write_table


def write_headlines(
    outputs: Mapping[str, Path],
    *,
    final: Sequence[Path],
    training_set: Path,
    examples: Path,
    baseline: Sequence[str],
) -> None:
    """Write an experiment's headline table, the paired differences to baselines, and the recalls.

    Parameters
    ----------
    outputs : mapping
        Path of each format (``parquet``, ``csv``, ``md``, ``tex``, ``html``), and of
        ``differences`` and ``classes``.
    baseline : sequence of str
        Methods that the others are compared with, besides their own strategy.
    """
    sizes = class_sizes(training_set, len(read_labels(examples, "train")[1]))
    frame = pd.DataFrame(class_rows([Result.of(path) for path in final], sizes))
    apart = ("differences", "classes")
    formats = {kind: path for kind, path in outputs.items() if kind not in apart}
    write_headline(headline_table(frame), formats)
    write_table(outputs["differences"], difference_table(frame, baseline))
    write_table(outputs["classes"], class_table(frame))


if __name__ == "__main__":
    print(summary(read_table(sys.argv[1]).to_pandas()))
