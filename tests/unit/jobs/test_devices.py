"""Leases on devices: who sees which GPUs, and who holds them, with real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fairprune.jobs import devices
from fairprune.jobs.devices import DeviceError, compute_device, lease, visible_devices

TWO_GPUS = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-1)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-2)
"""
ONE_SPLIT = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-1)
  MIG 3g.20gb     Device  0: (UUID: MIG-cccc-3)
  MIG 3g.20gb     Device  1: (UUID: MIG-dddd-4)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-2)
"""


@pytest.fixture(autouse=True)
def lease_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRPRUNE_LEASES", str(tmp_path))
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "_POLL_S", 0.01)
    return tmp_path


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Installs an ``nvidia-smi`` that lists the given text."""

    def install(listed: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "listed").write_text(listed)
        (folder / "nvidia-smi").write_text(
            f'#!/bin/sh\n[ "$1" = --list-gpus ] && cat {folder}/listed\n'
        )
        (folder / "nvidia-smi").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    return install


POOLS = [
    (TWO_GPUS, None, ["GPU-aaaa-1", "GPU-bbbb-2"]),
    (TWO_GPUS, "", []),
    (TWO_GPUS, "-1", []),
    (TWO_GPUS, "NoDevFiles", []),
    (TWO_GPUS, "1, 0", ["GPU-bbbb-2", "GPU-aaaa-1"]),
    (TWO_GPUS, "GPU-bbbb,0", ["GPU-bbbb-2", "GPU-aaaa-1"]),
    (TWO_GPUS, "0,GPU-aaaa-1", ["GPU-aaaa-1"]),
    (TWO_GPUS, "0,-1,1", ["GPU-aaaa-1"]),
    (TWO_GPUS, "0,7,1", ["GPU-aaaa-1"]),
    (ONE_SPLIT, None, ["MIG-cccc-3", "MIG-dddd-4", "GPU-bbbb-2"]),
    (ONE_SPLIT, "0", ["MIG-cccc-3", "MIG-dddd-4"]),
    (ONE_SPLIT, "MIG-dddd-4", ["MIG-dddd-4"]),
]


@pytest.mark.parametrize(("listed", "visible", "pool"), POOLS)
def test_visible_devices_have_one_name_each(driver, monkeypatch, listed, visible, pool):
    driver(listed)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_devices() == pool


