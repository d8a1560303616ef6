"""Tables of each experiment and of the whole study."""

for experiment in study.experiments.values():

    rule:
        name:
            f"metrics_{experiment.name}"
        input:
            examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
            training_set=f"results/{experiment.name}/training_set.parquet",
            final=run_files(experiment, "final"),
            costs=cost_files(experiment),
        output:
            metrics=f"results/{experiment.name}/metrics.parquet",
            class_metrics=f"results/{experiment.name}/class_metrics.parquet",
            costs=f"results/{experiment.name}/costs.parquet",
        log:
            f"logs/{experiment.name}/metrics.log",
        benchmark:
            f"logs/benchmarks/{experiment.name}/metrics.tsv"
        localrule: True
        resources:
            mem_mb=500,
        params:
            experiment=experiment.name,
            source=source_hash("fairprune.stages.collect"),
        script:
            "../scripts/metrics.py"

    rule:
        name:
            f"class_counts_{experiment.name}"
        input:
            examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
            training_set=f"results/{experiment.name}/training_set.parquet",
            pruned=run_files(experiment, "pruned"),
        output:
            table=f"results/{experiment.name}/class_counts.parquet",
        log:
            f"logs/{experiment.name}/class_counts.log",
        benchmark:
            f"logs/benchmarks/{experiment.name}/class_counts.tsv"
        localrule: True
        resources:
            mem_mb=500,
        params:
            source=source_hash("fairprune.stages.collect"),
        script:
            "../scripts/class_counts.py"

    if experiment.has_groups:

        rule:
            name:
                f"group_metrics_{experiment.name}"
            input:
                final=run_files(experiment, "group_final"),
            output:
                table=f"results/{experiment.name}/group_metrics.parquet",
            log:
                f"logs/{experiment.name}/group_metrics.log",
            benchmark:
                f"logs/benchmarks/{experiment.name}/group_metrics.tsv"
            localrule: True
            resources:
                mem_mb=500,
            params:
                source=source_hash("fairprune.stages.collect"),
            script:
                "../scripts/group_metrics.py"


rule study_table:
    input:
        tables=[f"results/{name}/{{table}}.parquet" for name in study.experiments],
    output:
        table="results/{table}.parquet",
    log:
        "logs/study/{table}.log",
    benchmark:
        "logs/benchmarks/study/{table}.tsv"
    wildcard_constraints:
        table="metrics|class_metrics|costs",
    localrule: True
    resources:
        mem_mb=500,
    script:
        "../scripts/study_table.py"


rule headline:
    input:
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
        differences="results/tables/{experiment}_differences.parquet",
        classes="results/tables/{experiment}_classes.parquet",
    log:
        "logs/{experiment}/headline.log",
    benchmark:
        "logs/benchmarks/{experiment}/headline.tsv"
    wildcard_constraints:
        experiment=one_of(study.experiments),
    localrule: True
    resources:
        mem_mb=500,
    params:
        baseline=baseline,
        source=source_hash("fairprune.reporting.headline"),
    script:
        "../scripts/headline.py"


rule cost_summary:
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
        "logs/{experiment}/cost_summary.log",
    benchmark:
        "logs/benchmarks/{experiment}/cost_summary.tsv"
    wildcard_constraints:
        experiment=one_of(study.experiments),
    localrule: True
    resources:
        mem_mb=500,
    params:
        sources=cost_sources,
        source=source_hash("fairprune.stages.costs"),
    script:
        "../scripts/cost_summary.py"


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
    resources:
        mem_mb=500,
    params:
        experiments={
            name: {key: e.settings[key] for key in ("model", "dataset", "training")}
            for name, e in study.experiments.items()
        },
    script:
        "../scripts/training_settings.py"
