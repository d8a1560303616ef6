"""Compute the class quotas of one density."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.prune import write_quotas

score = snakemake.input.get("score")
with job(snakemake):
    write_quotas(
        Path(snakemake.output.table),
        quota=snakemake.wildcards.quota,
        entry=snakemake.params.entry,
        density=snakemake.wildcards.density,
        training_set=Path(snakemake.input.training_set),
        examples=Path(snakemake.input.examples),
        recalls=[Path(path) for path in snakemake.input.recalls],
        score=Path(score) if score else None,
    )
