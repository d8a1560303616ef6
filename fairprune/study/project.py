"""Where the workflow's own files lie: its Snakefile, rules, configuration and profiles."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_SHIPPED = _PACKAGE / "_project"  # in an installed wheel


def project_file(name: str) -> Path:
    """A file of the project, in the checkout or as the wheel ships it."""
    return (_SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent) / name


def program() -> str:
    """How to call the command ``fairprune`` here, whether or not it is on the search path."""
    if shutil.which("fairprune"):
        return "fairprune"
    return f"{shlex.quote(sys.executable)} -m fairprune.command"
