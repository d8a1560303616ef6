"""What is known of a data set before it is read, and the files of its canonical form: functions."""

from pathlib import Path

from fairprune.stages.source_files import listing, own_root


def source_root(wildcards):
    """The user's own files where they are missing, which matters only if data are to be made.

    Those that are there are listed below. As an input, `ancient` or not, a folder whose time lies
    in the future would fail the job.
    """
    root = own_root(config["datasets"][wildcards.dataset])
    return [] if root is None or Path(root).exists() else ancient(root)


def source_listing(wildcards):
    """Digest of these files: one added, removed or replaced is seen, a copy of all is the same."""
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
