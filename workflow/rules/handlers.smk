"""What happens around the jobs: checks of a run's folders and targets, its handlers, and what has
run, for the first page of the report."""

import os
import signal
import sys
import threading
from importlib.metadata import PackageNotFoundError, version

import yaml
from snakemake.logging import logger

from fairprune.jobs import progress, recovery
from fairprune.jobs.frame import failures, forget_failures
from fairprune.jobs.included import keep_default_target
from fairprune.stages.source_files import remember_times
from fairprune.storage.atomic import write_text
from fairprune.study.checks import figures_left_out
from fairprune.study.targets import check_targets
from fairprune.version import __version__

folders = (f"{folder}/{name}" for folder in ("results", "logs") for name in study.experiments)
for path in map(Path, (".snakemake", "results", "logs", *folders)):
    if os.path.lexists(path) and not path.is_dir():
        raise WorkflowError(f"{path.absolute()} is no folder, and one is needed there")

drawn = {name: figure_names(e) for name, e in study.experiments.items()}

# Snakemake says of an unknown target that no rule makes it; what the study has says more.
PROJECT = Path(str(workflow.current_basedir)).parent.parent
if Path(workflow.main_snakefile).parent in (PROJECT, PROJECT / "workflow"):  # no other's files
    try:
        check_targets(study, sys.argv[1:], {**drawn, "theory": THEORY_FIGURES})
    except ValueError as error:
        raise WorkflowError(str(error)) from None
elif workflow.modifier.is_main_snakefile():  # included, and no module
    keep_default_target(workflow, "all")


# A dry run ends with its reader and no traceback, as programs do: `fairprune status | head`.
if workflow.output_settings.stdout and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)

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
    for name, each in study.experiments.items():
        for line in figures_left_out(each, drawn[name]):
            logger.warning(line)
    forget_failures()
    settings = {key: value for key, value in config.items() if key not in SHOWN_IN_REPORT}
    write_text(Path("results/configuration.yaml"), yaml.safe_dump(settings, sort_keys=False))
    progress.show(workflow)


onsuccess:
    recovery.forget_checkpoints(Path("results"))


onerror:
    recovery.forget_checkpoints(Path("results"))
    logger.error(failures())


# The report reads these of the configuration; they are no settings.
SHOWN_IN_REPORT = ("claims", "headlines", "versions")
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
