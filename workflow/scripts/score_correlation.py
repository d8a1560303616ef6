"""Draw the rank correlations between the scores of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.figure import FigureFiles, draw_score_correlation

with job(snakemake):
    draw_score_correlation(FigureFiles(**paths(snakemake.output)), **paths(snakemake.input))
