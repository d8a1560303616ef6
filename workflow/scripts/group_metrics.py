"""Collect recalls and metrics by group of the final results of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.collect import write_group_metrics

with job(snakemake):
    write_group_metrics(paths(snakemake.output), **paths(snakemake.input))
