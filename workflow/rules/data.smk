"""Images of any source in canonical form, and the training set of each experiment."""


rule data:
    input:
        source_root,
    output:
        examples="results/data/{dataset}/examples.parquet",
        arrays=expand("results/data/{{dataset}}/{split}.npy", split=["train", "validation", "test"]),
        fingerprint="results/data/{dataset}/fingerprint.json",
    log:
        "logs/data/{dataset}.log",
    benchmark:
        "logs/benchmarks/data/{dataset}.tsv"
    conda:
        "../envs/fairprune.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 240 * attempt**2,
    params:
        entry=lambda wildcards: config["datasets"][wildcards.dataset],
        listing=source_listing,
    script:
        "../scripts/data.py"


rule training_set:
    input:
        fingerprint,
        examples=canonical,
    output:
        table="results/{experiment}/training_set.parquet",
    log:
        "logs/{experiment}/training_set.log",
    benchmark:
        "logs/benchmarks/{experiment}/training_set.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        entry=lambda wildcards: experiment_of(wildcards).training_set,
        source=source_hash("fairprune.algorithms.long_tail"),
    script:
        "../scripts/training_set.py"
