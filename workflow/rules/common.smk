"""The study behind the workflow, and the functions that rules share."""

import re
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from fairprune import registry
from fairprune.stages.source_files import check_own_files
from fairprune.stages.training_set import check_densities
from fairprune.study.checks import check_model
from fairprune.study.configuration import check, check_plain
from fairprune.study.experiment import RESOURCES, is_outside
from fairprune.study.sources import source_hash, training_version
from fairprune.study.study import Study

# Of what is planned where Snakemake alone is installed, and cannot be.
BARE = "{}; to plan this study, it must be installed beside Snakemake, whatever rules deploy"

# A study stands on the workflow's own configuration, wherever both lie.
defaults = load_configfile(workflow.source_path("../../config/config.yaml"))

try:
    check_plain(config)
    update_config(defaults, config)
    config.update(defaults)
    check(config, workflow.source_path("../schemas/config.schema.yaml"))
    if "extensions" in config:
        registry.extend(config["extensions"])
    study = Study(config)
    for each in study.experiments.values():
        check_model(each)
        check_densities(each, Path(f"results/{each.name}/training_set.parquet"))
        check_own_files(each, Path(f"results/{each.name}"))
except ValueError as error:
    raise WorkflowError(f"Error in the configuration: {error}") from None
except ImportError as error:
    raise WorkflowError(BARE.format(error)) from None


def one_of(names):
    """Regular expression of exactly these names; matches nothing if there are none."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def names_of(kind):
    """Names of all queries, scores, quotas or methods of the study."""
    return {name for e in study.experiments.values() for name in getattr(e, kind)}


def outside_scores():
    """Names of the scores that come from files."""
    experiments = study.experiments.values()
    return {name for e in experiments for name, s in e.scores.items() if is_outside(s)}


wildcard_constraints:
    dataset=one_of(config["datasets"]),
    experiment=one_of(study.experiments),
    query=one_of(names_of("queries")),
    score=one_of(names_of("scores")),
    quota=one_of(names_of("quotas")),
    method=one_of(names_of("methods")),
    density=one_of({"1.0"} | names_of("densities")),
    compared=f"({one_of(study.experiments)})(-vs-({one_of(study.experiments)}))+",
    round=r"[1-9]\d*",
    seed=r"\d+",


def experiment_of(wildcards):
    return study.experiments[wildcards.experiment]


def setting(name):
    """A setting of the experiment, for `threads`, `resources` and `params`."""
    return lambda wildcards: experiment_of(wildcards).settings[name]


def resource(rule, name):
    """A resource of a rule's jobs, by the experiment's settings; changing it reruns nothing."""
    return lambda wildcards: experiment_of(wildcards).resources(rule)[name]


def query_training(wildcards):
    return experiment_of(wildcards).query_training(wildcards.query)


def round_training(wildcards):
    return experiment_of(wildcards).round_training(wildcards.quota)


def final_training(wildcards):
    return experiment_of(wildcards).final_training(wildcards.method)


def version_of(training):
    """A function of the wildcards: the version of the code of a training."""
    return lambda wildcards: training_version(setting("model")(wildcards), training(wildcards))


def training_resources(rule):
    """Resources of a rule that trains models, and how often it saves its progress."""
    asked = {name: resource(rule, name) for name in RESOURCES}
    asked["checkpoint_interval_s"] = lambda w: setting("training")(w)["checkpoint_interval_s"]
    return asked


# Scores, and the query trainings that they are computed on.


def score_entry(wildcards):
    return experiment_of(wildcards).scores[wildcards.score]


def score_source(wildcards):
    """Hash of the code that defines a score; none where a file holds it."""
    definition = score_entry(wildcards).get("definition")
    return definition and source_hash(f"fairprune.scores.{definition}")


def score_file(wildcards):
    """The file that holds a score, or the embeddings that it is computed on."""
    entry = score_entry(wildcards)
    return entry.get("file", entry.get("embeddings"))


def averaged(wildcards, score, seed):
    """A score as quotas and methods take it: averaged, or of one query seed where it has seeds."""
    outside = is_outside(experiment_of(wildcards).scores[score])
    name = "mean" if seed is None or outside else f"seed{seed}"
    return f"results/{wildcards.experiment}/scores/{score}/{name}.parquet"


def query_files(wildcards, seed):
    """What a score reads of a query training: its record, and where needed model and images."""
    folder = f"results/{wildcards.experiment}/query/{score_entry(wildcards)['query']}/seed{seed}"
    files = {"recall": f"{folder}/recall.parquet", "record": f"{folder}/record.npz"}
    if "folds" in experiment_of(wildcards).queries[score_entry(wildcards)["query"]]:
        files["outcomes"] = f"{folder}/outcomes.parquet"  # which examples the model has not seen
    if score_entry(wildcards)["needs"] == "model":
        files |= {"model": f"{folder}/model.pt", "arrays": arrays_of(wildcards)}
    return files


def score_inputs(wildcards):
    return query_files(wildcards, wildcards.seed)


def artifact_inputs(wildcards):
    """As for the score itself, of the first seed."""
    return query_files(wildcards, experiment_of(wildcards).score_seeds(wildcards.score)[0])


def where_model(value, otherwise):
    """A function of the wildcards where the score runs the model."""
    return lambda w: value(w) if score_entry(w)["needs"] == "model" else otherwise


def score_memory(wildcards, attempt):
    """In MB: of a training step where the model runs, else of the record, or what is set.

    A record may be larger than is thought, so a job that starts again asks for more.
    """
    if score_entry(wildcards)["needs"] == "model":
        return resource("score", "mem_mb")(wildcards)
    chosen = setting("resources")(wildcards).get("score", {})
    return chosen.get("mem_mb", 1500 * 2 ** (attempt - 1))


def score_seed_files(wildcards):
    return [
        f"results/{wildcards.experiment}/scores/{wildcards.score}/seed{seed}.parquet"
        for seed in experiment_of(wildcards).score_seeds(wildcards.score)
    ]


# Quotas and index sets.


def quota_entry(wildcards):
    return experiment_of(wildcards).quotas[wildcards.quota]


def quota_source(wildcards):
    """Hash of the code that defines a quota."""
    name = quota_entry(wildcards)["rule"]
    return source_hash("fairprune.allocation", f"fairprune.quota_rules.{name}")


def quota_inputs(wildcards):
    """What a quota is computed from: its last round, recalls of a query, or a strategy's score."""
    folder, entry = f"results/{wildcards.experiment}", quota_entry(wildcards)
    last = experiment_of(wildcards).rounds(wildcards.quota, wildcards.density)
    if last:
        return round_files(wildcards, last)
    seed, files = wildcards.get("seed"), {}  # with a seed, of that query training alone
    if query := entry.get("query"):
        kind, table = ("outcomes",) * 2 if entry.get("by") == "group" else ("recalls", "recall")
        seeds = experiment_of(wildcards).query_seeds(query) if seed is None else [seed]
        files[kind] = [f"{folder}/query/{query}/seed{s}/{table}.parquet" for s in seeds]
    if score := entry.get("score"):
        files["score"] = averaged(wildcards, score, seed)
    if "file" in entry:
        files["file"] = entry["file"]
    return files


