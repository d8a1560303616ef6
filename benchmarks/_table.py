"""The table of benchmarks: as Parquet, as text, and in the documentation."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from tabulate import tabulate

from benchmarks._measure import Row
from fairprune.storage.tables import read_metadata, read_table, write_table

_TYPES = {"str": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}
SCHEMA = pa.schema(
    [
        pa.field(f.name, _TYPES[f.type.removesuffix(" | None")], nullable=f.type.endswith("None"))
        for f in fields(Row)
    ]
)
_PLACE = re.compile(r"(<!-- benchmarks -->\n).*?(<!-- end of benchmarks -->)", re.S)
_HEADER = ("work", "ours", "reference", "ratio", "share of limit", "goal", "how")
_MET = {True: "met", False: "**not met**", None: "not measured"}


def machine() -> dict[str, object]:
    """The machine and the versions on which times were measured."""
    packages = ("torch", "numpy", "scikit-learn", "snakemake")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in packages},
    }


def _processor() -> str:
    try:
        model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        model = None
    return model[1] if model else platform.processor() or platform.machine()


def save(path: Path, rows: Sequence[Row], topics: Iterable[str]) -> list[Row]:
    """Write the rows, keeping those of other topics if they were measured on this machine.

    Returns
    -------
    list of Row
        All rows of the table, topics in alphabetic order.
    """
    here = machine()
    kept = []
    if path.exists() and read_metadata(path).get("machine") == here:
        kept = [row for row in load(path) if row.topic not in set(topics)]
    everything = sorted([*kept, *rows], key=lambda row: row.topic)
    columns = {name: [getattr(row, name) for row in everything] for name in SCHEMA.names}
    table = pa.table(columns, schema=SCHEMA)
    write_table(path, table, schema=SCHEMA, metadata={"machine": here})
    return everything


def load(path: Path) -> list[Row]:
    """The rows that :func:`save` wrote."""
    return [Row(**row) for row in read_table(path, SCHEMA).to_pylist()]


def markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown, a section per topic."""
    texts = []
    for topic in dict.fromkeys(row.topic for row in rows):
        cells = [_cells(row) for row in rows if row.topic == topic]
        texts.append(f"### {topic}\n\n{tabulate(cells, _HEADER, 'pipe', disable_numparse=True)}\n")
    return "\n".join(texts)


def text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    return tabulate(map(_cells, rows), _HEADER, "plain", disable_numparse=True)


def write_into(page: Path, rows: Sequence[Row]) -> None:
    """Replace the table between the marks of a page of the documentation."""
    here = machine()
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    head = f"{here['processor']}, {here['cores']} cores; {versions}."
    before = page.read_text()
    if not _PLACE.search(before):
        raise ValueError(f"{page} has no place for the table: <!-- benchmarks --> and its end")
    page.write_text(_PLACE.sub(lambda m: f"{m[1]}\n{head}\n\n{markdown(rows)}\n{m[2]}", before))


def _cells(row: Row) -> tuple[str, ...]:
    """Work, ours, reference, ratio, share, goal, how."""
    reference = row.reference or ""
    if row.reference_s is not None:
        reference += f": {duration(row.reference_s)}"
    share = "" if row.limit_share is None else f"{row.limit_share:.0%} of {_rate(row)}"
    goal = "" if row.goal is None else f"{row.goal}: {_MET[row.met]}"
    how = f"{row.repeats} repeats, {row.threads} threads, {row.precision}"
    how += "" if row.device == "cpu" else f", {row.device}"
    return (
        row.work,
        f"{duration(row.time_s)} per {row.unit} ({duration(row.min_s)} to {duration(row.max_s)})",
        reference,
        "" if row.ratio is None else f"{row.ratio:.3g}",
        share,
        goal,
        "; ".join(filter(None, (how, row.note))),
    )


def _rate(row: Row) -> str:
    unit = "GB/s" if row.limit == "memory" else "GFLOP/s"
    return f"{row.limit_rate / 1e9:.0f} {unit}"


def duration(seconds: float) -> str:
    """Format a duration with three digits and a unit.

    Examples
    --------
    >>> duration(0.0123456)
    '12.3 ms'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
