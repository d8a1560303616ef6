"""Choose the training set of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.training_set import write_training_set

with job(snakemake):
    write_training_set(
        Path(snakemake.output.table),
        examples=Path(snakemake.input.examples),
        settings=snakemake.params.entry,
    )
