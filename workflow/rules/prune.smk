"""Class quotas at each density, and the index sets that methods keep."""


rule quotas:
    input:
        fingerprint,
        unpack(quota_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/quotas/{quota}/density{density}.parquet",
    log:
        "logs/{experiment}/quotas/{quota}/density{density}.log",
    benchmark:
        "logs/benchmarks/{experiment}/quotas/{quota}/density{density}.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        entry=quota_entry,
        source=quota_source,
    script:
        "../scripts/quotas.py"


use rule quotas as paired_quotas with:
    output:
        table="results/{experiment}/quotas/{quota}/density{density}/seed{seed}.parquet",
    log:
        "logs/{experiment}/quotas/{quota}/density{density}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/quotas/{quota}/density{density}/seed{seed}.tsv"


rule prune:
    input:
        fingerprint,
        unpack(method_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet",
        cost="results/{experiment}/costs/selection/{method}/density{density}/seed{seed}.json",
    log:
        "logs/{experiment}/pruned/{method}/density{density}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/pruned/{method}/density{density}/seed{seed}.tsv"
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=lambda wildcards: 2000 if needs_artifact(method_of(wildcards)) else 500,
    params:
        entry=lambda wildcards: method_of(wildcards).entry,
        source=method_source,
    script:
        "../scripts/prune.py"
