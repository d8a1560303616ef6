"""What a module says of its constants and of a function's options, read from its source.

Planning a workflow asks every entry of the registry what it needs and whether its options are
right; importing torch or matplotlib for that would cost seconds. An option is a keyword-only
argument. It must fit its annotation, must be there if it has no default, and must pass the
``check_choice`` and ``check_integer`` that stand in the function's body outside any condition.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fairprune import _validation

_TYPES = {  # of an annotation: the types that fit, and words
    "int": ((int,), "an integer"),
    "float": ((int, float), "a number"),
    "str": ((str,), "text"),
    "bool": ((bool,), "true or false"),
    "None": ((type(None),), "null"),
}
_CHECKS = {
    "check_choice": _validation.check_choice,
    "check_integer": _validation.check_integer,
}


@cache
def constants(module: str) -> dict[str, Any]:
    """Module-level constants: literals, tuples of them, and constants of imported modules."""
    found: dict[str, Any] = {}
    target: Any
    for node in _tree(module).body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        try:
            found[target.id] = _evaluate(value, module, found)
        except (ValueError, KeyError, AttributeError):
            continue  # not a constant of this kind
    return found


def needs(module: str, function: str, argument: str) -> bool:
    """Whether a function has a positional argument of this name without a default."""
    arguments = _function(module, function).args
    required = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    return argument in (found.arg for found in required)


def check_options(
    module: str, function: str, options: Mapping[str, Any], where: str, given: Collection[str] = ()
) -> None:
    """Check names and values of a function's options.

    Parameters
    ----------
    module, function : str
    options : mapping
        A function with ``**options`` takes names that it does not list, unchecked.
    where : str
        Path of the options in the configuration, for messages.
    given : collection of str, optional
        Keyword-only arguments that are no options.

    Raises
    ------
    ValueError
        Naming the option, its value and what is allowed.
    """
    arguments = _function(module, function).args
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    own = {argument.arg: (argument, default) for argument, default in pairs}
    known = [name for name in own if name not in given]
    for name, value in options.items():
        if name in known:
            _check_type(own[name][0].annotation, value, f"{where}.{name}")
        elif arguments.kwarg is None or name in given:
            raise ValueError(_unknown(f"{where}.{name}", module, known))
    for name in known:
        if own[name][1] is None and name not in options:
            raise ValueError(f"{where}.{name} is missing; {_entry(module)!r} needs it")
    for name, check, allowed in _checks(module, function):
        if options.get(name) is not None and name in known:
            check(f"{where}.{name}", options[name], **allowed)


def _unknown(where: str, module: str, known: Collection[str]) -> str:
    hint = _validation.did_you_mean(where.rpartition(".")[2], known)
    listed = ", ".join(known) or "none"
    return f"{where}: unknown option of {_entry(module)!r}; known: {listed}{hint}"


def _entry(module: str) -> str:
    return module.rpartition(".")[2]


def _check_type(annotation: ast.expr | None, value: object, where: str) -> None:
    names = [] if annotation is None else ast.unparse(annotation).split(" | ")
    if not names or not all(name in _TYPES for name in names):
        return
    if not any(type(value) in _TYPES[name][0] for name in names):
        allowed = " or ".join(_TYPES[name][1] for name in names)
        raise ValueError(f"{where} must be {allowed}, got {value!r}")


def _checks(module: str, function: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Option, check and what it allows, of the checks that do not depend on anything else."""
    for statement in _function(module, function).body:
        call = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        check = _CHECKS.get(call.func.id)
        if check is None or not isinstance(call.args[0], ast.Constant):
            continue
        own = constants(module)
        try:
            allowed = {str(k.arg): _evaluate(k.value, module, own) for k in call.keywords}
            if check is _validation.check_choice:
                allowed["allowed"] = _evaluate(call.args[2], module, own)
        except (ValueError, KeyError, AttributeError):
            continue  # depends on something else
        yield str(call.args[0].value), check, allowed


@cache
def _imports(module: str) -> dict[str, str]:
    """Modules that a module imports with ``from package import name``, by that name."""
    nodes = [node for node in _tree(module).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


@cache
def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.origin is not None
    return ast.parse(Path(spec.origin).read_text())


def _function(module: str, name: str) -> ast.FunctionDef:
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ValueError(f"{module} has no function {name!r}")


def _evaluate(node: ast.expr, module: str, own: Mapping[str, Any]) -> Any:
    """A literal, a tuple, one of the module's ``own`` constants, or one of a module it imports."""
    if isinstance(node, ast.Tuple):
        return tuple(_evaluate(element, module, own) for element in node.elts)
    if isinstance(node, ast.Name):
        return own[node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return constants(_imports(module)[node.value.id])[node.attr]
    return ast.literal_eval(node)
