"""The code that made an artifact, as a parameter of its rule.

Snakemake notices edits of a script, but not of the modules that it imports. Cheap rules therefore
carry the hash of their method's source as a parameter. Training rules carry ``TRAINING_VERSION``,
which we change by hand, and the hash of models and losses that are the user's own.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fairprune import _source
from fairprune.version import TRAINING_VERSION

_PACKAGE = "fairprune"
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_PLUMBING = (  # modules, and packages with all that is in them
    "jobs",
    "library",
    "registry",
    "seeds",
    "stages.inputs",
    "storage",
    "study",
    "training",
    "version",
)


def training_version(model: Mapping[str, Any], training: Mapping[str, Any]) -> int | str:
    """What the numbers of a training depend on besides settings and inputs.

    This is ``TRAINING_VERSION``, and the source of a model or loss from the folder ``extensions``.
    """
    names = {"models": model["name"], "losses": training.get("loss", "cross_entropy")}
    modules = [f"{_PACKAGE}.{kind}.{name}" for kind, name in names.items()]
    extensions = [name for name in modules if _source.is_own(name)]
    return f"{TRAINING_VERSION} {source_hash(*extensions)}" if extensions else TRAINING_VERSION


@cache
def source_hash(*modules: str) -> str:
    """Hash of the source of modules and of what they import from this package.

    Modules are found by name and not imported. The package's plumbing, which affects no number, is
    left out, and so are docstrings and comment lines: editing these reruns nothing.

    Examples
    --------
    >>> len(source_hash("fairprune.study.schedule"))
    16
    """
    digest = hashlib.sha256()
    for name in sorted(_with_imports(modules)):
        digest.update(_code(name).encode())
    return digest.hexdigest()[:16]


def _code(module: str) -> str:
    """The lines of a module without docstrings, comment lines and empty lines."""
    lines = _source.text(module).splitlines()
    documentation: set[int] = set()
    in_strings: set[int] = set()
    for node in ast.walk(_source.tree(module)):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            in_strings.update(range(node.lineno + 1, (node.end_lineno or 0) + 1))
        elif isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            if first.lineno > getattr(node, "lineno", 0):
                documentation.update(range(first.lineno, (first.end_lineno or 0) + 1))
    return "\n".join(
        line
        for row, line in enumerate(lines, start=1)
        if row not in documentation
        and (row in in_strings or (line.strip() and not line.lstrip().startswith("#")))
    )


def _with_imports(modules: Iterable[str]) -> set[str]:
    """The modules, and all that they import from this package, directly or indirectly."""
    collected: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in collected:
            collected.add(name)
            waiting += (module for module in _imports(name) if not _is_plumbing(module))
    return collected


def _is_plumbing(module: str) -> bool:
    return any(f"{module}.".startswith(f"{_PACKAGE}.{name}.") for name in _PLUMBING)


@cache
def _imports(module: str) -> set[str]:
    """Modules of this package that a module imports, anywhere in its source."""
    imported = set()
    for node in ast.walk(_source.tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(_PACKAGE):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if _source.find(name)}
            imported |= modules or {node.module}
    return imported - {_PACKAGE}
