"""Everything that can be named in the configuration, found by file name.

A *kind* is a sub-package (``scores``, ``models``, ...); each public module in it is one
entry, named like its file. Adding an entry therefore means adding one file, here or in a folder of
your own (:func:`extend`).
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import Parameter
from pathlib import Path
from types import ModuleType
from typing import Any

from fairprune import _source
from fairprune._validation import check, check_known

KINDS = ("data", "models", "scores", "quota_rules", "selectors", "losses", "figures")
FUNCTIONS = {  # by kind: the function, and the arguments that the workflow itself passes
    "data": ("load", ()),
    "models": ("build", ()),
    "scores": ("score", ()),
    "quota_rules": (
        "class_density",
        (
            "recall",
            "tries",
            "strategy_counts",
            "class_scores",
            "log_weight",
            "errors",
            "number",
            "weight",
        ),
    ),
    "selectors": ("select", ("scores", "generator", "artifact")),
    "losses": ("class_weights", ()),
}
EXTENSIONS = "FAIRPRUNE_EXTENSIONS"
_FIRST = {  # arguments that come by position, before all others
    "data": ("root",),
    "models": ("n_classes", "in_channels", "image_size"),
    "scores": ("query",),
    "quota_rules": ("class_counts", "density"),
    "selectors": ("pool", "n_keep"),
    "losses": ("recall",),
}
_HELPERS = {"figures": {"style", "panels"}}


def extend(folder: Path | str) -> None:
    """Register a folder of your own: its modules become entries like those of this package.

    Parameters
    ----------
    folder : path
        Has some of the sub-folders ``scores``, ``models``, ``data`` and so on. Processes started
        by this one register it too, through the environment variable ``FAIRPRUNE_EXTENSIONS``.

    Raises
    ------
    ValueError
        If there is no such folder, it has none of the sub-folders, its path contains the path
        separator (``:``), or a module has the name of an existing entry.
    """
    folder = Path(folder).resolve()
    if os.pathsep in str(folder):
        raise ValueError(f"{folder} must have no {os.pathsep!r} in its path")
    kinds = [kind for kind in KINDS if (folder / kind).is_dir()]
    if not kinds:
        raise ValueError(f"{folder} must be a folder with one of the folders {', '.join(KINDS)}")
    for kind in kinds:
        path, added = importlib.import_module(f"fairprune.{kind}").__path__, str(folder / kind)
        if added in path:
            continue
        here = {module.name for module in pkgutil.iter_modules(path)}
        both = here & {module.name for module in pkgutil.iter_modules([added])}
        if both:
            raise ValueError(f"{added}/{min(both)}.py has the name of one of fairprune's {kind}")
        path.append(added)
    known = filter(None, os.environ.get(EXTENSIONS, "").split(os.pathsep))
    os.environ[EXTENSIONS] = os.pathsep.join(dict.fromkeys([*known, str(folder)]))
    names.cache_clear()


@cache
def names(kind: str) -> tuple[str, ...]:
    """Sorted names of all registered entries of a kind, one of ``KINDS``."""
    check_known(kind, KINDS, f"unknown kind {kind!r}")
    folders = _source.folders(f"fairprune.{kind}")
    modules = {module.name for module in pkgutil.iter_modules(folders)}
    entries = modules - _HELPERS.get(kind, set())
    return tuple(sorted(name for name in entries if not name.startswith("_")))


def load(kind: str, name: str) -> ModuleType:
    """Import the module registered under ``name``.

    Raises
    ------
    ValueError
        If nothing of that name exists; the message lists the known names and the nearest.
    """
    return importlib.import_module(_module(kind, name))


def source_options(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Options of an entry of ``datasets``: all but its ``source`` and ``root``."""
    return {key: value for key, value in entry.items() if key not in ("source", "root")}


