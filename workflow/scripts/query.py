"""Train the query models of some seeds; each leaves a model, a record and recalls."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job

params, output = snakemake.params, snakemake.output
with job(snakemake), job_device(snakemake) as device:
    from fairprune.stages.query import QueryFiles, train_queries  # needs torch

    kinds = (output.recall, output.model, output.record, output.cost, output.group_recall)
    outputs = zip(*(paths for paths in kinds if paths), strict=True)
    train_queries(
        {seed: QueryFiles.of(*files) for seed, files in zip(params.seeds, outputs, strict=True)},
        title=params.experiment,
        query=params.query,
        data_folder=Path(snakemake.input.examples).parent,
        training_set=Path(snakemake.input.training_set),
        model=params.model,
        training=params.training,
        recall_epoch=params.recall_epoch,
        device=device,
    )
