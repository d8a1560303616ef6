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

from fairprune.jobs.devices import DeviceError, lease
from fairprune.jobs.frame import explain, failures
from fairprune.training.loop import TrainingError


def raised_by(action) -> BaseException:
    with pytest.raises(BaseException) as caught:
        action()
    return caught.value


def test_missing_gpu():
    sentence = explain(raised_by(lambda: lease(()).__enter__()))
    assert "none is visible" in sentence
    assert "`gpu: 0`" in sentence


def test_missing_package():
    sentence = explain(raised_by(lambda: __import__("not_a_package.part")))
    assert "'not_a_package' is not installed" in sentence
    assert "pip install" in sentence


def test_missing_module_of_our_own_is_no_missing_package():
    assert "pip" not in explain(raised_by(lambda: __import__("fairprune.no_such_module")))


def test_no_space_for_a_table():
    table = pa.table({"a": list(range(100_000))})
    with pa.OSFile("/dev/full", "wb") as full:
        assert "no space left" in explain(raised_by(lambda: pq.write_table(table, full)))


def test_no_space_names_the_file():
    error = OSError(errno.EDQUOT, "Disk quota exceeded", "results/a.parquet")
    assert "no space left on the disk of results/a.parquet" in explain(error)


def test_no_space_for_a_model():
    model = {"weights": torch.zeros(100_000)}
    sentence = explain(raised_by(lambda: torch.save(model, "/dev/full")))
    assert "space left" in sentence
    full_later = RuntimeError("basic_ios::clear: iostream error")
    assert "space left on the disk" in explain(full_later)


def test_no_permission():
    error = PermissionError(errno.EACCES, "Permission denied", "results/metrics.parquet")
    assert "no permission for results/metrics.parquet" in explain(error)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
    ],
)
def test_gpu_out_of_memory(error):
    sentence = explain(error)
    assert "out of GPU memory" in sentence
    assert "`training.batch_size`" in sentence
    assert "`gpu_slots`" in sentence
    assert "\n" not in sentence


def test_host_out_of_memory():
    for action in (lambda: torch.empty(2**60), lambda: bytearray(2**62)):
        assert "`mem_mb`" in explain(raised_by(action))


def test_loss_that_is_not_a_number():
    error = TrainingError("demo: the loss is nan in epoch 2; lower training.learning_rate")
    assert explain(error) == str(error)


def test_broken_gpu():
    assert "nvidia-smi" in explain(RuntimeError("CUDA error: an illegal memory access\nmore"))


def test_own_messages_stand_alone_and_others_name_their_type():
    assert explain(ValueError("density must be in (0, 1]")) == "density must be in (0, 1]"
    assert explain(DeviceError("no device")) == "no device"
    assert explain(KeyError("density")) == "KeyError: 'density'"


def run_job(tmp_path: Path, body: str, *, epochs: int = 9) -> tuple[subprocess.Popen, Path]:
    log = tmp_path / "job.log"
    script = f"""
import logging, time
from types import SimpleNamespace
from fairprune.storage.atomic import atomic_path
from fairprune.jobs.frame import job
with job(SimpleNamespace(rule="final", log=[{str(log)!r}], output=[])):
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


def test_a_damaged_file_is_to_be_deleted():
    sentence = explain(ValueError("results/a.parquet is not a readable Parquet table: magic"))
    assert "results/a.parquet" in sentence and "delete that file" in sentence


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
