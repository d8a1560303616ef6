"""Train a query model; it leaves a model, a record, validation outcomes and recalls."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job, paths

wildcards, params = snakemake.wildcards, snakemake.params
with job(snakemake), job_device(snakemake) as device:
    from fairprune.stages.query import QueryFiles, train_query  # needs torch

    train_query(
        QueryFiles(**paths(snakemake.output)),
        title=wildcards.experiment,
        query=wildcards.query,
        seed=int(wildcards.seed),
        data_folder=Path(snakemake.input.examples).parent,
        training_set=Path(snakemake.input.training_set),
        model=params.model,
        training=params.training,
        recall_epoch=params.recall_epoch,
        checkpoint_interval_s=snakemake.resources.checkpoint_interval_s,
        curve_points=snakemake.resources.curve_points,
        device=device,
    )
