"""Draw a figure of an experiment's results."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.figure import FigureFiles, draw_results

with job(snakemake):
    draw_results(
        FigureFiles(**paths(snakemake.output)),
        **paths(snakemake.input),
        figure=snakemake.wildcards.figure,
        imbalance_factors=snakemake.params.imbalance_factors,
        options=snakemake.params.options,
    )
