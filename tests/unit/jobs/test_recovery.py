"""What the next Snakemake finds and clears away, with real processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairprune.jobs import recovery
from fairprune.jobs.seals import seal

ENTER = """
import sys, time
from pathlib import Path
from fairprune.jobs import recovery
recovery.enter(Path(sys.argv[1]), lambda text: print(text, flush=True))
print("entered", flush=True)
time.sleep(60)
"""
JOB = """
import sys, time
from pathlib import Path
from fairprune.jobs import recovery
from fairprune.storage.atomic import atomic_path
if sys.argv[1] != "no grace":
    import signal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
recovery._GRACE_S = 0.2
recovery.end_with_snakemake()
with atomic_path(sys.argv[2]) as path:
    path.write_text("half")
    Path(sys.argv[2] + ".started").touch()
    time.sleep(60)
"""
STARTER = """
import subprocess, sys, time
from fairprune.jobs import recovery
recovery.tie_jobs_to_this_process()
child = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
print(child.pid, flush=True)
time.sleep(60)
"""


def python(*arguments, **kwargs):
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **kwargs)


def lines_until(process, last):
    lines = []
    while not lines or lines[-1] != last:
        lines.append(process.stdout.readline().strip())
        assert lines[-1], lines
    return lines


def end(*processes):
    for process in processes:
        process.kill()
        process.wait()


def leave(folder):
    """What a dead Snakemake leaves: locks, backups, a damaged output."""
    for name in ("locks/0.output.lock", "backups/results/a", "incomplete/bWFyaw=="):
        file = folder / ".snakemake" / name
        file.parent.mkdir(parents=True)
        file.touch()
    (folder / "a.parquet").write_text("whole")
    seal([Path("a.parquet")], folder)
    (folder / "a.parquet").write_text("who")


def still_there(folder):
    names = (".snakemake/locks/0.output.lock", ".snakemake/backups/results/a", "a.parquet")
    return [name for name in names if (folder / name).exists()]


def test_the_only_one_clears_away_what_the_dead_left(tmp_path):
    leave(tmp_path)
    told = []
    recovery.enter(tmp_path, told.append)
    assert still_there(tmp_path) == []
    assert (tmp_path / ".snakemake/incomplete/bWFyaw==").exists()
    (sentence,) = told
    assert sentence.startswith("a.parquet is not what its job wrote")
    assert "a.parquet.damaged" in sentence


def test_nothing_is_touched_while_another_lives_and_all_after_it_was_killed(tmp_path):
    first = python(ENTER, tmp_path)
    assert lines_until(first, "entered") == ["entered"]
    leave(tmp_path)
    second = python(ENTER, tmp_path)
    assert "Another Snakemake is at work" in lines_until(second, "entered")[0]
    end(first)
    third = python(ENTER, tmp_path)
    assert "Another Snakemake is at work" in lines_until(third, "entered")[0]
    assert len(still_there(tmp_path)) == 3
    end(second, third)
    recovery.enter(tmp_path, lambda text: None)
    assert still_there(tmp_path) == []


def test_without_file_locks_nothing_is_cleared_away_and_it_is_said(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError("No locks available")

    leave(tmp_path)
    monkeypatch.setattr(recovery.fcntl, "flock", no_locks)
    told = []
    recovery.enter(tmp_path, told.append)
    assert len(still_there(tmp_path)) == 3
    assert "no file locks here (No locks available)" in told[0]


@pytest.mark.parametrize("way", ["graceful", "no grace"])
def test_a_job_ends_with_the_snakemake_that_was_killed(tmp_path, way):
    output = tmp_path / "output"
    starter = python(STARTER, JOB, way, output)
    pid = int(starter.stdout.readline())
    deadline = time.monotonic() + 60
    while not Path(f"{output}.started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    starter.kill()
    starter.wait()
    while Path(f"/proc/{pid}/status").exists() and "zombie" not in _state(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    left = [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"]
    assert len(left) == (0 if way == "graceful" else 1)


def _state(pid):
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "zombie"


def test_without_pidfd_the_end_of_a_process_is_seen_too(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    process = subprocess.Popen(["sleep", "60"])
    assert recovery._is_alive(process.pid)
    process.kill()
    process.wait()
    start = time.monotonic()
    recovery._wait_for_end(process.pid)
    assert time.monotonic() - start < 1
