"""Compute one score on one query training."""

from fairprune.jobs.devices import score_device
from fairprune.jobs.frame import job, paths
from fairprune.stages.score import QuerySource, write_score

with job(snakemake), score_device(snakemake) as device:
    write_score(
        **paths(snakemake.output),
        source=QuerySource.of(paths(snakemake.input), snakemake.params.model),
        score=snakemake.wildcards.score,
        entry=snakemake.params.entry,
        device=device,
    )
