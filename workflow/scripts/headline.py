"""Write the headline tables of an experiment."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.headline import write_headlines

with job(snakemake):
    write_headlines(
        paths(snakemake.output),
        **paths(snakemake.input),
        baseline=snakemake.params.baseline,
    )
