"""Decide the claims of the paper on the final models of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.claims import write_claims

with job(snakemake):
    write_claims(
        paths(snakemake.output), **paths(snakemake.input), long_tail=snakemake.params.long_tail
    )
