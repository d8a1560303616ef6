"""Compute one score on one query training."""

from pathlib import Path

from fairprune.jobs.devices import score_device
from fairprune.jobs.frame import job
from fairprune.stages.score import QuerySource, write_score

with job(snakemake), score_device(snakemake) as device:
    write_score(
        Path(snakemake.output.table),
        Path(snakemake.output.cost),
        QuerySource.of(snakemake),
        score=snakemake.wildcards.score,
        entry=snakemake.params.entry,
        device=device,
    )
