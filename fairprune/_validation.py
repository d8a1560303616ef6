"""Checks of arguments, shared by the public functions.

Errors name the argument, the value and what is allowed. Arrays are checked in
:mod:`fairprune._arrays`, so that planning a workflow does not need NumPy.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import numbers
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

_TYPES = {  # of an annotation: what fits, and words
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
    str: (str, "text"),
    bool: (bool, "true or false"),
    type(None): (type(None), "null"),
}
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, in an annotation: ``Annotated[float, Range(0, 1, "[)")]``.

    A round bracket in ``ends`` excludes that end from the range.
    """

    low: float = -math.inf
    high: float = math.inf
    ends: str = "[]"

    def __contains__(self, value: float) -> bool:
        above = self.low < value if self.ends[0] == "(" else self.low <= value
        below = value < self.high if self.ends[1] == ")" else value <= self.high
        return above and below

    def __str__(self) -> str:
        return f"{self.ends[0]}{self.low}, {self.high}{self.ends[1]}"


Positive = Annotated[int, Range(1)]
NotNegative = Annotated[int, Range(0)]


def check(name: str, value: object, annotation: Any) -> None:
    """Refuse a value that does not fit an annotation.

    Parameters
    ----------
    name : str
        Name of the value in the message.
    value : object
    annotation : type
        ``int``, ``float``, ``str``, ``bool``, ``None``, a ``Literal``, one of them
        ``Annotated`` with a :class:`Range`, a ``tuple`` of them, perhaps with ``...`` (lists fit
        too), or several joined by ``|``. Any value fits any other annotation.
    """
    union = get_origin(annotation) in (Union, UnionType)
    kinds = get_args(annotation) if union else (annotation,)
    if not any(_fits(value, kind) for kind in kinds):
        allowed = " or ".join(_words(kind) for kind in kinds)
        raise ValueError(f"{name} must be {allowed}, got {value!r}")


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate a function to refuse arguments that do not fit their annotations."""
    parameters = inspect.signature(function).parameters
    names = vars(sys.modules[function.__module__])
    kinds = {name: evaluated(each.annotation, names) for name, each in parameters.items()}

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for name, value in [*zip(kinds, args, strict=False), *kwargs.items()]:
            check(name, value, kinds.get(name, Any))
        return function(*args, **kwargs)

    return call


def evaluated(expression: Any, names: dict[str, Any]) -> Any:
    """Evaluate an expression given as text; ``Any`` if ``names`` do not suffice for it."""
    try:
        return eval(expression, {}, names) if isinstance(expression, str) else expression
    except (AttributeError, ImportError, LookupError, NameError, TypeError):
        return Any


def _fits(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is Annotated:
        plain, allowed = get_args(kind)
        return _fits(value, plain) and value in allowed
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            return False
        kinds = get_args(kind)
        if kinds[-1] is ...:
            return len(value) > 0 and all(_fits(item, kinds[0]) for item in value)
        return len(value) == len(kinds) and all(map(_fits, value, kinds))
    if kind not in _TYPES:
        return True
    return isinstance(value, _TYPES[kind][0]) and isinstance(value, bool) == (kind is bool)


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if get_origin(kind) is Annotated:
        plain, allowed = get_args(kind)
        return f"{_words(plain)} in {allowed}"
    if get_origin(kind) is tuple:
        first, *others = get_args(kind)
        if others[-1:] == [...]:
            return f"a list of at least one value, each {_words(first)}"
        return f"a list of {1 + len(others)} values, each {_words(first)}"
    return _TYPES[kind][1]


def check_density(density: float) -> float:
    """Check a density and return it as a float in (0, 1]."""
    number = isinstance(density, numbers.Real) and not isinstance(density, bool)
    if not (number and 0 < density <= 1):
        raise ValueError(f"density is the share kept, a number in (0, 1], got {density!r}")
    return float(density)


def check_integer(
    name: str, value: int, *, minimum: float = -math.inf, maximum: float = math.inf
) -> int:
    """Check that an integer is in a closed range, and return it."""
    bounded = not (math.isinf(minimum) and math.isinf(maximum))
    check(name, value, Annotated[int, Range(minimum, maximum)] if bounded else int)
    return int(value)


def check_known(name: object, known: Iterable[str], problem: str) -> None:
    """Refuse an unknown name; the message has the problem, the known names and a near one."""
    known = list(dict.fromkeys(known))
    if name in known:
        return
    nearest = difflib.get_close_matches(str(name)[:100], known, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{problem}; known: {', '.join(known) or 'none'}{hint}")
