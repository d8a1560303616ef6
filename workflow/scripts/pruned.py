"""Choose the index sets that a method keeps at one density, one per seed."""

from pathlib import Path

from fairprune.experiment import Method
from fairprune.jobs import job
from fairprune.stages.prune import write_pruned

seeds, tables = snakemake.params.seeds, map(Path, snakemake.output.tables)
with job(snakemake.rule, snakemake.log[0]):
    write_pruned(
        dict(zip(seeds, tables, strict=True)),
        Path(snakemake.output.cost),
        method=Method(**snakemake.params.entry),
        density=snakemake.wildcards.density,
        inputs={name: Path(path) for name, path in snakemake.input.items()},
    )
