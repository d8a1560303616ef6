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
    localrule: True
    resources:
        mem_mb=500,
    params:
        entry=lambda wildcards: experiment_of(wildcards).quotas[wildcards.quota],
        source=lambda wildcards: source_hash(
            "fairprune.allocation",
            f"fairprune.quota_rules.{experiment_of(wildcards).quotas[wildcards.quota]['rule']}",
        ),
    script:
        "../scripts/quotas.py"


for experiment in study.experiments.values():
    for number, (methods, runs) in enumerate(run_groups(experiment)):
        stems = [f"{{method}}/density{density}/seed{seed}" for density, seed in runs]
        densities = list(dict.fromkeys(density for density, _ in runs))

        rule:
            name:
                f"pruned_{experiment.name}_{number}"
            input:
                unpack(method_inputs(experiment, densities)),
                examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
                training_set=f"results/{experiment.name}/training_set.parquet",
            output:
                tables=[f"results/{experiment.name}/pruned/{stem}.parquet" for stem in stems],
                costs=[f"results/{experiment.name}/costs/selection/{stem}.json" for stem in stems],
            log:
                f"logs/{experiment.name}/pruned/{stems[0]}.log",
            benchmark:
                f"logs/benchmarks/{experiment.name}/pruned/{stems[0]}.tsv"
            wildcard_constraints:
                method=one_of(methods),
            localrule: True
            resources:
                mem_mb=method_memory(experiment),
            params:
                entry=method_entry(experiment),
                runs=runs,
                densities=densities,
                source=method_source(experiment),
            script:
                "../scripts/pruned.py"