def model_options(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a ``model`` entry: all but its ``name``."""
    return {key: value for key, value in entry.items() if key != "name"}


def build_model(entry: Mapping[str, Any], sizes: Iterable[int]) -> Any:
    """Build the untrained model of a ``model`` entry.

    ``sizes`` are the number of classes K, ``in_channels`` and ``image_size``.
    """
    return load("models", entry["name"]).build(*sizes, **model_options(entry))


def constant(kind: str, name: str, constant: str, default: Any = None) -> Any:
    """A module-level constant of an entry, read from its source without importing it.

    Planning a workflow asks every entry what it needs; importing torch or matplotlib for that
    would take seconds. The constant must be a literal, or come from a module of this package.

    Examples
    --------
    >>> constant("losses", "cdbw", "NEEDS_VALIDATION")
    True
    """
    return _source.constants(_module(kind, name)).get(constant, default)


def check_options(kind: str, name: str, options: Mapping[str, Any], where: str) -> None:
    """Check options against the keyword-only arguments of an entry's function.

    Each option must fit its annotation (see :func:`fairprune._validation.check`), and those without
    a default must be given. A function with ``**options`` also takes others, unchecked.

    Raises
    ------
    ValueError
        Naming the option, its place in the configuration, its value and what is allowed; or the
        module's file, if its function does not take the positional arguments.
    """
    _check_first(kind, name)
    parameters = _parameters(kind, name).values()
    workflow_gives = FUNCTIONS[kind][1]
    keyword_only = (p for p in parameters if p.kind is p.KEYWORD_ONLY)
    allowed = {p.name: p for p in keyword_only if p.name not in workflow_gives}
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters)

    for option, value in options.items():
        if option in allowed:
            check(f"{where}.{option}", value, allowed[option].annotation)
        elif option in workflow_gives or not takes_all:
            check_known(option, allowed, f"{where}.{option}: unknown option of {name!r}")
    for option, parameter in allowed.items():
        if parameter.default is parameter.empty and option not in options:
            raise ValueError(f"{where}.{option} is missing; {name!r} needs it")


def check_values(kind: str, name: str, options: Mapping[str, Any]) -> None:
    """Let an entry's module check its options by its own ``check_options``, if it has one.

    This is for what annotations cannot say, such as the names that another library knows. Modules
    without ``check_options`` are not imported.
    """
    if _source.defines(_module(kind, name), "check_options"):
        load(kind, name).check_options(**options)


def needs(kind: str, name: str, argument: str) -> bool:
    """Whether an entry's function has an argument of this name without a default."""
    parameter = _parameters(kind, name).get(argument)
    return parameter is not None and parameter.default is parameter.empty


def declared(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that an entry's function declares.

    Raises
    ------
    ValueError
        If one of them is None and has no default.
    """
    parameters = inspect.signature(function).parameters
    taken = {name: value for name, value in arguments.items() if name in parameters}
    for name, value in taken.items():
        if value is None and parameters[name].default is Parameter.empty:
            raise ValueError(f"{function.__module__.rpartition('.')[2]} needs {name}, got None")
    return taken


def _check_first(kind: str, name: str) -> None:
    """Check that an entry's function takes the positional arguments, and needs no more of them."""
    parameters = _parameters(kind, name)
    first, workflow_gives = _FIRST[kind], FUNCTIONS[kind][1]
    by_keyword = {
        key: None
        for key, p in parameters.items()
        if p.kind is p.KEYWORD_ONLY or (key in workflow_gives and key not in first)
    }
    try:
        inspect.Signature(list(parameters.values())).bind(*first, **by_keyword)
    except TypeError as error:
        function = FUNCTIONS[kind][0]
        raise ValueError(
            f"{_source.path(_module(kind, name))} must begin its function by "
            f"`def {function}({', '.join(first)}, *, ...)`, with options behind the `*`: {error}"
        ) from error


def _parameters(kind: str, name: str) -> Mapping[str, Parameter]:
    return _source.parameters(_module(kind, name), FUNCTIONS[kind][0])


def _module(kind: str, name: str) -> str:
    check_known(name, names(kind), f"unknown {kind} {name!r}")
    return f"fairprune.{kind}.{name}"


for _folder in filter(None, os.environ.pop(EXTENSIONS, "").split(os.pathsep)):
    extend(_folder)  # registered by the process that started this one
