"""fairprune: from images to a report on what data pruning does to the worst class.

data -> query training -> scores -> averaged scores -> quotas -> pruned index sets
     -> final training -> tables -> figures

Each stage is a file in workflow/rules; each rule runs the script of its name in
workflow/scripts. What runs is named in config/config.yaml; a study adds its own by --configfile.
"""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import min_version

from fairprune.jobs import progress, recovery
from fairprune.jobs.frame import failures, forget_failures
from fairprune.jobs.included import keep_default_target
from fairprune.stages.source_files import remember_times
from fairprune.storage.atomic import write_text
from fairprune.study.files import check_files
from fairprune.study.targets import check_targets
from fairprune.version import __version__

min_version("9.27")


OWN = [path for path in ["config/config.yaml"] if Path(path).exists()]  # the study's

try:
    check_files([*workflow.overwrite_configfiles, *OWN])
except ValueError as error:
    raise WorkflowError(f"Error in the configuration: {error}") from None

if OWN:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/collect.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/query.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/rounds.smk"
include: "workflow/rules/prune.smk"
include: "workflow/rules/final.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/theory.smk"


folders = (f"{folder}/{name}" for folder in ("results", "logs") for name in study.experiments)
for path in map(Path, (".snakemake", "results", "logs", *folders)):
    if os.path.lexists(path) and not path.is_dir():
        raise WorkflowError(f"{path.absolute()} is no folder, and one is needed there")


# Snakemake says of an unknown target that no rule makes it; what the study has says more.
HERE = Path(str(workflow.current_basedir))
if Path(workflow.main_snakefile).parent in (HERE, HERE / "workflow"):  # no other's files
    try:
        drawn = {name: figure_names(e) for name, e in study.experiments.items()}
        check_targets(study, sys.argv[1:], {**drawn, "theory": THEORY_FIGURES})
    except ValueError as error:
        raise WorkflowError(str(error)) from None
elif workflow.modifier.is_main_snakefile():  # included, and no module
    keep_default_target(workflow, "all")


# The same command goes on after any death of an earlier one.
recovery.tie_jobs_to_this_process()


onstart:
    try:
        recovery.hold(Path("results"))
        recovery.bring_to_present(Path("results"))
        for each in study.experiments.values():
            recovery.check_times(map(Path, each.own_files()))
    except recovery.ResultsError as error:
        raise WorkflowError(str(error)) from None
    for name in sorted({each.settings["dataset"] for each in study.experiments.values()}):
        remember_times(Path(f"results/data/{name}"), config["datasets"][name])
    forget_failures()
    settings = {key: value for key, value in config.items() if key not in SHOWN_IN_REPORT}
    write_text(Path("results/configuration.yaml"), yaml.safe_dump(settings, sort_keys=False))
    progress.show(workflow)


onsuccess:
    recovery.forget_checkpoints(Path("results"))


onerror:
    recovery.forget_checkpoints(Path("results"))
    logger.error(failures())


SHOWN_IN_REPORT = ("claims", "headlines", "versions")

# Shown on the first page of the report, of what has run.
for part, suffix in {"claims": "_claims.rst", "headlines": ".txt"}.items():
    paths = {name: Path(f"results/tables/{name}{suffix}") for name in study.experiments}
    config[part] = {
        name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.exists()
    }
config["versions"] = {"fairprune": __version__}
for package in ("snakemake", "torch", "torchvision", "numpy"):
    try:
        config["versions"][package] = version(package)
    except PackageNotFoundError:  # of a deployment that has it in the environment of the rules
        continue


rule all:
    default_target: True
    input:
        study_tables(),
        study_figures(),


rule pruned:
    input:
        pruned_sets(),


# For the report of a study that has run in part.
rule what_has_run:
    input:
        results_so_far,
