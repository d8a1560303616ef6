"""Stage: table 1, how the models of each experiment are trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune.reporting.rendering import html, markdown
from fairprune.reporting.settings import training_table
from fairprune.storage.atomic import write_text
from fairprune.storage.tables import write_table


def write_training_settings(
    outputs: Mapping[str, Path], *, experiments: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write table 1 as Parquet, CSV, Markdown, LaTeX and HTML."""
    table = training_table(experiments)
    parts = {"Training settings": table.astype(str)}
    write_table(outputs["parquet"], table)
    write_text(outputs["csv"], table.to_csv(index=False, lineterminator="\n"))
    write_text(outputs["md"], markdown(parts))
    write_text(outputs["html"], html(parts, "Training settings"))
    write_text(outputs["tex"], table.to_latex(index=False, escape=True))
