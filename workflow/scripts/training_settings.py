"""Write table 1: the training settings of the experiments."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.training_settings import write_training_settings

with job(snakemake):
    write_training_settings(
        {name: Path(path) for name, path in snakemake.output.items()},
        experiments=snakemake.params.experiments,
    )
