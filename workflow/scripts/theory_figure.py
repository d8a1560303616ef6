"""Draw a figure of the Gaussian mixture."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.figure import FigureFiles, draw_theory

with job(snakemake):
    draw_theory(
        FigureFiles(**paths(snakemake.output)),
        figure=snakemake.wildcards.figure,
        settings=snakemake.params.settings,
    )