def test_without_a_driver_tokens_are_taken_as_they_are(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_devices() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,MIG-x")
    assert visible_devices() == ["2", "MIG-x"]


@pytest.fixture
def failing_driver(driver, tmp_path, monkeypatch):
    """Lets the installed ``nvidia-smi`` fail a number of times, then list again."""

    def install(times: int, said: str = "Unknown Error", listed: str = TWO_GPUS) -> None:
        driver(listed)
        program, count = tmp_path / "bin/nvidia-smi", tmp_path / "failures"
        count.write_text("." * times)
        program.write_text(
            "#!/bin/sh\n"
            f"if [ -s {count} ]; then truncate -s -1 {count}; echo {said!r}; exit 9; fi\n"
            + program.read_text()
        )
        monkeypatch.setattr(devices, "_RETRIES_S", (0, 0))

    return install


def test_a_driver_that_fails_is_asked_again(failing_driver, monkeypatch):
    failing_driver(2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert visible_devices() == ["GPU-bbbb-2"]


@pytest.mark.parametrize("visible", [None, "0"])
def test_a_driver_that_fails_again_and_again_fails_the_job(failing_driver, monkeypatch, visible):
    failing_driver(3)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    sentence = "`nvidia-smi --list-gpus` failed 3 times, the last time with: Unknown Error"
    with pytest.raises(DeviceError, match=sentence):
        compute_device(gpu=1).__enter__()


def test_a_driver_without_devices_has_answered(failing_driver):
    failing_driver(1, said="No devices were found")
    assert visible_devices() == []


def test_indices_and_uuids_compete_for_the_same_lock(driver, monkeypatch):
    driver(TWO_GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with lease(visible_devices()) as held:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-bbbb-2")
        with pytest.raises(DeviceError, match="no free device among GPU-bbbb-2"):
            lease(visible_devices(), timeout_s=0).__enter__()
    assert held == "GPU-bbbb-2"


def test_empty_devices_come_before_shared_ones():
    pool = ["a", "b", "c"]
    with lease(pool, slots=2) as first, lease(pool, slots=2) as second:
        with lease(pool, slots=2) as third, lease(pool, slots=2) as fourth:
            assert [first, second, third, fourth] == ["a", "b", "c", "a"]
        with lease(pool, slots=2) as again:
            assert again == "c"


def test_the_smallest_number_of_slots_on_a_device_holds_for_all_on_it():
    with lease(["a"], slots=2):
        with pytest.raises(DeviceError, match="no free device among a"):
            lease(["a"], slots=1, timeout_s=0).__enter__()
        with lease(["a"], slots=3), pytest.raises(DeviceError):
            lease(["a"], slots=3, timeout_s=0).__enter__()
    pool = ["a", "b"]
    with lease(pool, slots=1) as alone, lease(pool, slots=3) as one, lease(pool, slots=2) as other:
        assert [alone, one, other] == ["a", "b", "b"]


def test_a_lease_ends_with_its_block_even_after_an_error():
    with pytest.raises(KeyError), lease(["a"]):
        raise KeyError
    with lease(["a"], timeout_s=0) as token:
        assert token == "a"


def test_a_forked_child_does_not_keep_a_lease():
    with lease(["a"]):
        child = subprocess.Popen(["sleep", "30"])
        forked = os.fork()
        if not forked:
            time.sleep(30)
            os._exit(0)
    try:
        with lease(["a"], timeout_s=0) as token:
            assert token == "a"
    finally:
        child.kill()
        child.wait()
        os.kill(forked, signal.SIGKILL)
        os.waitpid(forked, 0)


def test_slurm_jobs_have_folders_of_their_own(monkeypatch):
    with lease(["0"]):
        monkeypatch.setenv("SLURM_JOB_ID", "17")
        with lease(["0"], timeout_s=0) as token:
            assert token == "0"


def test_without_gpus_the_cpu_computes_and_the_log_says_so(monkeypatch, caplog):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with compute_device(gpu=1) as device:
        assert device.type == "cpu"
    assert "none is visible: computing on the CPU" in caplog.text


@pytest.mark.parametrize("visible", ["7", "GPU-cccc", "7,0"])
def test_a_name_of_no_gpu_is_refused(driver, monkeypatch, visible):
    driver(TWO_GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(DeviceError, match=f"CUDA_VISIBLE_DEVICES is '{visible}', which names no"):
        compute_device(gpu=1).__enter__()


@pytest.mark.parametrize("visible", ["-1", "-1,0"])
def test_no_gpu_by_name_is_the_cpu(driver, monkeypatch, visible):
    driver(TWO_GPUS)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with compute_device(gpu=1) as device:
        assert device.type == "cpu"


def test_a_job_without_gpu_hides_them_all(monkeypatch, caplog):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with compute_device(gpu=0) as device:
        assert device.type == "cpu"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    assert not caplog.text


HOLDER = """
import sys, time
from fairprune.jobs import devices
devices._POLL_S = 0.02

def write(event, token):
    with open(sys.argv[2], "a") as log:
        log.write(f"{time.monotonic()} {event} {token}\\n")

with devices.lease(["a", "b"]) as token:
    write("takes", token)
    time.sleep(float(sys.argv[1]))
    write("gives", token)
"""


def test_one_holds_a_device_at_a_time_and_killed_ones_leave_nothing_behind(tmp_path):
    log = tmp_path / "log"
    log.touch()

    def hold(seconds):
        command = [sys.executable, "-c", HOLDER, str(seconds), str(log)]
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})

    def events():
        rows = [line.split() for line in log.read_text().splitlines()]
        return [row[1:] for row in sorted(rows, key=lambda row: float(row[0]))]

    doomed = [hold(60), hold(60)]
    deadline = time.monotonic() + 30
    while len(events()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    waiting = [hold(0.05) for _ in range(4)]
    time.sleep(0.3)
    assert sorted(events()) == [["takes", "a"], ["takes", "b"]]
    log.write_text("")
    for process in doomed:
        process.kill()
    assert [process.wait(timeout=60) for process in waiting] == [0] * 4
    assert [process.wait(timeout=60) for process in doomed] == [-signal.SIGKILL] * 2

    held = set()
    for event, token in events():
        assert (token in held) is (event == "gives")
        held ^= {token}
    assert held == set() and len(events()) == 2 * len(waiting)


def test_a_folder_on_the_path_that_may_not_be_read_is_no_driver(monkeypatch, tmp_path):
    def run(*_, **__):
        raise PermissionError(13, "Permission denied", "nvidia-smi")

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("fairprune.jobs.devices.subprocess.run", run)
    assert visible_devices() == []
