"""Overhead and memory of a finished study in this folder, by rule.

    python -m benchmarks.study [--configfile config/demo.yaml]

prints a table of its rules. As a topic, it gives the share of overhead in the demo.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tabulate import tabulate

from benchmarks._jobs import Job, finished_jobs
from benchmarks._measure import Bench, Elapsed, Goal, Row, Side

_DEMO = ("--configfile", "config/demo.yaml")
_HEADER = ("rule", "jobs", "seconds", "median s", "overhead s", "peak MB", "mem_mb")


def rows(bench: Bench) -> Iterator[Row]:
    """Shares of the demo's time spent on overhead; no rows if no demo has run."""
    if bench.quick or not Path("results/tables/demo.parquet").exists():
        return
    once = dataclasses.replace(bench, repeats=1)
    jobs = finished_jobs(Path(), _DEMO)
    trainings = [job for job in jobs if job.rule in ("query", "final")]
    total_s = sum(job.time_s for job in jobs)
    at_most = Goal("value", at_most=0.2)
    for work, chosen, goal in (
        ("demo: jobs that train, until their first step and after their last", trainings, at_most),
        ("demo: all jobs, until their work begins and after it", jobs, None),
    ):
        overhead_s = sum(job.overhead_s for job in chosen)
        note = f"{len(chosen)} jobs; {overhead_s / total_s:.0%} of the {total_s:.0f} s of the demo"
        a_job = Elapsed(overhead_s / len(chosen))
        ours = Side("ours", lambda a_job=a_job: a_job, goal=goal, note=note)
        share = overhead_s / total_s
        yield from once.compare(work, ours, unit="job", value=share, warm_up=False)


def by_rule(jobs: Sequence[Job]) -> str:
    """A table with one line per rule, for a terminal."""
    lines = []
    for rule in dict.fromkeys(job.rule for job in jobs):
        chosen = [job for job in jobs if job.rule == rule]
        memory = [job.memory_mb for job in chosen if job.memory_mb is not None]
        asked = {f"{job.requested_mb:.0f}" for job in chosen if job.requested_mb is not None}
        lines.append(
            (
                rule,
                str(len(chosen)),
                f"{sum(job.time_s for job in chosen):.1f}",
                f"{median(job.time_s for job in chosen):.2f}",
                f"{sum(job.overhead_s for job in chosen):.1f}",
                f"{max(memory):.0f}" if memory else "",
                ", ".join(sorted(asked)),
            )
        )
    return tabulate(lines, _HEADER, "plain", disable_numparse=True)


if __name__ == "__main__":
    jobs = finished_jobs(Path(), sys.argv[1:])
    print(by_rule(jobs))
    whole = sum(job.time_s for job in jobs)
    overhead = sum(job.overhead_s for job in jobs)
    print(f"overhead: {overhead:.1f} s of {whole:.1f} s in {len(jobs)} jobs")
