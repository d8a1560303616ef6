"""Collect the class sizes of all pruned sets of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.collect import Result, write_class_counts

with job(snakemake):
    write_class_counts(
        Path(snakemake.output.table),
        results=[Result.of(path) for path in snakemake.input.pruned],
        training_set=Path(snakemake.input.training_set),
        examples=Path(snakemake.input.examples),
    )
