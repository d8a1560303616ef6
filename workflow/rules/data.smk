"""Images of any source in canonical form, and the training set of each experiment."""

from fairprune.stages.data import listing, own_root


def source_root(wildcards):
    """The user's own files where they are missing, which matters only if data are to be made.

    Those that are there are listed below. As an input, `ancient` or not, a folder whose time lies
    in the future would fail the job.
    """
    root = own_root(config["datasets"][wildcards.dataset])
    return [] if root is None or Path(root).exists() else ancient(root)


def source_listing(wildcards):
    """Names, sizes and times of these files: one added, removed or replaced is seen."""
    try:
        return listing(config["datasets"][wildcards.dataset])
    except (OSError, ValueError) as error:
        raise WorkflowError(f"datasets.{wildcards.dataset}: {error}") from None


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
    resources:
        mem_mb=4000,
        runtime=120,
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
    resources:
        mem_mb=500,
    params:
        entry=lambda wildcards: experiment_of(wildcards).training_set,
        source=source_hash("fairprune.algorithms.long_tail"),
    script:
        "../scripts/training_set.py"
