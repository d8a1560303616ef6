"""Scores of the training examples, one file per query seed, and their averages."""

# Of a score, and of its artifact.
SCORE_RESOURCES = {
    "gpu": where_model(resource("score", "gpu"), otherwise=0),
    "gpu_slots": resource("score", "gpu_slots"),
    "runtime": resource("score", "runtime"),
    "mem_mb": score_memory,
}


rule score:
    input:
        fingerprint,
        unpack(score_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/scores/{score}/seed{seed}.parquet",
        cost="results/{experiment}/costs/score/{score}/seed{seed}.json",
    log:
        "logs/{experiment}/scores/{score}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/seed{seed}.tsv"
    conda:
        "../envs/fairprune.yaml"
    threads: where_model(setting("threads"), otherwise=1)
    resources:
        **SCORE_RESOURCES,
    params:
        entry=score_entry,
        model=where_model(setting("model"), otherwise=None),
        threads=where_model(setting("threads"), otherwise=1),
        source=score_source,
    script:
        "../scripts/score.py"


rule outside_score:
    input:
        fingerprint,
        file=score_file,
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        table="results/{experiment}/scores/{score}/mean.parquet",
    log:
        "logs/{experiment}/scores/{score}/outside.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/outside.tsv"
    wildcard_constraints:
        score=one_of(outside_scores()),
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=resource("score", "mem_mb"),
        runtime=resource("score", "runtime"),
    params:
        entry=score_entry,
        source=score_source,
    script:
        "../scripts/outside_score.py"


rule mean_score:
    input:
        seeds=score_seed_files,
    output:
        table="results/{experiment}/scores/{score}/mean.parquet",
    log:
        "logs/{experiment}/scores/{score}/mean.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/mean.tsv"
    wildcard_constraints:
        score=one_of(names_of("scores") - outside_scores()),
    localrule: True
    conda:
        "../envs/fairprune.yaml"
    resources:
        mem_mb=500,
    params:
        entry=score_entry,
    script:
        "../scripts/mean_score.py"


rule score_artifact:
    input:
        fingerprint,
        unpack(artifact_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        arrays="results/{experiment}/scores/{score}/artifact.npz",
    log:
        "logs/{experiment}/scores/{score}/artifact.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/artifact.tsv"
    conda:
        "../envs/fairprune.yaml"
    threads: where_model(setting("threads"), otherwise=1)
    resources:
        **SCORE_RESOURCES,
    params:
        entry=score_entry,
        model=where_model(setting("model"), otherwise=None),
        threads=where_model(setting("threads"), otherwise=1),
        source=score_source,
    script:
        "../scripts/score_artifact.py"


use rule score_artifact as paired_artifact with:
    input:
        fingerprint,
        unpack(score_inputs),
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
    output:
        arrays="results/{experiment}/scores/{score}/artifact_seed{seed}.npz",
    log:
        "logs/{experiment}/scores/{score}/artifact_seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/artifact_seed{seed}.tsv"
