"""Draw a figure of an experiment's results."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.figure import FigureFiles, draw_results

given = snakemake.input
with job(snakemake):
    draw_results(
        FigureFiles(**{name: Path(path) for name, path in snakemake.output.items()}),
        figure=snakemake.wildcards.figure,
        final=[Path(path) for path in given.final],
        pruned=[Path(path) for path in given.pruned],
        training_sets=[Path(path) for path in given.training_sets],
        examples=Path(given.examples),
        imbalance_factors=snakemake.params.imbalance_factors,
        options=snakemake.params.options,
    )
