"""Collect the final results by group of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.collect import Result, write_group_metrics

with job(snakemake):
    write_group_metrics(
        Path(snakemake.output.table),
        results=[Result.of(path) for path in snakemake.input.final],
    )
