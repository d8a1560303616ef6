"""Compute the arrays that a selector needs besides scores."""

from fairprune.jobs.devices import score_device
from fairprune.jobs.frame import job, paths
from fairprune.stages.score import QuerySource, write_artifact

with job(snakemake), score_device(snakemake) as device:
    write_artifact(
        **paths(snakemake.output),
        source=QuerySource.of(paths(snakemake.input), snakemake.params.model),
        entry=snakemake.params.entry,
        device=device,
    )
