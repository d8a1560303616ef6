"""Check the merged configuration before anything else reads it.

There are three checks: that it is plain data of a sensible size (YAML also gives dates, tuples,
numbers that are not finite, and aliases that unfold to more than any memory holds); that it fits
the JSON schema, whose defaults are filled in; and, in :mod:`fairprune.study.study`, that the names
in it exist. The first problem is reported in one line: the key's path, the value, and what is
allowed.
"""

from __future__ import annotations

import copy
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from fairprune._validation import check_known

MAX_VALUES = 50_000
MAX_DEPTH = 20
MAX_TEXT = 10_000
_LIMIT = 2**63


def check(config: dict[str, Any], schema: Path | str) -> None:
    """Check a configuration and fill in the schema's defaults.

    Parameters
    ----------
    config : dict
        Changed in place.
    schema : path
        A JSON schema (draft 2020-12) written in YAML.

    Raises
    ------
    ValueError
        In one line: the key's path, its value and what is allowed.
    """
    check_plain(config)
    error = next(_validator(Path(schema)).iter_errors(config), None)
    if error is not None:
        raise ValueError(_message(error))


def check_plain(config: dict[str, Any]) -> None:
    """Refuse a configuration that is not plain data of a sensible size.

    Raises
    ------
    ValueError
        As :func:`check`.
    """
    _check_plain(config, (), iter(range(MAX_VALUES)))


def key_path(path: Iterable[str | int]) -> str:
    """Format the path of a key for messages.

    Examples
    --------
    >>> key_path(["experiments", "demo", "densities", 0])
    'experiments.demo.densities[0]'
    """
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".") or "configuration"


def shown(value: object) -> str:
    """A value as messages show it: in one line, and short whatever it is."""
    if isinstance(value, int) and abs(value) >= _LIMIT:
        return f"an integer of {value.bit_length()} bits"
    short = reprlib.Repr()
    short.maxstring = short.maxother = 80
    return short.repr(value).replace("\n", " ")


def _check_plain(value: object, path: tuple[str | int, ...], budget: Iterator[int]) -> None:
    """Refuse anything but plain data; an alias counts each time it is used."""
    if next(budget, None) is None:
        raise ValueError(f"configuration has more than {MAX_VALUES} values, aliases unfolded")
    if len(path) > MAX_DEPTH:
        raise ValueError(f"{key_path(path[:3])} is nested deeper than {MAX_DEPTH} levels")

    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _is_text(key):
                raise ValueError(f"{key_path(path)}: a key must be text, got {shown(key)}")
            _check_plain(item, (*path, key), budget)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _check_plain(item, (*path, position), budget)
    elif isinstance(value, str):
        if not _is_text(value):
            allowed = f"text of at most {MAX_TEXT} characters, none of them a control character"
            raise ValueError(f"{key_path(path)} must be {allowed}, got {shown(value)}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not abs(value) < _LIMIT:  # false for NaN too
            raise ValueError(f"{key_path(path)} must be finite and below 2**63, got {shown(value)}")
    elif value is not None and not isinstance(value, bool):
        allowed = "text, a number, true, false, null, a list or a mapping"
        kind = type(value).__name__
        raise ValueError(f"{key_path(path)} must be {allowed}, got the {kind} {shown(value)}")


def _is_text(value: str) -> bool:
    if len(value) > MAX_TEXT:
        return False
    return all(c >= " " and not "\ud800" <= c <= "\udfff" and c != "\x7f" for c in value)


@cache
def _validator(path: Path) -> Draft202012Validator:
    """Validator that fills in defaults; only what is written as an integer is one, not 1.0."""
    schema = yaml.safe_load(path.read_text(encoding="utf-8"))
    checked = Draft202012Validator.VALIDATORS["properties"]

    def fill_and_check(
        validator: Draft202012Validator, properties: Mapping[str, Any], instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            for key, entry in properties.items():
                if isinstance(entry, dict) and "default" in entry:
                    instance.setdefault(key, copy.deepcopy(entry["default"]))
        yield from checked(validator, properties, instance, schema)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, v: type(v) is int)
    filling = validators.extend(
        Draft202012Validator, {"properties": fill_and_check}, type_checker=types
    )
    return filling(schema)


def _message(error: ValidationError) -> str:
    """Describe an error in the schema's words if it has a description, else in jsonschema's."""
    path, schema, value = list(error.absolute_path), error.schema, error.instance
    if error.validator == "additionalProperties":
        for key in value:
            check_known(key, schema["properties"], f"{key_path([*path, key])}: unknown key")
    if error.validator == "required":
        missing = next(key for key in schema["required"] if key not in value)
        return f"{key_path([*path, missing])} is missing"

    if "description" not in schema:
        problem = f"{key_path(path)}: {shown(value)}{error.message.removeprefix(repr(value))}"
        return problem + _hint(value)
    subject = ": a name" if "propertyNames" in error.absolute_schema_path else ""
    return f"{key_path(path)}{subject} must be {schema['description']}, got {shown(value)}"


def _hint(value: object) -> str:
    """Say how text may have got where another value, such as a number, is meant."""
    if isinstance(value, str) and re.fullmatch(
        r"-?[0-9]{1,9}(\.[0-9]{0,9})?[eE][+-]?[0-9]{1,2}", value
    ):
        mantissa, exponent = value.lower().split("e")
        dotted = f"{float(mantissa)}e{int(exponent):+d}"
        return f"; YAML takes {value} for text: write {Decimal(value):f} or {dotted}"
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9.]{1,20}|true|false|null", value):
        return ""
    return "; inside braces --config gives text: write it to a file for --configfile"
