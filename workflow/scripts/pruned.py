"""Choose the index sets that a method keeps, one per density and seed."""

from pathlib import Path

from fairprune.experiment import Method
from fairprune.jobs import job
from fairprune.stages.prune import write_pruned

params = snakemake.params
shared = {
    name: Path(snakemake.input[name])
    for name in ("examples", "training_set", "score", "artifact")
    if snakemake.input.get(name)
}
tables = iter(snakemake.output.tables)
with job(snakemake):
    for number, density in enumerate(params.densities):
        quotas = snakemake.input.get("quotas")
        write_pruned(
            {seed: Path(next(tables)) for seed in params.seeds},
            Path(snakemake.output.costs[number]),
            method=Method(**params.entry),
            density=density,
            inputs={**shared, **({"quotas": Path(quotas[number])} if quotas else {})},
        )
