"""Run benchmarks: ``python -m benchmarks [--quick] [--write PAGE] [topic ...]``."""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import benchmarks
from benchmarks import _limits, _table
from benchmarks._measure import Bench, Row

RESULTS = Path("results/benchmarks.parquet")


def topics() -> list[str]:
    """The modules here that hold benchmarks."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in names if not name.startswith("_"))


def measure(topic: str, repeats: int, threads: int, quick: bool) -> Iterator[Row]:
    """Rows of one topic."""
    yield from import_module(f"benchmarks.{topic}").rows(Bench(topic, repeats, threads, quick))
    _limits.forget()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write it."""
    known = topics()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topic", nargs="*", help=f"of {', '.join(known)}; by default all")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once, no file")
    parser.add_argument("--repeats", type=int, default=5, help="rounds that count, by default 5")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="by default all cores")
    parser.add_argument("--output", type=Path, default=RESULTS, help=f"by default {RESULTS}")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    parser.add_argument("--show", action="store_true", help="measure nothing; take the file")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.topic) - set(known))
    if unknown:
        parser.error(f"unknown topic {', '.join(unknown)}; known: {', '.join(known)}")
    rows = _table.load(options.output) if options.show else _run(options, known)
    print(_table.text(rows))
    if options.write:
        _table.write_into(options.write, rows)


def _run(options: argparse.Namespace, known: Sequence[str]) -> list[Row]:
    """Measure topics and return their rows; without ``--quick``, also those kept in the file."""
    repeats = 1 if options.quick else options.repeats
    rows: list[Row] = []
    for topic in options.topic or known:
        measured = []
        for row in measure(topic, repeats, options.threads, options.quick):
            print(_table.text([row]).partition("\n")[2], file=sys.stderr, flush=True)
            measured.append(row)
        rows = rows + measured if options.quick else _table.save(options.output, measured, [topic])
    return rows


if __name__ == "__main__":
    main()
