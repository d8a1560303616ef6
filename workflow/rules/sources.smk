"""What is known of a data set before it is read, and the files of its canonical form: functions."""

from pathlib import Path

from fairprune.stages.source_files import entry_of, listing, own_root


def source_root(wildcards):
    """The user's own files where they are missing, and the data set was made from them.

    It may stand then. What is not made from them is listed below, and refused there. As an input,
    `ancient` or not, a folder whose time lies in the future would fail the job.
    """
    entry = config["datasets"][wildcards.dataset]
    root = own_root(entry)
    known = entry_of(Path(f"results/data/{wildcards.dataset}/examples.parquet"))
    stands = known is None or known == entry
    return ancient(root) if root and not Path(root).exists() and stands else []


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
