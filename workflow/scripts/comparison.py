"""Draw experiments side by side."""

from fairprune.jobs.frame import job, paths
from fairprune.stages.figure import FigureFiles, draw_comparison

with job(snakemake):
    draw_comparison(
        FigureFiles(**paths(snakemake.output)),
        **paths(snakemake.input),
        bands=snakemake.params.bands,
    )
