"""What is known of a data set before it is read, and the files of its canonical form: functions."""

from pathlib import Path

from fairprune.stages.source_files import entry_of, listing, own_root


def source_root(wildcards):
    """The folder of the user's own files, as an input only while it is missing.

    Snakemake keeps results whose input is missing. That is right for a data set made from this
    folder; `source_listing` refuses any other. A folder that is there is no input, not even an
    `ancient` one: a time in the future would fail the job.
    """
    entry = config["datasets"][wildcards.dataset]
    root = own_root(entry)
    known = entry_of(Path(f"results/data/{wildcards.dataset}/examples.parquet"))
    stands = known is None or known == entry
    return ancient(root) if root and not Path(root).exists() and stands else []


def source_listing(wildcards):
    """Digest of these files: changed by one added, removed or replaced, not by a copy of all."""
    try:
        entry = config["datasets"][wildcards.dataset]
        return listing(entry, Path(f"results/data/{wildcards.dataset}"))
    except (OSError, ValueError) as error:
        raise WorkflowError(f"datasets.{wildcards.dataset}: {error}") from None
    except ImportError as error:
        raise WorkflowError(f"datasets.{wildcards.dataset}: {BARE.format(error)}") from None


def exported_root(wildcards):
    """The folder of the source's files, for links to them and copies."""
    return experiment_of(wildcards).dataset.get("root")


# A data set: its fingerprint says whether work on it is out of date, the large files do not.


def data_file(wildcards, name):
    return f"results/data/{experiment_of(wildcards).settings['dataset']}/{name}"


def fingerprint(wildcards):
    return data_file(wildcards, "fingerprint.json")


def canonical(wildcards):
    """The table of examples of an experiment's data set."""
    return ancient(data_file(wildcards, "examples.parquet"))


def arrays_of(wildcards):
    """The arrays beside the table of examples."""
    names = ("train.npy", "validation.npy", "test.npy")
    return [ancient(data_file(wildcards, name)) for name in names]
