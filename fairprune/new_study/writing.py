"""The configuration as text: each setting with its reason in a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from fairprune.new_study.settings import Plan
from fairprune.storage.canonical import Dataset, channel_statistics

_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_COLUMN = 41  # where reasons begin


def configuration(
    name: str,
    dataset_entry: Mapping[str, Any],
    plan: Plan,
    *,
    head: list[str],
    reasons: Mapping[str, str],
) -> str:
    """Text of a configuration file.

    Parameters
    ----------
    name : str
        Of the data set and of the experiment.
    dataset_entry : mapping
        Entry of ``datasets``.
    plan : Plan
    head : list of str
        Lines of the comment at the top.
    reasons : mapping of str to str
        For keys of ``dataset_entry``.
    """
    lines = [f"# {line}".rstrip() for line in head]
    lines += [f"run: [{name}]", "", "datasets:", f"  {name}:"]
    lines += _entries(dataset_entry, reasons, 4)
    lines += ["", "experiments:", f"  {name}:", f"    dataset: {name}"]
    lines += _entries(plan.settings, plan.reasons, 4)
    for key, value in plan.options.items():
        lines += ["", *([f"# {plan.reasons[key]}"] if key in plan.reasons else [])]
        lines.append(f"{key}: {_value(value)}")
    return "\n".join(lines) + "\n"


def describe(dataset: Dataset) -> list[str]:
    """What is in a data set, as lines."""
    _, height, width, channels = dataset.images["train"].shape
    sizes = {split: len(labels) for split, labels in dataset.labels.items()}
    n_classes = len(dataset.class_names)
    mean, std = channel_statistics(dataset.images["train"])
    return [
        f"{n_classes} classes; {sizes['train']:,} training, {sizes['validation']:,} validation and "
        f"{sizes['test']:,} test images",
        *(_class_sizes(dataset, split) for split in ("train", "validation")),
        f"{width} x {height} pixels, {channels} channel{'s' if channels > 1 else ''}; means "
        f"{_numbers(mean)}, standard deviations {_numbers(std)}",
    ]


def duration(seconds: float) -> str:
    """A time in words that do not promise more than an estimate can.

    Examples
    --------
    >>> duration(20), duration(400), duration(9000), duration(400_000)
    ('a minute', '7 minutes', '2.5 hours', '4.6 days')
    """
    if seconds < 90:
        return "a minute"
    for unit, length in (("minutes", 60), ("hours", 3600), ("days", 86400)):
        if seconds < {60: 5400, 3600: 172800, 86400: float("inf")}[length]:
            number = seconds / length
            return f"{number:.1f} {unit}" if number < 10 and length > 60 else f"{number:.0f} {unit}"
    raise AssertionError


def _class_sizes(dataset: Dataset, split: str) -> str:
    counts = np.bincount(dataset.labels[split], minlength=len(dataset.class_names))
    words = {"train": "training", "validation": "validation"}[split]
    if counts.min() == counts.max():
        return f"{words} images of every class: {counts[0]:,}"
    fewest, most = int(counts.argmin()), int(counts.argmax())
    return (
        f"{words} images per class: {counts[fewest]:,} ({dataset.class_names[fewest]}) to "
        f"{counts[most]:,} ({dataset.class_names[most]})"
    )


def _entries(mapping: Mapping[str, Any], reasons: Mapping[str, str], indent: int) -> list[str]:
    lines = []
    for key, value in mapping.items():
        prefix = f"{' ' * indent}{key}:"
        if key == "training":
            lines += [prefix, *_entries(value, reasons, indent + 2)]
        elif key == "methods":
            lines += [prefix, *(f"{' ' * indent}  - {method}" for method in value)]
        else:
            line = f"{prefix} {_value(value)}"
            lines.append(f"{line:<{_COLUMN}} # {reasons[key]}" if reasons.get(key) else line)
    return lines


def _value(value: Any) -> str:
    """YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
