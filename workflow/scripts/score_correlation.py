"""Draw the rank correlations between the scores of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.figure import FigureFiles, draw_scores

with job(snakemake):
    draw_scores(
        FigureFiles(**paths(snakemake.output)),
        **paths(snakemake.input),
        figure="score_correlation",
    )
