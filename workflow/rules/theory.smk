"""Figures 8 and 9 and the closed loop: the Gaussian mixture of section 4; they need no images."""


rule theory_figure:
    output:
        pdf="results/figures/theory/{figure}.pdf",
        png=report(
            "results/figures/theory/{figure}.png",
            caption="../report/theory.rst",
            category="Figures",
            subcategory="theory",
            labels=lambda w: {"figure": figure_title(w)},
        ),
        table="results/figures/theory/{figure}.parquet",
    log:
        "logs/theory/{figure}.log",
    benchmark:
        "logs/benchmarks/theory/{figure}.tsv"
    wildcard_constraints:
        figure="figure[89]|closed_loop",
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        settings=mixture_settings,
        source=figure_source,
    script:
        "../scripts/theory_figure.py"
