"""Choose the training set of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.training_set import write_training_set

with job(snakemake):
    write_training_set(
        **paths(snakemake.output),
        **paths(snakemake.input),
        settings=snakemake.params.entry,
    )
