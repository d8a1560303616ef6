"""Compute the class quotas that a round trains on."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.quotas import write_quotas

with job(snakemake):
    write_quotas(
        **paths(snakemake.output),
        **paths(snakemake.input),
        quota=snakemake.wildcards.quota,
        entry=snakemake.params.entry,
        of_round=int(snakemake.wildcards.round),
        density=snakemake.wildcards.density,
    )
