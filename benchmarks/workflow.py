"""Snakemake: planning a study, and starting a job."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import yaml

from benchmarks._measure import Bench, Elapsed, Goal, Row, Side
from tests.workflow.tiny import ROOT, Project, changed

_FIRST_STEP = re.compile(r"^(\S+ \S+) INFO .*: epoch 1/\d+", re.M)


def rows(bench: Bench) -> Iterator[Row]:
    """Dry runs of the paper's study, also with ten times its densities, and the start of a job."""
    with tempfile.TemporaryDirectory() as folder:
        if bench.quick:
            yield from _dry_run(bench, Path(folder), "a tiny study", changed())
        else:
            paper = {"run": yaml.safe_load((ROOT / "config/config.yaml").read_text())["run"]}
            goal = Goal("time_s", at_most=15)
            yield from _dry_run(bench, Path(folder) / "1", "the paper's study", paper, goal)
            yield from _dry_run(bench, Path(folder) / "10", "ten times its densities", _tenfold())
            yield from _start(bench, Path(folder) / "start")


def _tenfold() -> dict:
    """The paper's study with ten times the densities."""
    experiments = yaml.safe_load((ROOT / "config/config.yaml").read_text())["experiments"]
    densities = [round(i / 91, 4) for i in range(1, 91)]
    return {"experiments": {name: {"densities": densities} for name in experiments}}


def _dry_run(
    bench: Bench, folder: Path, name: str, config: dict, goal: Goal | None = None
) -> Iterator[Row]:
    project = Project.make(folder, config)
    command = ("all", "--cores", "1", "--dry-run", "--quiet", "rules")
    printed = []
    plan = Side("ours", lambda: printed.append(project.run(*command)), goal=goal)
    work = f"dry run of {name}"
    for row in bench.compare(work, plan, threads=1, warm_up=not bench.quick):
        n_jobs = int(re.search(r"^total +(\d+)", printed[-1], re.M)[1])
        yield dataclasses.replace(row, value=n_jobs, note=f"{n_jobs:,} jobs")


def _start(bench: Bench, folder: Path) -> Iterator[Row]:
    """From the start of a job to the end of the first step of its training."""
    one_step_an_epoch = {"epochs": 4, "drops": [3], "batch_size": 200, "learning_rate": 0.1}
    project = Project.make(folder, changed(training=one_step_an_epoch))
    target = "results/tiny/query/full/seed0/recall.parquet"
    log = project.folder / "logs/tiny/query/full/seed0.log"
    seen = project.folder / "logs/benchmarks/tiny/query/full/seed0.tsv"

    def to_first_step() -> Elapsed:
        shutil.rmtree(project.folder / "results/tiny/query", ignore_errors=True)
        project.run(target, "--cores", "1")
        seconds = float(seen.read_text().splitlines()[1].split("\t")[0])
        started = seen.stat().st_mtime - seconds
        first = _FIRST_STEP.search(log.read_text())[1]
        return Elapsed(datetime.fromisoformat(first).timestamp() - started)

    yield from bench.compare(
        "start of a job to its first training step",
        Side("ours", to_first_step),
        Side(
            "import torch in a new process",
            lambda: subprocess.run([sys.executable, "-c", "import torch"], check=True),
        ),
        unit="job",
        precision="float32",
        threads=1,
    )
