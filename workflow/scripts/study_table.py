"""Join one kind of table of all experiments."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.collect import concatenate
from fairprune.storage import tables

with job(snakemake):
    concatenate(
        Path(snakemake.output.table),
        [Path(path) for path in snakemake.input.tables],
        schema=getattr(tables, snakemake.wildcards.table.upper()),
    )
