"""Command line: ``fairprune new PATH``; ``make new-study`` calls it."""

from __future__ import annotations

import argparse
import copy
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from snakemake.utils import update_config

from fairprune import registry
from fairprune._processor import n_cores
from fairprune._text import print_any_name
from fairprune.jobs.devices import DeviceError, compute_device, visible_devices
from fairprune.jobs.time_left import in_words
from fairprune.new_study.settings import (
    FEW_VALIDATION,
    Machine,
    Plan,
    plan,
    suggest_fit,
    suggest_size,
)
from fairprune.new_study.source import Entry, find_source, image_sizes, list_source
from fairprune.new_study.tables import say_columns
from fairprune.new_study.timing import Estimate, estimate, seconds_per_example
from fairprune.new_study.writing import configuration, describe, noun
from fairprune.storage.atomic import write_text
from fairprune.storage.canonical import Dataset
from fairprune.study.configuration import check
from fairprune.study.experiment import Experiment
from fairprune.study.project import program, project_file
from fairprune.study.study import Study
from fairprune.version import __version__

STUDY = project_file("config/config.yaml")
SCHEMA = project_file("workflow/schemas/config.schema.yaml")
_COLUMNS = ("image_column", "label_column", "group_column", "text_column", "feature_column")
_OF_TABLES = (*_COLUMNS, "used_classes_only")
_LONGEST_NAME = 64  # of a data set and an experiment
_TAKEN = ("theory", "data", "figures", "tables", "table1", "all")  # as the schema has them


def main(arguments: list[str] | None = None) -> int:
    """Write a configuration, and return the exit status."""
    options = _parser().parse_args(arguments)
    print_any_name()
    try:
        for line in new_study(options):
            print(line)
    except (OSError, ValueError, DeviceError) as error:
        print(f"new-study: {error}", file=sys.stderr)
        return 1
    return 0


def new_study(options: argparse.Namespace) -> list[str]:
    """Write the configuration, and return the lines to print."""
    base = yaml.safe_load(STUDY.read_text(encoding="utf-8"))
    name = _name(options, base)
    out = options.out or Path(f"{name}.yaml")
    if out.exists() and not options.force:
        raise ValueError(
            f"{out} exists; choose another --out or --name (with make OUT or NAME), or --force"
        )

    machine = Machine(n_cores(), len(visible_devices()))
    columns = {key: value for key in _OF_TABLES if (value := getattr(options, key))}
    entry = find_source(options.path, columns, gpu=machine.gpus > 0)
    listing = list_source(entry)
    size, reason, sizes = options.image_size, "", image_sizes(listing)
    if size is None:
        size, reason = suggest_size(sizes, machine)
    fit, why = suggest_fit(sizes)
    if size is not None:
        entry |= {"image_size": size, **({"fit": fit} if fit else {})}
    dataset = load(entry)
    chosen = plan(dataset, machine)
    chosen.reasons.update(image_size=reason, fit=why)

    experiment = resolve(base, name, entry, chosen)
    settings = experiment.settings
    with compute_device(machine.gpus, threads=settings["threads"]) as device:
        example_s = seconds_per_example(dataset, settings["model"], experiment.training, device)
    expected = estimate(experiment, len(dataset.labels["train"]), example_s, machine)

    commands = _commands(out, machine, expected)
    read = listing.describe() if listing else say_columns(entry)
    about = [*describe(dataset), *_advice(dataset), *read]
    head = [
        f"Study of {options.path}, written by `fairprune new`, version {__version__}.",
        "",
        *commands,
        "",
        f"Measured here: {1 / example_s:,.0f} {noun(dataset)} a second in a training.",
        "",
        *about,
        "",
        "Every setting is described in config/README.md, methods in docs/definitions.md.",
    ]
    write_text(out, configuration(name, entry, chosen, head))
    return [*about, "", f"Written to {out}. Look it over, then:", "", *commands]


def load(entry: Entry) -> Dataset:
    """The data set that an entry of ``datasets`` names, read by its source."""
    source = registry.load("data", entry["source"])
    return source.load(Path(entry["root"]), **registry.source_options(entry))


def resolve(base: Mapping[str, Any], name: str, entry: Entry, chosen: Plan) -> Experiment:
    """The experiment as the workflow will see it; an error here is a bug of fairprune."""
    config = copy.deepcopy({**base, "run": [name]})
    config["datasets"][name] = dict(entry)
    config["experiments"][name] = copy.deepcopy({"dataset": name, **chosen.settings})
    update_config(config, chosen.options)  # as --configfile adds them
    check(config, SCHEMA)
    return Study(config).experiments[name]


def _name(options: argparse.Namespace, base: Mapping[str, Any]) -> str:
    """Name of the data set and of the experiment: the one given, or one made from the path."""
    taken = {*_TAKEN, *base["datasets"], *base["experiments"]}
    if options.name:
        name = options.name
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in taken or _is_value(name):
            raise ValueError(
                f"NAME must be letters, digits and _, begin with a letter, be new and no word that "
                f"YAML reads as a value, got {name!r}"
            )
        return options.name
    stem = options.path.absolute().name.split(".")[0]
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower()
    if not re.match(r"[a-z]", name) or name in taken or _is_value(name):
        name = f"my_{name}"
    return name[:_LONGEST_NAME].rstrip("_")


def _is_value(name: str) -> bool:
    """Whether YAML reads a word as something other than text, such as `null` and `yes`."""
    return not isinstance(yaml.safe_load(name), str)


def _commands(out: Path, machine: Machine, expected: Estimate) -> list[str]:
    written, where = shlex.quote(str(out)), f"--cores {machine.cores}"
    where += f" --resources=gpu={machine.gpus}" * (machine.gpus > 0)
    return [
        f"Index sets alone, about {in_words(expected.pruned_s)}:",
        f"    {program()} run pruned {where} --configfile {written}",
        f"With final trainings, tables and figures, about {in_words(expected.all_s)}:",
        f"    {program()} run all {where} --configfile {written}",
    ]


def _advice(dataset: Dataset) -> list[str]:
    counts = np.bincount(dataset.labels["validation"], minlength=len(dataset.class_names))
    if counts.min() >= FEW_VALIDATION:
        return []
    if counts.min() == 0:
        return [
            f"some classes have no validation {noun(dataset)}: MetriQ's quotas give them the mean "
            "recall of the others"
        ]
    return [
        f"some classes have only {counts.min()} validation {noun(dataset)}: their recalls, and "
        "with them MetriQ's quotas, are rough"
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairprune new", description="Write a configuration for data of your own."
    )
    parser.add_argument("path", type=Path, help="images, features or texts: folder, table, archive")
    parser.add_argument("--name", help="of the data set and the experiment; default: of the path")
    parser.add_argument("--out", type=Path, help="configuration to write; default: NAME.yaml")
    parser.add_argument("--image-size", type=int, help="pixels per side to resize to")
    for column in _COLUMNS:
        flag = f"--{column.replace('_', '-')}"
        parser.add_argument(flag, help="of a table, where it is in doubt")
    parser.add_argument(
        "--used-classes-only", action="store_true", help="leave out classes without images"
    )
    parser.add_argument("--force", action="store_true", help="replace the configuration")
    return parser


if __name__ == "__main__":
    sys.exit(main())
