"""Train a model on the quotas of a round, and test it on what they leave out."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job, paths

wildcards, params = snakemake.wildcards, snakemake.params
with job(snakemake), job_device(snakemake) as device:
    from fairprune.stages.rounds import RoundFiles, train_round  # needs torch

    train_round(
        RoundFiles(**paths(snakemake.output)),
        title=wildcards.experiment,
        quota=wildcards.quota,
        density=wildcards.density,
        number=int(wildcards.round),
        seed=int(wildcards.seed),
        data_folder=Path(snakemake.input.examples).parent,
        training_set=Path(snakemake.input.training_set),
        quotas=Path(snakemake.input.quotas),
        model=params.model,
        training=params.training,
        checkpoint_interval_s=snakemake.resources.checkpoint_interval_s,
        device=device,
    )
