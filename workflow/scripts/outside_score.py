"""Take a score from a file, or compute one on the embeddings in a file."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.outside import write_outside_score

with job(snakemake):
    write_outside_score(
        **paths(snakemake.output),
        **paths(snakemake.input),
        score=snakemake.wildcards.score,
        entry=snakemake.params.entry,
    )
