"""Bring a data source into canonical form: uint8 arrays and the table of examples."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.data import write_data

with job(snakemake):
    write_data(
        Path(snakemake.output.examples).parent,
        entry=snakemake.params.entry,
        listed=snakemake.params.listing,
    )
