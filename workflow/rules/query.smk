"""Query models, trained on the whole training set; scores and recalls come from them.

Nothing here knows of densities or methods: adding one trains no query.
"""


rule query:
    input:
        fingerprint,
        examples=canonical,
        arrays=arrays_of,
        training_set="results/{experiment}/training_set.parquet",
    output:
        recall="results/{experiment}/query/{query}/seed{seed}/recall.parquet",
        model="results/{experiment}/query/{query}/seed{seed}/model.pt",
        record="results/{experiment}/query/{query}/seed{seed}/record.npz",
        outcomes="results/{experiment}/query/{query}/seed{seed}/outcomes.parquet",
        epochs="results/{experiment}/query/{query}/seed{seed}/epochs.parquet",
        cost="results/{experiment}/costs/query/{query}/seed{seed}.json",
    log:
        "logs/{experiment}/query/{query}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/query/{query}/seed{seed}.tsv"
    conda:
        "../envs/fairprune.yaml"
    threads: setting("threads")
    resources:
        **training_resources("query"),
        curve_points=setting("curve_points"),
    params:
        model=setting("model"),
        training=query_training,
        recall_epoch=lambda w: experiment_of(w).queries[w.query]["recall_epoch"],
        threads=setting("threads"),
        version=version_of(query_training),
    script:
        "../scripts/query.py"
