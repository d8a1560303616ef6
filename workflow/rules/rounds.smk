"""Rounds of trainings that quotas are found by: quotas, a training on them, the next quotas."""


rule round_quotas:
    input:
        fingerprint,
        unpack(round_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/rounds/{quota}/density{density}/round{round}/quotas.parquet",
    log:
        "logs/{experiment}/rounds/{quota}/density{density}/round{round}/quotas.log",
    benchmark:
        "logs/benchmarks/{experiment}/rounds/{quota}/density{density}/round{round}/quotas.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        entry=lambda wildcards: experiment_of(wildcards).round_entry(wildcards.quota),
        source=quota_source,
    script:
        "../scripts/round_quotas.py"


rule round:
    input:
        fingerprint,
        examples=canonical,
        arrays=arrays_of,
        training_set="results/{experiment}/training_set.parquet",
        quotas="results/{experiment}/rounds/{quota}/density{density}/round{round}/quotas.parquet",
    output:
        outcomes="results/{experiment}/rounds/{quota}/density{density}/round{round}/seed{seed}/outcomes.parquet",
        cost="results/{experiment}/costs/round/{quota}/density{density}/round{round}/seed{seed}.json",
    log:
        "logs/{experiment}/rounds/{quota}/density{density}/round{round}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/rounds/{quota}/density{density}/round{round}/seed{seed}.tsv"
    conda:
        "../envs/fairprune.yaml"
    threads: setting("threads")
    resources:
        **training_resources("round"),
    params:
        model=setting("model"),
        training=round_training,
        threads=setting("threads"),
        version=version_of(round_training),
    script:
        "../scripts/round.py"
