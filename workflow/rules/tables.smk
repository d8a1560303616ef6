"""Tables of each experiment and of the whole study."""


rule metrics:
    input:
        fingerprint,
        final=lambda wildcards: run_files(experiment_of(wildcards), "final"),
        costs=lambda wildcards: cost_files(experiment_of(wildcards)),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        metrics="results/{experiment}/metrics.parquet",
        class_metrics="results/{experiment}/class_metrics.parquet",
        costs="results/{experiment}/costs.parquet",
    log:
        "logs/{experiment}/metrics.log",
    benchmark:
        "logs/benchmarks/{experiment}/metrics.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        source=source_hash("fairprune.stages.collect"),
    script:
        "../scripts/metrics.py"


rule class_counts:
    input:
        fingerprint,
        pruned=lambda wildcards: run_files(experiment_of(wildcards), "pruned"),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/class_counts.parquet",
    log:
        "logs/{experiment}/class_counts.log",
    benchmark:
        "logs/benchmarks/{experiment}/class_counts.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        source=source_hash("fairprune.stages.collect"),
    script:
        "../scripts/class_counts.py"


rule group_metrics:
    input:
        fingerprint,
        outcomes=lambda wildcards: run_files(experiment_of(wildcards), "outcomes"),
        pruned=lambda wildcards: run_files(experiment_of(wildcards), "pruned"),
        examples=canonical,
    output:
        metrics="results/{experiment}/group_metrics.parquet",
        recalls="results/{experiment}/group_recalls.parquet",
    log:
        "logs/{experiment}/group_metrics.log",
    benchmark:
        "logs/benchmarks/{experiment}/group_metrics.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        source=source_hash("fairprune.stages.collect"),
    script:
        "../scripts/group_metrics.py"


rule study_table:
    input:
        parts=[f"results/{name}/{{table}}.parquet" for name in study.experiments],
    output:
        table="results/{table}.parquet",
    log:
        "logs/study/{table}.log",
    benchmark:
        "logs/benchmarks/study/{table}.tsv"
    wildcard_constraints:
        table="metrics|class_metrics|costs",
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        source=source_hash("fairprune.stages.collect"),
    script:
        "../scripts/study_table.py"


rule headline:
    input:
        fingerprint,
        final=lambda wildcards: run_files(experiment_of(wildcards), "final"),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        parquet="results/tables/{experiment}.parquet",
        csv="results/tables/{experiment}.csv",
        md="results/tables/{experiment}.md",
        html=report(
            "results/tables/{experiment}.html",
            caption="../report/headline.rst",
            category="Tables",
            labels={"table": "accuracies", "experiment": "{experiment}"},
        ),
        tex="results/tables/{experiment}.tex",
        txt="results/tables/{experiment}.txt",
        differences="results/tables/{experiment}_differences.parquet",
        classes="results/tables/{experiment}_classes.parquet",
        below_random="results/tables/{experiment}_below_random.parquet",
        below_random_md="results/tables/{experiment}_below_random.md",
    log:
        "logs/{experiment}/headline.log",
    benchmark:
        "logs/benchmarks/{experiment}/headline.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        baseline=baseline,
        source=source_hash("fairprune.stages.headline"),
    script:
        "../scripts/headline.py"


rule claims:
    input:
        fingerprint,
        final=lambda wildcards: run_files(experiment_of(wildcards), "final"),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        parquet="results/tables/{experiment}_claims.parquet",
        md="results/tables/{experiment}_claims.md",
        rst="results/tables/{experiment}_claims.rst",
        html=report(
            "results/tables/{experiment}_claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims of the paper", "experiment": "{experiment}"},
        ),
    log:
        "logs/{experiment}/claims.log",
    benchmark:
        "logs/benchmarks/{experiment}/claims.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        long_tail=lambda w: experiment_of(w).settings["imbalance_factor"] is not None,
        source=source_hash("fairprune.stages.claims"),
    script:
        "../scripts/claims.py"


rule costs:
    input:
        costs="results/{experiment}/costs.parquet",
    output:
        parquet="results/tables/{experiment}_costs.parquet",
        md="results/tables/{experiment}_costs.md",
        html=report(
            "results/tables/{experiment}_costs.html",
            caption="../report/costs.rst",
            category="Tables",
            labels={"table": "costs", "experiment": "{experiment}"},
        ),
    log:
        "logs/{experiment}/costs.log",
    benchmark:
        "logs/benchmarks/{experiment}/costs.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        sources=cost_sources,
        source=source_hash("fairprune.stages.costs"),
    script:
        "../scripts/costs.py"


rule training_settings:
    output:
        parquet="results/tables/table1.parquet",
        csv="results/tables/table1.csv",
        md="results/tables/table1.md",
        html=report(
            "results/tables/table1.html",
            caption="../report/training_settings.rst",
            category="Tables",
            labels={"table": "training settings", "experiment": "all"},
        ),
        tex="results/tables/table1.tex",
    log:
        "logs/study/training_settings.log",
    benchmark:
        "logs/benchmarks/study/training_settings.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        experiments={
            name: {key: e.settings[key] for key in ("model", "dataset")} | {"training": e.training}
            for name, e in study.experiments.items()
        },
        source=source_hash("fairprune.stages.training_settings"),
    script:
        "../scripts/training_settings.py"
