"""Train a final model on a pruned set, and test it."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job, paths

OPTIONAL = ("training_set", "teacher", "teacher_recall")  # inputs that some methods have

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
        **{name: path for name, path in paths(snakemake.input).items() if name in OPTIONAL},
        model=params.model,
        training=params.training,
        checkpoint_interval_s=snakemake.resources.checkpoint_interval_s,
        curve_points=snakemake.resources.curve_points,
        device=device,
    )
