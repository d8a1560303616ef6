"""Check the files that a user asks for by name against what the study has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from fairprune import registry
from fairprune._validation import check_known
from fairprune.study.experiment import Entry, Experiment, is_outside
from fairprune.study.study import Study

_ENTRIES = {  # by folder of an experiment: the entries that its sub-folders are named after
    "query": "queries",
    "scores": "scores",
    "quotas": "quotas",
    "rounds": "quotas",
    "pruned": "methods",
    "final": "methods",
    "outcomes": "methods",
    "epochs": "methods",
    "weights": "methods",
    "exported": "methods",
}
_OF_ALL = ("table1",)  # tables of all experiments
_TAKE_ONE = (  # file or folder
    *("--apptainer-prefix", "--archive", "--conda-base-path", "--conda-prefix", "--directory"),
    *("-d", "--jobscript", "--js", "--local-storage-prefix", "--profile"),
    *("--report", "--report-metadata", "--report-html-path", "--report-html-stylesheet-path"),
    *("--report-stylesheet", "--runtime-source-cache-path", "--shadow-prefix"),
    *("--singularity-prefix", "--slurm-logdir", "--snakefile", "-s", "--wait-for-files-file"),
    "--workflow-profile",
)
_TAKE = {**dict.fromkeys(_TAKE_ONE, 1), "--configfile": math.inf, "--configfiles": math.inf}


def check_targets(
    study: Study, targets: Iterable[str], figures: Mapping[str, Sequence[str]]
) -> None:
    """Refuse a target below ``results`` that belongs to nothing in the study.

    Parameters
    ----------
    study : Study
    targets : iterable of str
        The words of a command line; the files that belong to options are not targets.
    figures : mapping of str to sequence of str
        The figures of each experiment, and of the theory.

    Raises
    ------
    ValueError
        In one line: the target, what is unknown in it, and what the study has.
    """
    for target in _without_files(targets):
        first, _, path = PurePosixPath(target).as_posix().partition("/")
        folders = path.split("/")
        if first != "results" or len(folders) == 1:
            continue
        if folders[0] == "data":
            check_known(folders[1], study.config["datasets"], f"{target}: no such data set")
        elif folders[0] == "figures" and "-vs-" in folders[1]:
            for name in folders[1].split("-vs-"):
                check_known(name, study.experiments, f"{target}: no such experiment in this study")
        elif folders[0] == "figures":
            check_known(folders[1], figures, f"{target}: no such experiment in this study")
            known, name = figures[folders[1]], PurePosixPath(target).stem
            check_known(name, known, f"{target}: experiment {folders[1]!r} has no {name}")
        elif folders[0] == "tables":
            _check_table(study, target)
        else:
            names = list(study.experiments)
            check_known(folders[0], names, f"{target}: no such experiment in this study")
            _check(study.experiments[folders[0]], target, folders[1:])


def _without_files(words: Iterable[str]) -> Iterator[str]:
    """The words without the files of ``--report``, ``--configfile`` and other options."""
    taken = 0.0
    for word in words:
        if word.startswith("-"):
            taken = _TAKE.get(word, 0)
        elif taken:
            taken -= 1
        else:
            yield word


def _check_table(study: Study, target: str) -> None:
    name = PurePosixPath(target).stem
    if not any(name == each or name.startswith(f"{each}_") for each in study.experiments):
        known = [*_OF_ALL, *study.experiments]
        check_known(name, known, f"{target}: no such table or experiment in this study")


def _check(experiment: Experiment, target: str, folders: list[str]) -> None:
    """Check the names in a path below an experiment's folder."""
    kind = folders[0]
    if kind not in _ENTRIES or len(folders) < 3:
        return
    name, where = folders[1], f"{target}: experiment {experiment.name!r} has no such"
    entries = getattr(experiment, _ENTRIES[kind])
    if kind == "rounds":
        entries = experiment.quotas_in_rounds()
    check_known(name, entries, f"{where} {_ENTRIES[kind]}{' in rounds' * (kind == 'rounds')}")
    if kind == "scores" and folders[2].startswith("artifact"):
        with_artifact = [each for each, entry in entries.items() if _has_artifact(entry)]
        check_known(name, with_artifact, f"{where} scores with an artifact")
    allowed = {
        "density": _densities(experiment, kind, name),
        "seed": list(map(str, _seeds(experiment, kind, name))),
        "round": list(map(str, sorted(_rounds(experiment, kind, name)))),
    }
    for word in folders[2:]:
        for key, known in allowed.items():
            if match := re.fullmatch(rf"(?:artifact_)?{key}(.*?)(\.parquet|\.npz|\.pt)?", word):
                check_known(match[1], known, f"{where} {key} of {name!r}")


def _has_artifact(score: Entry) -> bool:
    if is_outside(score):
        return False
    return bool(registry.constant("scores", score["definition"], "ARTIFACT", ()))


def _densities(experiment: Experiment, kind: str, name: str) -> list[str]:
    if _ENTRIES[kind] == "methods":
        return experiment.method_densities(name)
    return [*experiment.densities, "1.0"]


def _seeds(experiment: Experiment, kind: str, name: str) -> list[int]:
    if kind == "query":
        return experiment.query_seeds(name)
    if kind == "scores":
        return experiment.score_seeds(name)
    return experiment.round_seeds(name) if kind == "rounds" else experiment.seeds


def _rounds(experiment: Experiment, kind: str, name: str) -> set[int]:
    runs = experiment.round_runs() if kind == "rounds" else []
    return {number for quota, _, number, _ in runs if quota == name}
