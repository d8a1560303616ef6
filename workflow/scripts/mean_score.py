"""Average a score over the seeds of its query."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.score import write_mean_score

with job(snakemake):
    write_mean_score(
        Path(snakemake.output.table),
        [Path(path) for path in snakemake.input.tables],
        score=snakemake.wildcards.score,
    )
