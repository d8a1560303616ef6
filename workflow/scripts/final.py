"""Train a final model on a pruned set, and test it."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job, paths

wildcards, params = snakemake.wildcards, snakemake.params
with job(snakemake), job_device(snakemake) as device:
    from fairprune.stages.final import FinalFiles, train_final  # needs torch

    train_final(
        FinalFiles(**paths(snakemake.output)),
        title=wildcards.experiment,
        method=wildcards.method,
        density=wildcards.density,
        seed=int(wildcards.seed),
        data_folder=Path(snakemake.input.examples).parent,
        pruned=Path(snakemake.input.pruned),
        training_set=paths(snakemake.input).get("training_set"),
        model=params.model,
        training=params.training,
        checkpoint_interval_s=snakemake.resources.checkpoint_interval_s,
        curve_points=snakemake.resources.curve_points,
        device=device,
    )
