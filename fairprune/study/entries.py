"""Check the modules that a configuration names, before any job: their constants and options."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fairprune import _source, registry
from fairprune._validation import NotNegative, Positive, Range, check

_Inputs = Literal["images", "features", "tokens"]
_Frame = Literal["final", "pruned", "epochs"]
_ROUNDS = {
    "rounds": Positive,
    "seeds": Positive,
    "epochs_share": Annotated[float, Range(0, 1, "(]")],
}
_CONSTANTS: dict[str, dict[str, Any]] = {  # what they may be; in a tuple, its items
    "scores": {
        "QUERY": str,
        "NEEDS": Literal["record", "model"],
        "VIEW": Literal["train", "evaluation"] | None,
        "SERIES": Literal["kl_step", "validation_loss"] | None,
        "EMBEDDINGS": bool,
        "ARTIFACT": (str,),
        "WINDOW": Positive,
        "BEYOND_WINDOW": NotNegative,
    },
    "losses": {"NEEDS_VALIDATION": bool, "NEEDS_TEACHER": bool},
    "selectors": {"ARTIFACT": (str,)},
    "quota_rules": {"ROUNDS": _ROUNDS},
    "models": {"INPUTS": (_Inputs,)},
    "data": {"INPUTS": _Inputs, "DOWNLOADS": bool},
    "figures": {
        "TITLE": str,
        "CAPTION": str,
        "METHODS": (str, None),
        "NEEDS": (_Frame,),
        "FINAL_METHODS": (str,),
        "NEEDED_METHODS": (str,),
        "MINIMUM": Positive,
        "OPTIONS": (Literal["bands"],),
    },
}
_NEEDED = {
    "losses": ("NEEDS_VALIDATION",),
    "figures": ("TITLE", "METHODS", "NEEDS"),
}
# Functions that a module must define if a constant is true, or not empty.
_FUNCTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "scores": {"ARTIFACT": ("artifact",)},
    "losses": {"NEEDS_TEACHER": ("with_teacher",)},
    "quota_rules": {"ROUNDS": ("updated", "started")},
    "figures": {"TITLE": ("plotted_table", "draw")},
}


class _Nothing:
    """Stands in messages for a constant that is missing or cannot be read."""

    def __repr__(self) -> str:
        return "nothing that is a literal"


def check_entry(kind: str, name: str, options: Mapping[str, Any], where: str) -> None:
    """Check an entry's constants, and its options as :func:`registry.check_options` does.

    Raises
    ------
    ValueError
        Naming the module's file and the constant, or as there.
    """
    check_constants(kind, name)
    registry.check_options(kind, name, options, where)


def check_constants(kind: str, name: str) -> None:
    """Check the constants by which the workflow plans, and the functions that they require.

    Raises
    ------
    ValueError
        Naming the module's file, the constant, its value and what is allowed.
    """
    module = f"fairprune.{kind}.{name}"
    file, stated = _source.path(module), _source.constants(module)
    for constant, allowed in _CONSTANTS[kind].items():
        if constant in stated:
            _check_value(f"{file}: {constant}", stated[constant], allowed)
        elif constant in _NEEDED.get(kind, ()) or constant in _source.assigned(module):
            _check_value(f"{file}: {constant}", _Nothing(), allowed)

    missing = _CONSTANTS[kind].keys() - _source.assigned(module)
    others = {name for name in _source.assigned(module) if not name.startswith("_")}
    for name in others - _CONSTANTS[kind].keys():
        for meant in difflib.get_close_matches(name, missing, n=1, cutoff=0.75):
            raise ValueError(
                f"{file}: {name} is no constant that is read; did you mean {meant}? "
                "If not, give it another name"
            )

    for constant, functions in _FUNCTIONS.get(kind, {}).items():
        for function in functions:
            if stated.get(constant) and not _source.defines(module, function):
                raise ValueError(f"{file} has {constant}, and must define {function}(...) besides")


def check_own_figures() -> None:
    """Check the constants of all figures from folders of ``extensions``."""
    for name in registry.names("figures"):
        if _source.is_own(f"fairprune.figures.{name}"):
            check_constants("figures", name)


def _check_value(where: str, value: Any, allowed: Any) -> None:
    if isinstance(allowed, dict):
        if not isinstance(value, dict) or value.keys() != allowed.keys():
            raise ValueError(f"{where} must be a dict of {', '.join(allowed)}, got {value!r}")
        for key, item in value.items():
            check(f"{where}[{key!r}]", item, allowed[key])
    elif isinstance(allowed, tuple):
        kind, *others = allowed
        if value in others:
            return
        if not isinstance(value, tuple | list):
            words = " or ".join(["a tuple", *map(str, others)])
            raise ValueError(f"{where} must be {words}, got {value!r}")
        for position, item in enumerate(value):
            check(f"{where}[{position}]", item, kind)
    else:
        check(where, value, allowed)
