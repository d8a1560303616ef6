"""Collect the class sizes of all pruned sets of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.collect import write_class_counts

with job(snakemake):
    write_class_counts(**paths(snakemake.output), **paths(snakemake.input))
