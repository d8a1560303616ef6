"""Collect the final results and the costs of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.collect import Result, write_metrics

with job(snakemake):
    write_metrics(
        {name: Path(path) for name, path in snakemake.output.items()},
        experiment=snakemake.params.experiment,
        results=[Result.of(path) for path in snakemake.input.final],
        costs=[Path(path) for path in snakemake.input.costs],
        training_set=Path(snakemake.input.training_set),
        examples=Path(snakemake.input.examples),
    )
