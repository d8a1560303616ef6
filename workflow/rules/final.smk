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
    threads: setting("threads")
    resources:
        **training_resources("final"),
        curve_points=setting("curve_points"),
    params:
        model=setting("model"),
        training=lambda wildcards: experiment_of(wildcards).final_training(wildcards.method),
        threads=setting("threads"),
        version=TRAINING_VERSION,
    script:
        "../scripts/final.py"
