"""Choose the index set that a method keeps at a density with a seed."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.prune import write_pruned
from fairprune.study.experiment import Method

wildcards = snakemake.wildcards
with job(snakemake):
    write_pruned(
        **paths(snakemake.output),
        method=Method(**snakemake.params.entry),
        density=wildcards.density,
        seed=int(wildcards.seed),
        inputs=paths(snakemake.input),
    )
