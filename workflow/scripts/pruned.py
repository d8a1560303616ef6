"""Choose the index sets that a method keeps, one per density and seed."""

from pathlib import Path

from fairprune.jobs.frame import job
from fairprune.stages.prune import write_pruned
from fairprune.study.experiment import Method

params, output = snakemake.params, snakemake.output
shared = {
    name: Path(snakemake.input[name])
    for name in ("examples", "training_set", "score", "artifact")
    if snakemake.input.get(name)
}
quotas = dict(zip(params.densities, snakemake.input.get("quotas", ()), strict=False))
with job(snakemake):
    for (density, seed), table, cost in zip(params.runs, output.tables, output.costs, strict=True):
        write_pruned(
            Path(table),
            Path(cost),
            method=Method(**params.entry),
            density=density,
            seed=seed,
            inputs={**shared, **({"quotas": Path(quotas[density])} if quotas else {})},
        )
