"""Write a pruned set as other programs read it."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.library.exporting import export

with job(snakemake):
    export(
        Path(snakemake.input.pruned),
        Path(snakemake.input.examples).parent,
        Path(snakemake.params.out),
        form=snakemake.params.form,
        root=snakemake.params.root,
    )
