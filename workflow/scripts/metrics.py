"""Collect the final results and the costs of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.collect import write_metrics

with job(snakemake):
    write_metrics(
        paths(snakemake.output),
        **paths(snakemake.input),
        experiment=snakemake.wildcards.experiment,
    )
