"""The command ``fairprune``: thin fronts of calls of Snakemake, which they print."""
