"""One workflow at a time, and jobs that end with theirs, with real processes."""

import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fairprune.jobs import recovery

HOLD = """
import sys, time
from pathlib import Path
from fairprune.jobs import recovery
recovery.hold(Path(sys.argv[1]))
print("held", flush=True)
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


def test_the_second_is_refused_also_through_a_link_until_the_first_was_killed(tmp_path):
    results, link = tmp_path / "results", tmp_path / "link"
    first = python(HOLD, results)
    assert first.stdout.readline() == "held\n"
    link.symlink_to(results)
    with pytest.raises(recovery.ResultsError, match="another Snakemake is at work on .*/results;"):
        recovery.hold(link)
    first.kill()
    first.wait()
    recovery.hold(link)


READ_LOCK = """
import os, sys
from pathlib import Path
from fairprune.jobs import recovery
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    recovery.hold(Path(sys.argv[1]))
except recovery.ResultsError as error:
    print(error)
else:
    print("held")
"""


@pytest.mark.parametrize(("mode", "said"), [(0o444, "held"), (0, "Permission denied")])
def test_a_lock_of_another_user_is_held_if_it_can_be_read(mode, said):
    with tempfile.TemporaryDirectory() as folder:  # those of pytest are closed to others
        lock = Path(folder, recovery.LOCK)
        lock.touch()
        lock.chmod(mode)
        Path(folder).chmod(0o755)
        assert said in python(READ_LOCK, folder).communicate(timeout=60)[0]


def test_a_lock_that_is_no_file_is_named(tmp_path):
    (tmp_path / recovery.LOCK).mkdir()
    with pytest.raises(recovery.ResultsError, match=r"/\.lock cannot be opened \(Is a directory\)"):
        recovery.hold(tmp_path)


def test_files_of_the_future_get_the_present_in_their_order(tmp_path):
    now = time.time()
    times = {"past": now - 9, "b/input": now + 600, "b/output": now + 700, "b/beside": now + 700}
    for name, changed in times.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (changed, changed))
    recovery.bring_to_present(tmp_path)
    after = {name: (tmp_path / name).stat().st_mtime for name in times}
    assert after["past"] == pytest.approx(times["past"], abs=1e-3)
    assert after["past"] < after["b/input"] < after["b/output"] == after["b/beside"]
    assert after["b/output"] <= time.time()


def test_the_file_behind_a_link_keeps_its_time(tmp_path):
    (results := tmp_path / "results").mkdir()
    (tmp_path / "image.png").touch()
    os.utime(tmp_path / "image.png", (changed := time.time() + 600,) * 2)
    (results / "link.png").symlink_to(tmp_path / "image.png")
    recovery.bring_to_present(results)
    assert (tmp_path / "image.png").stat().st_mtime == pytest.approx(changed, abs=1e-3)


def test_a_file_of_the_future_that_cannot_be_changed_is_named(tmp_path, monkeypatch):
    def no_permission(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    (tmp_path / "a").touch()
    os.utime(tmp_path / "a", (time.time() + 600,) * 2)
    monkeypatch.setattr(recovery.os, "utime", no_permission)
    with pytest.raises(recovery.ResultsError, match=r"/a was changed in the future, .*`touch` it"):
        recovery.bring_to_present(tmp_path)


def test_an_own_file_of_the_future_is_named_and_left_as_it_is(tmp_path):
    (tmp_path / "scores.csv").touch()
    recovery.check_times([tmp_path / "scores.csv", tmp_path / "missing.csv"])
    os.utime(tmp_path / "scores.csv", (changed := time.time() + 600,) * 2)
    with pytest.raises(recovery.ResultsError, match=r"/scores.csv was changed in .*; `touch` it"):
        recovery.check_times([tmp_path / "scores.csv"])
    assert (tmp_path / "scores.csv").stat().st_mtime == pytest.approx(changed, abs=1e-3)


def test_without_file_locks_everybody_passes(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError("No locks available")

    monkeypatch.setattr(recovery.fcntl, "flock", no_locks)
    recovery.hold(tmp_path)
    recovery.hold(tmp_path)


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