def round_files(wildcards, number):
    """The quotas that a round trained on, and the outcomes of its trainings."""
    part = f"{wildcards.quota}/density{wildcards.density}/round{number}"
    folder = f"results/{wildcards.experiment}/rounds/{part}"
    seeds = experiment_of(wildcards).round_seeds(wildcards.quota)
    tested = [f"{folder}/seed{seed}/outcomes.parquet" for seed in seeds]
    return {"previous": f"{folder}/quotas.parquet", "tested": tested}


def round_inputs(wildcards):
    """What the quotas of a round are computed from: the round before, or what it starts from."""
    number, start = int(wildcards.round), quota_entry(wildcards).get("start")
    if number > 1:
        return round_files(wildcards, number - 1)
    folder = f"results/{wildcards.experiment}/quotas"
    return {"start": f"{folder}/{start}/density{wildcards.density}.parquet"} if start else {}


def method_of(wildcards):
    method = experiment_of(wildcards).methods[wildcards.method]
    if method.keeps_all and wildcards.density != "1.0":
        raise WorkflowError(
            f"method {method.name!r} keeps the whole training set: density 1.0 is its only one, "
            f"got {wildcards.density}"
        )
    return method


def needs_artifact(method):
    return registry.needs("selectors", method.selector, "artifact")


def method_inputs(wildcards):
    """What the index sets of a method are chosen from, by name."""
    method, folder = method_of(wildcards), f"results/{wildcards.experiment}"
    density, seed, files = f"density{wildcards.density}", f"seed{wildcards.seed}", {}
    paired = setting("paired_queries")(wildcards)
    if method.score not in (None, "random"):
        files["score"] = averaged(wildcards, method.score, wildcards.seed if paired else None)
    if method.quota:
        part = f"{density}/{seed}" if paired else density
        files["quotas"] = f"{folder}/quotas/{method.quota}/{part}.parquet"
    if needs_artifact(method):
        part = f"artifact_{seed}" if paired else "artifact"
        files["artifact"] = f"{folder}/scores/{method.artifact_of}/{part}.npz"
    return files


def fresh_inputs(wildcards):
    """What a method draws from that trains on other examples in each epoch."""
    table = f"results/{wildcards.experiment}/training_set.parquet"
    return {"training_set": table} if method_of(wildcards).fresh else {}


def teacher_inputs(wildcards):
    """The model whose logits a final training follows."""
    method, experiment = method_of(wildcards), experiment_of(wildcards)
    if not method.teacher:
        return {}
    paired = setting("paired_queries")(wildcards)
    seed = wildcards.seed if paired else experiment.query_seeds(method.teacher)[0]
    folder = f"results/{wildcards.experiment}/query/{method.teacher}/seed{seed}"
    return {"teacher": f"{folder}/model.pt", "teacher_recall": f"{folder}/recall.parquet"}


def keeping_weights():
    """Experiments that keep the weights of their final models."""
    return {name for name, e in study.experiments.items() if e.settings.get("keep_weights")}


def method_source(wildcards):
    """Hash of the code that selects a method's examples."""
    return source_hash(
        "fairprune.selection", f"fairprune.selectors.{method_of(wildcards).selector}"
    )
