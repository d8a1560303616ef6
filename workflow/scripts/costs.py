"""Write what the scores, quotas and methods of an experiment cost."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.costs import write_costs

with job(snakemake):
    write_costs(paths(snakemake.output), **paths(snakemake.input), sources=snakemake.params.sources)
