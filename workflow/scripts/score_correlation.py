"""Draw the rank correlations between the scores of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.figure import FigureFiles, draw_scores

with job(snakemake):
    draw_scores(
        FigureFiles(**{name: Path(path) for name, path in snakemake.output.items()}),
        figure="score_correlation",
        scores=[Path(path) for path in snakemake.input.scores],
    )
