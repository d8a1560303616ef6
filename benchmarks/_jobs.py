"""The jobs of a finished study: the time of each, how much of it was work, and its memory."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_JOB = re.compile(r"^(?:local)?rule (?P<rule>\w+):\n(?P<fields>(?:    .*\n)+)", re.M)
_FIELD = re.compile(r"^    (\w+): (.*)$", re.M)
_EVENT = re.compile(r"^(\S+ \S+) INFO .+ (started|begins|finished)$", re.M)


@dataclass(frozen=True)
class Job:
    """One job of a study.

    Attributes
    ----------
    rule : str
    time_s : float
        From its start to its end, as Snakemake saw it.
    overhead_s : float
        The part of this time before the work began and after it ended: starting the process,
        imports, reading, and ending the process. Work is what has a cost file (trainings, scores,
        selections); in a job without one it is all that the script does. Valid for jobs that were
        not interrupted and had nothing finished before.
    memory_mb : float or None
        Peak resident memory, MB; None if the job was too short to be sampled.
    requested_mb : float or None
        The job's ``mem_mb``.
    """

    rule: str
    time_s: float
    overhead_s: float
    memory_mb: float | None
    requested_mb: float | None


def finished_jobs(folder: Path, arguments: Sequence[str] = ()) -> list[Job]:
    """The jobs of a study that have run, in the order of the plan.

    Parameters
    ----------
    folder : path
        Where the study ran.
    arguments : sequence of str
        Arguments of its ``snakemake`` command, such as ``--configfile config/demo.yaml``.
    """
    command = [sys.executable, "-m", "snakemake", "all", "--cores", "1", "--dry-run", "--forceall"]
    plan = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return list(_parse(plan.stdout + plan.stderr, folder))


def _parse(plan: str, folder: Path) -> Iterator[Job]:
    for job in _JOB.finditer(plan):
        fields = dict(_FIELD.findall(job["fields"]))
        measured = folder / fields.get("benchmark", "missing")
        if not measured.is_file():
            continue
        with open(measured) as file:
            seen = next(csv.DictReader(file, delimiter="\t"))
        requested = re.search(r"\bmem_mb=(\d+)", fields.get("resources", ""))
        yield Job(
            rule=job["rule"],
            time_s=float(seen["s"]),
            overhead_s=float(seen["s"]) - _work_s((folder / fields["log"]).read_text()),
            memory_mb=_number(seen["max_rss"]),
            requested_mb=float(requested[1]) if requested else None,
        )


def _work_s(log: str) -> float:
    """Seconds from the beginning of a job's work to the end of its script, from its log."""
    times: dict[str, float] = {}
    for time, event in _EVENT.findall(log):
        times.setdefault(event, datetime.fromisoformat(time).timestamp())
    return times["finished"] - times.get("begins", times["started"])


def _number(text: str) -> float | None:
    """A number that Snakemake wrote; None for a dash, NA or 0, its signs of a missing value."""
    try:
        return float(text) or None
    except ValueError:
        return None
