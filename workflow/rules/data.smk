"""Images of any source in canonical form, and the training set of each experiment."""


rule data:
    output:
        examples="results/data/{dataset}/examples.parquet",
        arrays=expand("results/data/{{dataset}}/{split}.npy", split=["train", "validation", "test"]),
        statistics="results/data/{dataset}/statistics.json",
    log:
        "logs/data/{dataset}.log",
    benchmark:
        "logs/benchmarks/data/{dataset}.tsv"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        entry=lambda wildcards: config["datasets"][wildcards.dataset],
    script:
        "../scripts/data.py"


rule training_set:
    input:
        examples=canonical,
    output:
        table="results/{experiment}/training_set.parquet",
    log:
        "logs/{experiment}/training_set.log",
    benchmark:
        "logs/benchmarks/{experiment}/training_set.tsv"
    localrule: True
    resources:
        mem_mb=500,
    params:
        entry=lambda wildcards: experiment_of(wildcards).training_set,
        source=source_hash("fairprune.algorithms.long_tail"),
    script:
        "../scripts/training_set.py"
