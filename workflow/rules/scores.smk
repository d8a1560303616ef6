"""Scores of the training examples, one file per query seed, and their averages."""


rule record_score:
    input:
        examples=canonical,
        training_set="results/{experiment}/training_set.parquet",
        record=lambda wildcards: f"{score_query_files(wildcards)}/record.npz",
    output:
        table="results/{experiment}/scores/{score}/seed{seed}.parquet",
        cost="results/{experiment}/costs/score/{score}/seed{seed}.json",
    log:
        "logs/{experiment}/scores/{score}/seed{seed}.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/seed{seed}.tsv"
    wildcard_constraints:
        score=one_of(score_names("record")),
    resources:
        mem_mb=1500,
    params:
        entry=score_entry,
        source=score_source,
    script:
        "../scripts/score.py"


use rule record_score as model_score with:
    input:
        examples=canonical,
        arrays=arrays_of,
        training_set="results/{experiment}/training_set.parquet",
        record=lambda wildcards: f"{score_query_files(wildcards)}/record.npz",
        model=lambda wildcards: f"{score_query_files(wildcards)}/model.pt",
    wildcard_constraints:
        score=one_of(score_names("model")),
    threads: lambda wildcards: experiment_of(wildcards).settings["threads"]
    resources:
        gpu=lambda wildcards: experiment_of(wildcards).settings["gpu"],
        gpu_slots=lambda wildcards: experiment_of(wildcards).settings["gpu_slots"],
        runtime=lambda wildcards: experiment_of(wildcards).settings["runtime"],
        mem_mb=lambda wildcards: experiment_of(wildcards).settings["mem_mb"],
    params:
        entry=score_entry,
        source=score_source,
        model=lambda wildcards: experiment_of(wildcards).settings["model"],
        threads=lambda wildcards: experiment_of(wildcards).settings["threads"],


rule mean_score:
    input:
        tables=score_seed_files,
    output:
        table="results/{experiment}/scores/{score}/mean.parquet",
    log:
        "logs/{experiment}/scores/{score}/mean.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/mean.tsv"
    localrule: True
    resources:
        mem_mb=500,
    script:
        "../scripts/mean_score.py"


rule score_artifact:
    input:
        examples=canonical,
        arrays=arrays_of,
        training_set="results/{experiment}/training_set.parquet",
        record=lambda wildcards: first_seed(wildcards, "record.npz"),
        model=lambda wildcards: first_seed(wildcards, "model.pt"),
    output:
        arrays="results/{experiment}/scores/{score}/artifact.npz",
    log:
        "logs/{experiment}/scores/{score}/artifact.log",
    benchmark:
        "logs/benchmarks/{experiment}/scores/{score}/artifact.tsv"
    threads: lambda wildcards: experiment_of(wildcards).settings["threads"]
    resources:
        gpu=lambda wildcards: experiment_of(wildcards).settings["gpu"],
        gpu_slots=lambda wildcards: experiment_of(wildcards).settings["gpu_slots"],
        runtime=lambda wildcards: experiment_of(wildcards).settings["runtime"],
        mem_mb=lambda wildcards: experiment_of(wildcards).settings["mem_mb"],
    params:
        entry=score_entry,
        source=score_source,
        model=lambda wildcards: experiment_of(wildcards).settings["model"],
        threads=lambda wildcards: experiment_of(wildcards).settings["threads"],
    script:
        "../scripts/score_artifact.py"
