"""A finished study in this folder: time that is no work, and memory by rule.

    python -m benchmarks.study [--configfile config/demo.yaml]

prints a table of its rules; as a topic it gives the share of the demo that is overhead.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks._jobs import Job, finished_jobs, overhead_s
from benchmarks._measure import Bench, Elapsed, Goal, Row, Side

_DEMO = ("--configfile", "config/demo.yaml")
_HEADER = ("rule", "jobs", "seconds", "median s", "overhead s", "peak MB", "mem_mb")


def rows(bench: Bench) -> Iterator[Row]:
    """The share of the demo spent on overhead; nothing where no demo has run."""
    if bench.quick or not Path("results/tables/demo.parquet").exists():
        return
    jobs = finished_jobs(Path(), _DEMO)
    overhead, total = overhead_s(jobs), sum(job.time_s for job in jobs)
    uncosted = sum(job.time_s for job in jobs if job.work_s is None)
    note = (
        f"{overhead / total:.0%} of the {total:.0f} s of its {len(jobs)} jobs; tables, figures "
        f"and other jobs whose work is not measured took {uncosted:.0f} s"
    )
    ours = Side("ours", lambda: Elapsed(overhead), goal=Goal("value", at_most=0.2), note=note)
    once = dataclasses.replace(bench, repeats=1)
    yield from once.compare(
        "overhead of the demo: what its trainings, scores and selections took beyond their work",
        ours,
        unit="demo",
        value=overhead / total,
        warm_up=False,
    )


def by_rule(jobs: Sequence[Job]) -> str:
    """A line per rule, for a terminal."""
    lines = [_HEADER]
    for rule in dict.fromkeys(job.rule for job in jobs):
        own = [job for job in jobs if job.rule == rule]
        work = [job for job in own if job.work_s is not None]
        memory = [job.memory_mb for job in own if job.memory_mb is not None]
        asked = {f"{job.requested_mb:.0f}" for job in own if job.requested_mb is not None}
        lines.append(
            (
                rule,
                str(len(own)),
                f"{sum(job.time_s for job in own):.1f}",
                f"{median(job.time_s for job in own):.2f}",
                f"{overhead_s(work):.1f}" if work else "",
                f"{max(memory):.0f}" if memory else "",
                ", ".join(sorted(asked)),
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEADER))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


if __name__ == "__main__":
    found = finished_jobs(Path(), sys.argv[1:])
    print(by_rule(found))
    whole = sum(job.time_s for job in found)
    print(f"overhead: {overhead_s(found):.1f} s of {whole:.1f} s in {len(found)} jobs")
