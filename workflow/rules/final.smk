"""Final models, trained on the pruned sets and tested at their last epoch."""

for experiment in study.experiments.values():
    for number, (methods, runs) in enumerate(run_groups(experiment)):
        stems = [f"{{method}}/density{density}/seed{seed}" for density, seed in runs]

        rule:
            name:
                f"final_{experiment.name}_{number}"
            input:
                examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
                arrays=canonical_arrays(experiment.settings["dataset"]),
                pruned=[f"results/{experiment.name}/pruned/{stem}.parquet" for stem in stems],
            output:
                result=update([f"results/{experiment.name}/final/{stem}.parquet" for stem in stems]),
                cost=update(
                    [f"results/{experiment.name}/costs/final/{stem}.json" for stem in stems]
                ),
                group_result=(
                    update([f"results/{experiment.name}/group_final/{s}.parquet" for s in stems])
                    if experiment.has_groups
                    else []
                ),
            log:
                f"logs/{experiment.name}/final/{stems[0]}.log",
            benchmark:
                f"logs/benchmarks/{experiment.name}/final/{stems[0]}.tsv"
            wildcard_constraints:
                method=one_of(methods),
            threads: experiment.settings["threads"]
            resources:
                **training_resources(experiment),
            params:
                experiment=experiment.name,
                runs=runs,
                model=experiment.settings["model"],
                training=method_training(experiment),
                threads=experiment.settings["threads"],
                version=TRAINING_VERSION,
            script:
                "../scripts/final.py"
