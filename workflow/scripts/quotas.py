"""Compute the class quotas of one density."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.quotas import write_quotas

with job(snakemake):
    write_quotas(
        **paths(snakemake.output),
        **paths(snakemake.input),
        quota=snakemake.wildcards.quota,
        entry=snakemake.params.entry,
        density=snakemake.wildcards.density,
    )
