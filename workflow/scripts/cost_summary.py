"""Write what the scores, quotas and methods of an experiment cost."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.costs import write_costs

with job(snakemake):
    write_costs(
        {name: Path(path) for name, path in snakemake.output.items()},
        costs=Path(snakemake.input.costs),
        sources=snakemake.params.sources,
    )
