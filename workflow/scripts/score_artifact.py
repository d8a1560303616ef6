"""Compute the arrays that a selector needs besides scores."""

from pathlib import Path

from fairprune.jobs.devices import score_device
from fairprune.jobs.frame import job
from fairprune.stages.score import QuerySource, write_artifact

with job(snakemake), score_device(snakemake) as device:
    write_artifact(
        Path(snakemake.output.arrays),
        QuerySource.of(snakemake),
        entry=snakemake.params.entry,
        device=device,
    )
