"""Join one kind of table of all experiments."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.collect import concatenate
from fairprune.storage import tables

with job(snakemake):
    concatenate(
        **paths(snakemake.output),
        **paths(snakemake.input),
        schema=getattr(tables, snakemake.wildcards.table.upper()),
    )
