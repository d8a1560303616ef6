"""Final models, trained on the pruned sets and tested at their last epoch."""

for experiment in study.experiments.values():
    for seeds in seed_groups(experiment, experiment.seeds):
        run = "{method}/density{density}/seed"

        rule:
            name:
                f"final_{experiment.name}_seed{seeds[0]}"
            input:
                examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
                pruned=[f"results/{experiment.name}/pruned/{run}{s}.parquet" for s in seeds],
            output:
                result=update([f"results/{experiment.name}/final/{run}{s}.parquet" for s in seeds]),
                cost=update([f"results/{experiment.name}/costs/final/{run}{s}.json" for s in seeds]),
            log:
                f"logs/{experiment.name}/final/{run}{seeds[0]}.log",
            benchmark:
                f"logs/benchmarks/{experiment.name}/final/{run}{seeds[0]}.tsv"
            threads: experiment.settings["threads"]
            resources:
                **training_resources(experiment),
            params:
                experiment=experiment.name,
                seeds=seeds,
                model=experiment.settings["model"],
                training=method_training(experiment),
                threads=experiment.settings["threads"],
                gpu_slots=experiment.settings["gpu_slots"],
                version=TRAINING_VERSION,
            script:
                "../scripts/final.py"
