"""Join one kind of table of all experiments."""

from pathlib import Path

from fairprune import tables
from fairprune.jobs import job
from fairprune.stages.collect import concatenate

with job(snakemake):
    concatenate(
        Path(snakemake.output.table),
        [Path(path) for path in snakemake.input.tables],
        schema=getattr(tables, snakemake.wildcards.table.upper()),
    )
