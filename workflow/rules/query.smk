"""Query models, trained on the whole training set; scores and recalls come from them.

Nothing here knows of densities or methods: adding one trains no query.
"""

for experiment in study.experiments.values():
    for query in experiment.queries:
        for seeds in groups(experiment.query_seeds(query), experiment.settings["runs_per_job"]):
            folder = f"results/{experiment.name}/query/{query}"

            rule:
                name:
                    f"query_{experiment.name}_{query}_seed{seeds[0]}"
                input:
                    examples=f"results/data/{experiment.settings['dataset']}/examples.parquet",
                    arrays=canonical_arrays(experiment.settings["dataset"]),
                    training_set=f"results/{experiment.name}/training_set.parquet",
                output:
                    recall=update(expand("{f}/seed{s}/recall.parquet", f=folder, s=seeds)),
                    model=update(expand("{f}/seed{s}/model.pt", f=folder, s=seeds)),
                    record=update(expand("{f}/seed{s}/record.npz", f=folder, s=seeds)),
                    cost=update(
                        expand(
                            "results/{e}/costs/query/{q}/seed{s}.json",
                            e=experiment.name,
                            q=query,
                            s=seeds,
                        )
                    ),
                    group_recall=(
                        update(expand("{f}/seed{s}/group_recall.parquet", f=folder, s=seeds))
                        if experiment.has_groups
                        else []
                    ),
                log:
                    f"logs/{experiment.name}/query/{query}/seed{seeds[0]}.log",
                benchmark:
                    f"logs/benchmarks/{experiment.name}/query/{query}/seed{seeds[0]}.tsv"
                threads: experiment.settings["threads"]
                resources:
                    **training_resources(experiment),
                params:
                    experiment=experiment.name,
                    query=query,
                    seeds=seeds,
                    model=experiment.settings["model"],
                    training=experiment.query_training(query),
                    recall_epoch=experiment.queries[query]["recall_epoch"],
                    threads=experiment.settings["threads"],
                    version=TRAINING_VERSION,
                script:
                    "../scripts/query.py"
