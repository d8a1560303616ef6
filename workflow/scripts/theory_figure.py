"""Draw a figure of the Gaussian mixture."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.figure import FigureFiles, draw_theory

with job(snakemake):
    draw_theory(
        FigureFiles(**{name: Path(path) for name, path in snakemake.output.items()}),
        figure=snakemake.wildcards.figure,
        settings=snakemake.params.settings,
    )
