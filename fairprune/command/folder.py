"""The study of a folder: its configuration, found where no one is named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fairprune.study.project import project_file

CONFIGURATION = Path("config/config.yaml")  # a study's own, which the Snakefile reads unasked
LAST = Path("results/configuration.yaml")  # of the last run, written by the Snakefile
_RESULT = re.compile(r"(?:\./)?results/(?:figures/)?([^/]+)/")  # of an experiment


def study_of(folder: Path, words: Iterable[str] = ()) -> Path | None:
    """The one configuration of a study in a folder, or that of its last run; None if there is none.

    Raises
    ------
    ValueError
        If there are several. Where ``words`` name results of an experiment, its study is advised.
    """
    files = [path for path in sorted(folder.glob("*.y*ml")) if path.is_file()]
    experiments = {path: _experiments(path) for path in files if not path.name.startswith(".")}
    studies = {path: names for path, names in experiments.items() if names is not None}
    if len(studies) > 1:
        names = ", ".join(path.name for path in studies)
        raise ValueError(
            f"{folder.resolve()} holds several studies: {names}; say which one: "
            f"--configfile {_advised(studies, words)}"
        )
    if studies:
        return next(iter(studies))
    is_last_run_ours = (folder / LAST).exists() and not (folder / CONFIGURATION).exists()
    return folder / LAST if is_last_run_ours else None


def _advised(studies: dict[Path, set[str]], words: Iterable[str]) -> str:
    """The one study that has an experiment whose results are asked for, or the first."""
    asked = {result[1] for word in words if (result := _RESULT.match(word))}
    known = [(path.name, name) for path in studies for name in sorted(asked & studies[path])]
    if len({study for study, _ in known}) == 1:
        return f"{known[0][0]}, which has {known[0][1]}"
    return next(iter(studies)).name


def described(folder: Path, study: Path | None) -> str:
    """Which study a command is about, in a line."""
    if study is not None:
        return f"Study: {study}" + (", of the last run" if study == folder / LAST else "")
    configuration = folder / CONFIGURATION
    if configuration.exists() and not configuration.samefile(project_file(str(CONFIGURATION))):
        return f"Study: {configuration}"
    return "Study: the paper's; no other lies in this folder, and no --configfile names one"


def need_study(folder: Path, words: Iterable[str]) -> None:
    """Refuse to begin the paper's study, which takes days, where nobody asked for a part of it.

    Raises
    ------
    ValueError
        If neither a study lies in the folder nor a target is among the words.
    """
    has_target = any(word in ("all", "pruned") or "results/" in word for word in words)
    if not (has_target or (folder / CONFIGURATION).exists() or study_of(folder, words)):
        raise ValueError(
            f"there is no study in {folder.resolve()}. `fairprune new DATA` writes one, "
            "--configfile names one elsewhere, and `fairprune demo` needs none. "
            "`fairprune run all` runs the paper's study, which takes days"
        )


def _experiments(path: Path) -> set[str] | None:
    """The experiments that a YAML file names, as far as it is readable; None if it is no study."""
    text = path.read_text(errors="replace")
    try:
        content: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        looks_like_it = text.startswith("experiments:") or "\nexperiments:" in text
        return set() if looks_like_it else None
    if not isinstance(content, dict):
        return None
    kinds = {"experiments": dict, "run": list}
    named = [content[key] for key, kind in kinds.items() if isinstance(content.get(key), kind)]
    return {str(name) for names in named for name in names} if named else None
