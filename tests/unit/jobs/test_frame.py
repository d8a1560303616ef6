"""Failures of jobs: one sentence on what happened and what to do, a log, a status."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from fairprune.jobs.devices import DeviceError
from fairprune.jobs.frame import FAILURES, explain, failures
from fairprune.training.loop import TrainingError


def raised_by(action) -> BaseException:
    with pytest.raises(BaseException) as caught:
        action()
    return caught.value


def write_table_to_full_disk():
    with pa.OSFile("/dev/full", "wb") as full:
        pq.write_table(pa.table({"a": list(range(100_000))}), full)


def save_model_to_full_disk():
    torch.save({"weights": torch.zeros(100_000)}, "/dev/full")


EXPLAINED = [  # what fails, and words of the sentence about it
    (lambda: __import__("not_a_package.part"), ["'not_a_package' is not installed", "pip install"]),
    (write_table_to_full_disk, ["no space left"]),
    (OSError("3920000 requested and 1777536 written"), ["space left on the disk"]),  # by NumPy
    (save_model_to_full_disk, ["space left"]),
    (RuntimeError("basic_ios::clear: iostream error"), ["space left on the disk"]),
    (OSError(errno.EDQUOT, "Disk quota exceeded", "a.parquet"), ["left on the disk of a.parquet"]),
    (PermissionError(errno.EACCES, "Denied", "a.parquet"), ["no permission for a.parquet"]),
    (
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore"),
        ["out of GPU memory", "`training.batch_size`", "`gpu_slots`"],
    ),
    (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), ["out of GPU memory"]),
    (RuntimeError("CUDA error: an illegal memory access\nmore"), ["nvidia-smi"]),
    (lambda: torch.empty(2**60), ["`mem_mb`"]),
    (lambda: bytearray(2**62), ["`mem_mb`"]),
    (ValueError("results/a.parquet is not a readable table: magic"), ["delete that file"]),
    (DeviceError("no device"), ["no device"]),
    (KeyError("density"), ["KeyError: 'density'"]),
]


@pytest.mark.parametrize(("failure", "words"), EXPLAINED)
def test_failures_are_explained_in_a_sentence(failure, words):
    sentence = explain(failure if isinstance(failure, Exception) else raised_by(failure))
    assert [word for word in words if word not in sentence] == []
    assert "\n" not in sentence


def test_messages_of_our_own_stand_alone():
    for error in (ValueError("density must be in (0, 1]"), TrainingError("the loss is nan")):
        assert explain(error) == str(error)
    for own in ("data/results/a.png is not a readable image", "/data/a.parquet is not a readable"):
        assert explain(ValueError(own)) == own
    assert "pip" not in explain(raised_by(lambda: __import__("fairprune.no_such_module")))


def run_job(tmp_path: Path, body: str, *, epochs: int = 9) -> tuple[subprocess.Popen, Path]:
    log = tmp_path / "job.log"
    script = f"""
import logging, time
from types import SimpleNamespace
from fairprune.storage.atomic import atomic_path
from fairprune.jobs.frame import job
with job(SimpleNamespace(rule="final", log=[{str(log)!r}], output=[], input=[], config={{}})):
    for epoch in range(1, {epochs} + 1):
        logging.info("epoch %d", epoch)
{body}
"""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    return process, log


def test_failing_job_shows_its_last_lines_and_keeps_the_traceback(tmp_path, monkeypatch):
    process, log = run_job(tmp_path, "    raise ValueError('density must be in (0, 1]')")
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "final failed: density must be in (0, 1]\n" in shown
    assert "epoch 9" in shown
    assert "epoch 3" not in shown
    assert str(log) in shown
    assert "Traceback" not in shown
    assert "Traceback" in log.read_text()
    monkeypatch.chdir(tmp_path)
    assert failures() in shown


def test_a_job_that_failed_at_once_had_logged_nothing(tmp_path):
    body = "    logging.info('final of full begins')\n    raise ValueError('no')"
    process, log = run_job(tmp_path, body, epochs=0)
    shown = process.communicate(timeout=60)[1]
    assert shown == f"\nfinal failed: no\nLog: {log}\n"


def test_successful_job_is_silent(tmp_path, monkeypatch):
    process, log = run_job(tmp_path, "    pass")
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0
    first, *others, last = log.read_text().splitlines()
    assert first.endswith("INFO final started") and last.endswith("INFO final finished")
    assert others[-1].endswith("epoch 9")
    monkeypatch.chdir(tmp_path)
    assert failures() == ""


def test_a_killed_job_is_reported_by_the_next_to_look(tmp_path, monkeypatch):
    process, log = run_job(tmp_path, "    import os; os.kill(os.getpid(), 9)")
    process.communicate(timeout=60)
    monkeypatch.chdir(tmp_path)
    assert failures().startswith("final failed: it was killed")
    assert "`mem_mb`" in failures() and str(log) in failures()


def test_a_reason_that_many_jobs_share_stands_there_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FAILURES.mkdir(parents=True)
    for number in range(1000):
        (FAILURES / f"final%{number:03}").write_text(f"final failed: no space\nLog: {number}")
    (FAILURES / "query").write_text("query failed: the loss is nan\nLog: query")
    assert failures() == (
        "final failed: no space\nLog: 0\nThe same reason: 999 more, see .snakemake/failures\n\n"
        "query failed: the loss is nan\nLog: query"
    )


def test_a_job_whose_snakemake_is_gone_says_so_without_a_traceback(tmp_path, monkeypatch):
    ended = subprocess.Popen(["true"])
    ended.wait()
    monkeypatch.setenv("FAIRPRUNE_SNAKEMAKE", str(ended.pid))
    process, _ = run_job(tmp_path, "    time.sleep(60)")
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 1
    assert shown.startswith("\nfinal failed: stopped by SIGTERM")
    assert "Traceback" not in shown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_cancelled_job_cleans_up_and_says_how_to_go_on(tmp_path, number):
    body = f"""
    with atomic_path({str(tmp_path / "model.pt")!r}) as path:
        path.write_text("half")
        try:
            time.sleep(60)
        except Exception:
            pass
"""
    process, _ = run_job(tmp_path, body)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".model.pt*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"stopped by {number.name}" in shown
    assert "run the same command again" in shown
    assert {path.name for path in tmp_path.iterdir()} == {"job.log", ".snakemake"}
