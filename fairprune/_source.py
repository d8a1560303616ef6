"""Read a module's constants and a function's arguments from its source, without importing it.

Planning a workflow asks every entry of the registry what it needs and whether its options are
right; importing torch or matplotlib for that would take seconds.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import sys
import typing
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fairprune._validation import Range

_HARMLESS = (  # to compute at planning, which must do nothing else
    *(ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Starred),
    *(ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Call, ast.keyword),
    *(ast.UnaryOp, ast.unaryop, ast.BinOp, ast.operator, ast.expr_context),
)
_TYPES = {each.__name__: each for each in (bool, bytes, dict, float, int, list, set, str, tuple)}


class _Names(dict[str, Any]):
    """Constants of a module by name, including those it imports from this package."""

    def __init__(self, module: str) -> None:
        super().__init__(Annotated=typing.Annotated, Literal=typing.Literal, Range=Range)
        self.module = module

    def __missing__(self, name: str) -> Any:
        package, original = _imports(self.module)[name]
        if original in constants(package):
            return constants(package)[original]
        if _spec(package).submodule_search_locations is None:
            raise KeyError(name)
        return SimpleNamespace(**constants(f"{package}.{original}"))


@cache
def constants(module: str) -> dict[str, Any]:
    """Module-level constants that can be computed from literals, types and other constants."""
    names = _Names(module)
    for node in tree(module).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = _computed(node.value, names)
            if value is not Any:
                names[ast.unparse(target)] = value
    return names


def assigned(module: str) -> set[str]:
    """Names assigned at module level, whether or not their values can be computed."""
    nodes = [node for node in tree(module).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    targets = [n.targets[0] if isinstance(n, ast.Assign) else n.target for n in nodes]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _computed(expression: ast.expr, names: dict[str, Any]) -> Any:
    """Evaluate literals, types, names, arithmetic and ``Range(...)``; ``Any`` for anything else."""
    if not all(map(_is_harmless, ast.walk(expression))):
        return Any
    code = compile(ast.Expression(expression), "<constant>", "eval")
    try:
        return eval(code, {"__builtins__": _TYPES}, names)
    except (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError):
        return Any


def _is_harmless(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == Range.__name__
    return isinstance(node, _HARMLESS)


@cache
def parameters(module: str, function: str) -> dict[str, inspect.Parameter]:
    """Arguments of a function by name, with evaluated annotations; defaults are all ``None``.

    Raises
    ------
    ValueError
        If the module has no ``def`` of the function at its top level.
    """
    definition = _functions(module).get(function)
    if definition is None:
        raise ValueError(
            f"{path(module)} must define its function by a line `def {function}(...):` that is not "
            "indented, as its options are read without importing it"
        )
    arguments = copy.deepcopy(definition.args)
    arguments.defaults = [ast.Constant(None) for _ in arguments.defaults]
    arguments.kw_defaults = [each and ast.Constant(None) for each in arguments.kw_defaults]
    stub: dict[str, Any] = {}
    text = f"from __future__ import annotations\ndef {function}({ast.unparse(arguments)}): ..."
    exec(text, stub)
    return {
        name: each.replace(annotation=_annotation(each.annotation, constants(module)))
        for name, each in inspect.signature(stub[function]).parameters.items()
    }


def _annotation(text: Any, names: dict[str, Any]) -> Any:
    """Evaluate an annotation given as text; return the marker of a missing one unchanged."""
    return _computed(ast.parse(text, mode="eval").body, names) if isinstance(text, str) else text


def defines(module: str, function: str) -> bool:
    """Whether a module has a function of this name, or imports one from this package."""
    return function in _functions(module) or function in _imports(module)


def _functions(module: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree(module).body if isinstance(node, ast.FunctionDef)}


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Imports of a module from this package: local name to (module, name in that module)."""
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree(module).body
        if isinstance(node, ast.ImportFrom) and node.module
        if node.module.split(".")[0] == __package__
        for alias in node.names
    }


@cache
def tree(module: str) -> ast.Module:
    """Parse a module's source.

    Raises
    ------
    ValueError
        If it is not Python; the message names its file.
    """
    file = path(module)
    try:
        return ast.parse(text(module), str(file))
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise ValueError(f"{file}{line}: this is not Python: {error.msg}") from error
    except ValueError as error:  # of another encoding, or with null bytes
        raise ValueError(f"{file}: this is not Python in UTF-8: {error}") from error


def text(module: str) -> str:
    """A module's source, decoded as Python does."""
    return importlib.util.decode_source(path(module).read_bytes())


def path(module: str) -> Path:
    """Path of a module's file, found without importing the module."""
    origin = _spec(module).origin
    assert origin is not None
    return Path(origin)


def is_own(module: str) -> bool:
    """Whether a module is the user's own: outside this package, in a folder of ``extensions``."""
    return Path(__file__).parent not in path(module).parents


def find(module: str) -> ModuleSpec | None:
    """Find a module's spec, or None, without importing the module or its package."""
    package = module.rpartition(".")[0]
    if not package:
        return importlib.util.find_spec(module)
    return PathFinder.find_spec(module, paths) if (paths := folders(package)) else None


def folders(package: str) -> list[str]:
    """Folders of a package, including those of extensions; none if the module is no package."""
    if package in sys.modules:
        return list(getattr(sys.modules[package], "__path__", ()))
    spec = find(package)
    return list((spec and spec.submodule_search_locations) or ())


def _spec(module: str) -> ModuleSpec:
    spec = find(module)
    if spec is None:
        raise LookupError(f"there is no module {module!r}")
    return spec
