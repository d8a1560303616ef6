"""Compute the class quotas that a round trains on."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.quotas import write_round_quotas

with job(snakemake):
    write_round_quotas(
        **paths(snakemake.output),
        **paths(snakemake.input),
        quota=snakemake.wildcards.quota,
        entry=snakemake.params.entry,
        density=snakemake.wildcards.density,
    )
