"""Write table 1: the training settings of the experiments."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.training_settings import write_training_settings

with job(snakemake):
    write_training_settings(paths(snakemake.output), experiments=snakemake.params.experiments)
