"""Class quotas at each density, and the index sets that methods keep."""


rule quotas:
    input:
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
        recalls=quota_recalls,
        score=quota_score,
    output:
        table="results/{experiment}/quotas/{quota}/density{density}.parquet",
    log:
        "logs/{experiment}/quotas/{quota}/density{density}.log",
    benchmark:
        "logs/benchmarks/{experiment}/quotas/{quota}/density{density}.tsv"
    params:
        entry=lambda wildcards: experiment_of(wildcards).quotas[wildcards.quota],
        source=lambda wildcards: source_hash(
            "fairprune.allocation",
            f"fairprune.quota_rules.{experiment_of(wildcards).quotas[wildcards.quota]['rule']}",
        ),
    script:
        "../scripts/quotas.py"


for experiment in study.experiments.values():

    rule:
        name:
            f"pruned_{experiment.name}"
        input:
            unpack(method_inputs(experiment)),
            examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
            training_set=f"results/{experiment.name}/training_set.parquet",
        output:
            tables=expand(
                "results/{e}/pruned/{{method}}/density{{density}}/seed{s}.parquet",
                e=experiment.name,
                s=experiment.seeds,
            ),
            cost=f"results/{experiment.name}/costs/selection/{{method}}/density{{density}}.json",
        log:
            f"logs/{experiment.name}/pruned/{{method}}/density{{density}}.log",
        benchmark:
            f"logs/benchmarks/{experiment.name}/pruned/{{method}}/density{{density}}.tsv"
        params:
            entry=method_entry(experiment),
            seeds=experiment.seeds,
            source=method_source(experiment),
        script:
            "../scripts/pruned.py"
