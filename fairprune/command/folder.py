"""The study of a folder: its configuration, found where no one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from fairprune.study.project import project_file

CONFIGURATION = Path("config/config.yaml")  # a study's own, which the Snakefile reads unasked
LAST = Path("results/configuration.yaml")  # of the last run, written by the Snakefile


def study_of(folder: Path) -> Path | None:
    """The one configuration of a study in a folder; None if there is none.

    Raises
    ------
    ValueError
        If there are several.
    """
    files = [path for path in sorted(folder.glob("*.y*ml")) if path.is_file()]
    found = [path for path in files if not path.name.startswith(".") and _is_study(path)]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ValueError(
            f"{folder.resolve()} holds several studies: {names}; say which one: "
            f"--configfile {found[0].name}"
        )
    return found[0] if found else None


def described(folder: Path, study: Path | None) -> str:
    """Which study a command is about, in a line."""
    if study is not None:
        return f"Study: {study}"
    own = folder / CONFIGURATION
    if own.exists() and not own.samefile(project_file(str(CONFIGURATION))):
        return f"Study: {own}"
    return "Study: the paper's; no other lies in this folder, and no --configfile names one"


def _is_study(path: Path) -> bool:
    """Whether a YAML file says what to run; of one that is broken, whether it looks like it."""
    text = path.read_text(errors="replace")
    try:
        content: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text.startswith("experiments:") or "\nexperiments:" in text
    return isinstance(content, dict) and (
        isinstance(content.get("experiments"), dict) or isinstance(content.get("run"), list)
    )
