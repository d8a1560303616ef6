"""The figures of an experiment, numbered and named, and the correlation of its scores."""


rule figure:
    input:
        fingerprint,
        examples=canonical,
        final=figure_finals,
        pruned=figure_files("pruned"),
        epochs=figure_files("epochs"),
        training_sets=figure_training_sets,
    output:
        pdf=report(
            "results/figures/{experiment}/{figure}.pdf",
            category="Figures",
            subcategory="{experiment}",
            labels=lambda w: {"figure": figure_title(w), "format": "PDF"},
        ),
        png=report(
            "results/figures/{experiment}/{figure}.png",
            caption="../report/figures.rst",
            category="Figures",
            subcategory="{experiment}",
            labels=lambda w: {"figure": figure_title(w), "format": "PNG"},
        ),
        table="results/figures/{experiment}/{figure}.parquet",
    log:
        "logs/{experiment}/figures/{figure}.log",
    benchmark:
        "logs/benchmarks/{experiment}/figures/{figure}.tsv"
    wildcard_constraints:
        figure="figure[1-7]|"
        + one_of({n for e in study.experiments.values() for n in e.named_figures()}),
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=1000,
    params:
        imbalance_factors=imbalance_factors,
        options=figure_options,
        chosen=chosen_methods,
        title=figure_title,
        caption=lambda w: registry.constant("figures", w.figure, "CAPTION", ""),
        source=figure_source,
    script:
        "../scripts/figure.py"


rule score_correlation:
    input:
        scores=all_mean_scores,
    output:
        pdf="results/figures/{experiment}/score_correlation.pdf",
        png=report(
            "results/figures/{experiment}/score_correlation.png",
            caption="../report/score_correlation.rst",
            category="Scores",
            subcategory="{experiment}",
            labels={"figure": "rank correlations"},
        ),
        table="results/figures/{experiment}/score_correlation.parquet",
    log:
        "logs/{experiment}/figures/score_correlation.log",
    benchmark:
        "logs/benchmarks/{experiment}/figures/score_correlation.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=1000,
    params:
        source=figure_source,
    script:
        "../scripts/score_correlation.py"


# Where a target asks for one: no study makes it.
rule comparison:
    input:
        final=compared_finals,
    output:
        pdf="results/figures/{compared}/comparison.pdf",
        png=report(
            "results/figures/{compared}/comparison.png",
            caption="../report/comparison.rst",
            category="Figures",
            subcategory="{compared}",
            labels=lambda w: {"figure": "Experiments side by side", "format": "PNG"},
        ),
        table="results/figures/{compared}/comparison.parquet",
    log:
        "logs/figures/{compared}/comparison.log",
    benchmark:
        "logs/benchmarks/figures/{compared}/comparison.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=1000,
    params:
        chosen=lambda w: any(e.settings["figure_methods"] for e in compared_experiments(w.compared)),
        bands=lambda w: compared_experiments(w.compared)[0].settings["figure_bands"],
        source=source_hash("fairprune.figures.comparison"),
    script:
        "../scripts/comparison.py"
