"""Average a score over the seeds of its query."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.score import write_mean_score

with job(snakemake):
    write_mean_score(
        **paths(snakemake.output),
        **paths(snakemake.input),
        score=snakemake.wildcards.score,
        entry=snakemake.params.entry,
    )
