"""Train the final models of some seeds on their pruned sets, and test them."""

from pathlib import Path

from fairprune.jobs.devices import job_device
from fairprune.jobs.frame import job

params, output = snakemake.params, snakemake.output
with job(snakemake), job_device(snakemake) as device:
    from fairprune.stages.final import FinalFiles, train_finals  # needs torch

    kinds = (snakemake.input.pruned, output.result, output.cost, output.group_result)
    files = zip(*(paths for paths in kinds if paths), strict=True)
    train_finals(
        {tuple(run): FinalFiles.of(*f) for run, f in zip(params.runs, files, strict=True)},
        title=params.experiment,
        method=snakemake.wildcards.method,
        data_folder=Path(snakemake.input.examples).parent,
        model=params.model,
        training=params.training,
        device=device,
    )
