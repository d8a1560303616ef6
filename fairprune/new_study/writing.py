"""The configuration as text: each setting with its reason in a comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

from fairprune._text import as_line
from fairprune.new_study.settings import Plan
from fairprune.storage.canonical import Dataset

_COLUMN = 41  # where reasons begin


def configuration(name: str, dataset_entry: Mapping[str, Any], plan: Plan, head: list[str]) -> str:
    """Text of a configuration file.

    Parameters
    ----------
    name : str
        Name of the data set and of the experiment.
    dataset_entry : mapping
        Entry of ``datasets``.
    plan : Plan
    head : list of str
        Lines of the comment at the top.
    """
    lines = [_comment(line) for line in head]
    lines += [f"run: [{name}]", "", "datasets:", f"  {name}:"]
    lines += _entries(dataset_entry, plan.reasons, 4)
    lines += ["", "experiments:", f"  {name}:", f"    dataset: {name}"]
    lines += _entries(plan.settings, plan.reasons, 4)
    for key, value in plan.options.items():
        lines += ["", *([f"# {plan.reasons[key]}"] if key in plan.reasons else [])]
        lines.append(f"{key}: {_value(value)}")
    return "\n".join(lines) + "\n"


def describe(dataset: Dataset) -> list[str]:
    """Lines that say what is in a data set."""
    sizes = {split: len(labels) for split, labels in dataset.labels.items()}
    n_classes = len(dataset.class_names)
    return [
        f"{n_classes} classes; {sizes['train']:,} training, {sizes['validation']:,} validation and "
        f"{sizes['test']:,} test {noun(dataset)}",
        *(_class_sizes(dataset, split) for split in ("train", "validation")),
        _shape(dataset),
    ]


def noun(dataset: Dataset) -> str:
    """What the examples of a data set are called."""
    return "images" if dataset.images["train"].ndim == 4 else "examples"


def _shape(dataset: Dataset) -> str:
    shape = dataset.images["train"].shape
    if len(shape) == 4:
        return f"{shape[2]} x {shape[1]} pixels, {shape[3]} channel{'s' if shape[3] > 1 else ''}"
    if dataset.vocabulary:
        return f"{shape[1]} words of a text at most, of a vocabulary of {dataset.vocabulary:,}"
    return f"{shape[1]:,} features"


def _class_sizes(dataset: Dataset, split: str) -> str:
    counts = np.bincount(dataset.labels[split], minlength=len(dataset.class_names))
    words = {"train": "training", "validation": "validation"}[split]
    if counts.min() == counts.max():
        return f"{words} {noun(dataset)} of every class: {counts[0]:,}"
    fewest, most = int(counts.argmin()), int(counts.argmax())
    return (
        f"{words} {noun(dataset)} per class: {counts[fewest]:,} ({dataset.class_names[fewest]}) to "
        f"{counts[most]:,} ({dataset.class_names[most]})"
    )


def _entries(mapping: Mapping[str, Any], reasons: Mapping[str, str], indent: int) -> list[str]:
    lines = []
    for key, value in mapping.items():
        prefix = f"{' ' * indent}{key}:"
        if key == "training":
            lines += [prefix, *_entries(value, reasons, indent + 2)]
        else:
            line = f"{prefix} {_value(value)}"
            lines.append(f"{line:<{_COLUMN}} # {reasons[key]}" if reasons.get(key) else line)
    return lines


def _comment(text: str) -> str:
    """Turn text into a comment of one line, whatever names are in it."""
    return f"# {as_line(text)}".rstrip()


def _value(value: Any) -> str:
    """YAML in one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("...\n").strip()
