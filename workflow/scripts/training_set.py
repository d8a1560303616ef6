"""Choose the training set of an experiment."""

from pathlib import Path

from fairprune.jobs import job
from fairprune.stages.training_set import write_training_set

with job("training_set", snakemake.log[0]):
    write_training_set(
        Path(snakemake.output.table),
        examples=Path(snakemake.input.examples),
        settings=snakemake.params.entry,
    )
