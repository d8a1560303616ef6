"""Everything that can be named in the configuration, found by file name.

A *kind* is a sub-package (``scores``, ``models``, ...); each public module in it is one
entry, named like its file. Adding an entry therefore means adding one file.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

KINDS = ("data", "models", "scores", "quota_rules", "selectors", "losses", "figures")
_FUNCTIONS = {  # of each kind: its function, and the arguments that the workflow gives itself
    "data": ("load", ()),
    "models": ("build", ()),
    "scores": ("score", ()),
    "quota_rules": ("class_density", ("recall", "strategy_counts")),
    "selectors": ("select", ("scores", "generator", "artifact")),
    "losses": ("class_weights", ()),
}
_HELPERS = {"figures": {"style", "panels"}}


@cache
def names(kind: str) -> tuple[str, ...]:
    """Sorted names of all registered entries of a kind.

    Raises
    ------
    ValueError
        If ``kind`` is not one of ``KINDS``.
    """
    _check("kind", kind, KINDS)
    package = importlib.import_module(f"fairprune.{kind}")
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    helpers = _HELPERS.get(kind, set())
    return tuple(sorted(n for n in found if not n.startswith("_") and n not in helpers))


def load(kind: str, name: str) -> ModuleType:
    """Import the module registered under ``name``.

    Raises
    ------
    ValueError
        If nothing of that name exists; the message lists the known names and the nearest.
    """
    _check(kind, name, names(kind))
    return importlib.import_module(f"fairprune.{kind}.{name}")


def constant(kind: str, name: str, constant: str, default: Any = None) -> Any:
    """A module-level constant of an entry, read from its source without importing it.

    Planning a workflow asks every entry what it needs; importing torch or matplotlib for that
    would cost seconds. The constant must be a literal, or one of a module in the same package.

    Examples
    --------
    >>> constant("losses", "cdbw", "NEEDS_VALIDATION")
    True
    """
    _check(kind, name, names(kind))
    return _constants(f"fairprune.{kind}.{name}").get(constant, default)


def check_options(kind: str, name: str, options: Iterable[str], where: str) -> None:
    """Check option names against the keyword-only arguments of an entry's function.

    Read from its source, like :func:`constant`; a function with ``**options`` takes any name.

    Raises
    ------
    ValueError
        Naming the option, where it stands in the configuration, and the known ones.
    """
    function, given = _FUNCTIONS[kind]
    node = next(
        node
        for node in _tree(f"fairprune.{kind}.{name}").body
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    known = [argument.arg for argument in node.args.kwonlyargs if argument.arg not in given]
    for option in options:
        if option not in known and node.args.kwarg is None:
            raise ValueError(
                f"{where}.{option}: unknown option of {name!r}; known: {', '.join(known) or 'none'}"
            )


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(Path(importlib.util.find_spec(module).origin).read_text())


@cache
def _constants(module: str) -> dict[str, Any]:
    found = {}
    for node in _tree(module).body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        try:
            found[target.id] = _evaluate(value, module.rpartition(".")[0])
        except (ValueError, KeyError, AttributeError):
            continue  # not a constant of this kind
    return found


def _evaluate(node: ast.expr, package: str) -> Any:
    """A literal, a tuple, or a constant of a module beside this one."""
    if isinstance(node, ast.Tuple):
        return tuple(_evaluate(element, package) for element in node.elts)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return _constants(f"{package}.{node.value.id}")[node.attr]
    return ast.literal_eval(node)


def _check(what: str, name: str, known: tuple[str, ...]) -> None:
    if name in known:
        return
    nearest = difflib.get_close_matches(str(name), known, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"unknown {what} {name!r}; known: {', '.join(known)}{hint}")
