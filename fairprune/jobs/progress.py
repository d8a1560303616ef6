"""One line that says how far a workflow is: redrawn on a terminal, else written now and then.

It replaces the lines that Snakemake prints about every job, where these are switched off
(``quiet: rules``, as in ``profiles/default``).
"""

from __future__ import annotations

import csv
import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from fairprune.jobs.time_left import Costs, Work, in_words, seconds_left

CLEAR = "\r\x1b[K"  # an empty line on a terminal
_OF_EACH_JOB = ("job_started", "job_finished", "progress")
_OF_EACH_ROUND = "Select jobs to execute..."
_REDRAWN_S = 1.0
_WRITTEN_S = 10.0  # at most so often, and the rarer the longer the workflow runs
_WRITTEN_SHARE = 0.02


def show(workflow: Any) -> None:
    """Draw the line for a workflow that begins, if Snakemake's lines on jobs are switched off."""
    quiet = {each.item_to_choice() for each in workflow.output_settings.quiet or ()}
    logger = logging.getLogger("snakemake.logging")
    shown = [each for each in logger.handlers if each.name == "DefaultStreamHandler"]
    if "rules" not in quiet or quiet & {"progress", "all"} or not shown:
        return

    progress = Progress(shown[0].stream)  # type: ignore[attr-defined]
    machine, waiting = workflow.global_resources, set(workflow.dag.needrun_jobs())
    short = getattr(workflow, "_localrules", ())
    for job in workflow.dag.jobs:
        work = _work(job, machine, job.rule.name in short or not job.output)
        if job in waiting:
            progress.waiting[workflow.dag.jobid(job)] = work
        if (seconds := _measured(job.benchmark)) is not None:
            progress.costs.add(work, seconds)
    shown[0].addFilter(progress.lets_pass)
    logger.addHandler(progress)
    progress.start()


class Progress(logging.Handler):
    """Handler of Snakemake's log: counts jobs, and draws the line on a stream."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.waiting: dict[int, Work] = {}
        self.costs = Costs()
        self._running: dict[int, tuple[Work, float]] = {}
        self._failed: dict[int, Work] = {}
        self._done = 0
        self._stream, self._on_terminal = stream, stream.isatty()
        self._begun = self._written = time.monotonic()
        self._ended = threading.Event()

    def start(self) -> None:
        """Draw from now on, on a terminal every second."""
        self._draw()
        if self._on_terminal:
            threading.Thread(target=self._redraw, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a job that starts, ends or fails."""
        event, now = str(getattr(record, "event", "")), time.monotonic()
        if event == "job_started":
            for number in record.jobs:  # type: ignore[attr-defined]
                for place in (self.waiting, self._failed):  # Snakemake may try again what failed
                    if number in place:
                        self._running[number] = place.pop(number), now
        elif event == "job_finished" and (ended := self._running.pop(record.job_id, None)):  # type: ignore[attr-defined]
            work, begun = ended
            self.costs.add(work, now - begun)
            self._done += 1
        elif event == "job_error" and (ended := self._running.pop(record.jobid, None)):  # type: ignore[attr-defined]
            self._failed[record.jobid] = ended[0]  # type: ignore[attr-defined]
            log = ", ".join(record.log)  # type: ignore[attr-defined]
            self._print(f"{ended[0].name} failed; log: {log}")
        else:
            return
        self._draw()

    def lets_pass(self, record: logging.LogRecord) -> bool:
        """Filter Snakemake's own handler: no lines on each job, the rest on lines of their own."""
        event, text = str(getattr(record, "event", "")), record.getMessage()
        if event in _OF_EACH_JOB or text == _OF_EACH_ROUND:
            return False
        self._write(CLEAR if self._on_terminal else "")
        return True

    def close(self) -> None:
        """Leave the terminal's line empty."""
        self._ended.set()
        self._write(CLEAR if self._on_terminal else "")
        super().close()

    def line(self) -> str:
        """How many jobs are done, which one runs, and how long all take."""
        now = time.monotonic()
        running = [(work, now - begun) for work, begun in self._running.values()]
        total = self._done + len(self._failed) + len(self._running) + len(self.waiting)
        parts = [f"{self._done} of {total} jobs done"]
        if self._failed:
            parts.append(f"{len(self._failed)} failed")
        if running:
            longest = max(running, key=lambda each: each[1])[0].name
            parts.append(longest + f" and {len(running) - 1} more" * (len(running) > 1))

        left_s, of_all = seconds_left(self.costs, list(self.waiting.values()), running)
        if left_s:
            parts.append(f"{'about' if of_all else 'more than'} {in_words(left_s)} left")
        return ", ".join(parts)

    def _draw(self) -> None:
        if not self._running and not self.waiting:
            return
        if self._on_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{CLEAR}{self.line()[:width]}")
            return
        now = time.monotonic()
        if now - self._written >= max(_WRITTEN_S, _WRITTEN_SHARE * (now - self._begun)):
            self._written = now
            self._print(self.line())

    def _redraw(self) -> None:
        while not self._ended.wait(_REDRAWN_S):
            with self.lock or threading.RLock():
                self._draw()

    def _print(self, text: str) -> None:
        self._write(f"{CLEAR if self._on_terminal else time.strftime('%H:%M:%S ')}{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _work(job: Any, machine: Any, is_short: bool) -> Work:
    """A job of Snakemake: its rule, its wildcards and its share of the machine."""
    asked = {"_cores": job.threads, "gpu": job.resources.get("gpu", 0), "_nodes": 1}
    limits = {name: getattr(machine.get(name), "value", None) for name in asked}
    shares = [n / limits[name] for name, n in asked.items() if limits[name]]
    return Work(job.rule.name, dict(job.wildcards_dict), max(shares, default=1.0), is_short)


def _measured(benchmark: Any) -> float | None:
    """Seconds in a job's benchmark file, if it has been written."""
    if benchmark is None or not Path(benchmark).exists():
        return None
    with open(benchmark, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return float(rows[0]["s"]) if rows else None
