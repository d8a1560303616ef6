"""Final models, trained on the pruned sets and tested at their last epoch."""


rule final:
    input:
        fingerprint,
        unpack(fresh_inputs),
        unpack(teacher_inputs),
        examples=canonical,
        arrays=arrays_of,
        pruned="results/{experiment}/pruned/{method}/density{density}/seed{seed}.parquet",
    output:
        result="results/{experiment}/final/{method}/density{density}/seed{seed}.parquet",
        outcomes="results/{experiment}/outcomes/{method}/density{density}/seed{seed}.parquet",
        epochs="results/{experiment}/epochs/{method}/density{density}/seed{seed}.parquet",
        cost="results/{experiment}/costs/final/{method}/density{density}/seed{seed}.json",
    log:
        "logs/{experiment}/final/{method}/density{density}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/final/{method}/density{density}/seed{seed}.tsv"
    wildcard_constraints:
        experiment=one_of(set(study.experiments) - keeping_weights()),
    conda:
        "../envs/fairprune.yaml"
    threads: setting("threads")
    resources:
        **training_resources("final"),
        curve_points=setting("curve_points"),
    params:
        model=setting("model"),
        training=final_training,
        threads=setting("threads"),
        version=version_of(final_training),
    script:
        "../scripts/final.py"


# The same for experiments with `keep_weights`, which have one output more.
use rule final as final_kept with:
    output:
        result="results/{experiment}/final/{method}/density{density}/seed{seed}.parquet",
        outcomes="results/{experiment}/outcomes/{method}/density{density}/seed{seed}.parquet",
        epochs="results/{experiment}/epochs/{method}/density{density}/seed{seed}.parquet",
        cost="results/{experiment}/costs/final/{method}/density{density}/seed{seed}.json",
        weights="results/{experiment}/weights/{method}/density{density}/seed{seed}.pt",
    wildcard_constraints:
        experiment=one_of(keeping_weights()),
