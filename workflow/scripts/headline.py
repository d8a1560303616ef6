"""Write the headline tables of an experiment."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.headline import write_headlines

with job(snakemake):
    write_headlines(
        {name: Path(path) for name, path in snakemake.output.items()},
        final=[Path(path) for path in snakemake.input.final],
        training_set=Path(snakemake.input.training_set),
        examples=Path(snakemake.input.examples),
        baseline=snakemake.params.baseline,
    )
