"""Figures 8 and 9 and the closed loop: the Gaussian mixture of section 4; they need no images."""


def mixture_settings(wildcards):
    """The configuration of a figure; the closed loop stands in the mixtures of figure 9."""
    if wildcards.figure != "closed_loop":
        return config["theory"].get(wildcards.figure, {})
    settings = config["theory"].get("figure9", {})
    shared = ("separations", "ratio_min", "n_ratios", "priors")
    return {key: settings[key] for key in shared if key in settings}


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
    resources:
        mem_mb=500,
    params:
        settings=mixture_settings,
        source=lambda wildcards: source_hash(
            *(f"fairprune.theory.{part}" for part in ("mixture", "ssp", "simulation", "loop")),
            *(f"fairprune.figures.{part}" for part in (wildcards.figure, "_thresholds", "style")),
        ),
    script:
        "../scripts/theory_figure.py"
