"""The study behind the workflow, and the functions that rules share."""

from snakemake.exceptions import WorkflowError

from fairprune import registry
from fairprune.study.configuration import check
from fairprune.study.sources import source_hash
from fairprune.study.study import Study
from fairprune.version import TRAINING_VERSION

try:
    check(config, workflow.source_path("../schemas/config.schema.yaml"))
    study = Study(config)
except ValueError as error:
    raise WorkflowError(f"Error in the configuration: {error}") from None


def one_of(names):
    """Regular expression of exactly these names; matches nothing if there are none."""
    return "|".join(names) or "(?!)"


def experiment_of(wildcards):
    return study.experiments[wildcards.experiment]


def canonical(wildcards):
    """The canonical data set of an experiment: its examples table and arrays."""
    dataset = experiment_of(wildcards).settings["dataset"]
    return f"results/data/{dataset}/examples.parquet"


def canonical_arrays(dataset):
    """The arrays beside the examples of a data set."""
    names = ("train.npy", "validation.npy", "test.npy", "statistics.json")
    return [f"results/data/{dataset}/{name}" for name in names]


def arrays_of(wildcards):
    """The canonical arrays of an experiment."""
    return canonical_arrays(experiment_of(wildcards).settings["dataset"])


def groups(items, size):
    """Consecutive parts of a list, of at most ``size`` items."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def run_groups(experiment):
    """Pairs of methods and the (density, seed) runs of each that share a job.

    A seed that is added after the others shares no job with them unless `runs_per_job` lets it.
    """
    whole = [name for name, method in experiment.methods.items() if method.keeps_all]
    pruned = [name for name in experiment.methods if name not in whole]
    size = experiment.settings["runs_per_job"]
    n_densities = max(1, size // len(experiment.seeds))
    return [
        (methods, part)
        for methods, densities in ((whole, ["1.0"]), (pruned, experiment.densities))
        for shared in groups(densities, n_densities)
        for part in groups([(d, s) for d in shared for s in experiment.seeds], size)
        if methods
    ]


def training_resources(experiment):
    """Resources of a job that trains or runs a model; changing them reruns nothing."""
    return {key: experiment.settings[key] for key in ("gpu", "gpu_slots", "runtime", "mem_mb")}


# Which scores are computed from records alone, and which need the model.


def score_names(needs):
    return sorted(
        {
            name
            for experiment in study.experiments.values()
            for name, score in experiment.scores.items()
            if score["needs"] == needs
        }
    )


def score_entry(wildcards):
    return experiment_of(wildcards).scores[wildcards.score]


def score_query_files(wildcards):
    """Files of the query training that a score is computed on."""
    query = score_entry(wildcards)["query"]
    return f"results/{wildcards.experiment}/query/{query}/seed{wildcards.seed}"


def first_seed(wildcards, file):
    """A file of the first training of the query that a score is computed on."""
    query = score_entry(wildcards)["query"]
    seed = experiment_of(wildcards).query_seeds(query)[0]
    return f"results/{wildcards.experiment}/query/{query}/seed{seed}/{file}"


def score_source(wildcards):
    """Hash of the code that defines a score."""
    return source_hash(f"fairprune.scores.{score_entry(wildcards)['definition']}")


def score_seed_files(wildcards):
    seeds = experiment_of(wildcards).score_seeds(wildcards.score)
    return [
        f"results/{wildcards.experiment}/scores/{wildcards.score}/seed{seed}.parquet"
        for seed in seeds
    ]


# Quotas and index sets.


def quota_recalls(wildcards):
    """Validation recalls of all seeds of the query that a quota uses."""
    experiment = experiment_of(wildcards)
    quota = experiment.quotas[wildcards.quota]
    query = quota.get("query")
    if query is None:
        return []
    table = "group_recall" if quota.get("by") == "group" else "recall"
    return [
        f"results/{wildcards.experiment}/query/{query}/seed{seed}/{table}.parquet"
        for seed in experiment.query_seeds(query)
    ]


def quota_score(wildcards):
    """The averaged score of the strategy that a quota follows."""
    score = experiment_of(wildcards).quotas[wildcards.quota].get("score")
    return f"results/{wildcards.experiment}/scores/{score}/mean.parquet" if score else []


def method_inputs(experiment, densities):
    """What the index sets of a method are chosen from, by name."""

    def inputs(wildcards):
        method, folder = experiment.methods[wildcards.method], f"results/{experiment.name}"
        found = {}
        if method.score not in (None, "random"):
            found["score"] = f"{folder}/scores/{method.score}/mean.parquet"
        if method.quota:
            found["quotas"] = [
                f"{folder}/quotas/{method.quota}/density{d}.parquet" for d in densities
            ]
        if registry.needs("selectors", method.selector, "artifact"):
            found["artifact"] = f"{folder}/scores/{method.score}/artifact.npz"
        return found

    return inputs


def method_entry(experiment):
    return lambda wildcards: vars(experiment.methods[wildcards.method])


def method_source(experiment):
    """Hash of the code that selects a method's examples."""

    def source(wildcards):
        selector = experiment.methods[wildcards.method].selector
        return source_hash("fairprune.selection", f"fairprune.selectors.{selector}")

    return source


def method_memory(experiment):
    """Host memory of a method's selection, MB: more where it reads what a score left."""

    def memory(wildcards):
        selector = experiment.methods[wildcards.method].selector
        return 2000 if registry.needs("selectors", selector, "artifact") else 500

    return memory


def method_training(experiment):
    return lambda wildcards: experiment.final_training(wildcards.method)
