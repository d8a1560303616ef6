"""Four GPUs of one machine, simulated, through the real command: who computes where, and when."""

import os

import pytest

from tests.workflow.tiny import changed

UUIDS = [f"GPU-{letter * 8}" for letter in "abcd"]
CPU_JOBS = ("training_settings", "class_counts")
CPU_RESULTS = ("tables/table1.md", "tiny/class_counts.parquet")
# In place of a job's work: hold the device until as many are held as there should be at once.
SCRIPT = """
import os, time
from contextlib import nullcontext
from pathlib import Path
from fairprune.jobs.devices import lease, visible_devices
from fairprune.jobs.frame import job

def note(event, device):
    with open("events", "a") as events:
        events.write(f"{event} {device} {time.monotonic()}\\n")

def held(kind):
    return Path("events").read_text().count(f"takes {kind}")

asked = snakemake.resources
device = lease(visible_devices(), asked.gpu_slots) if asked.get("gpu") else nullcontext("CPU")
deadline = time.monotonic() + 120
with job(snakemake), device as token:
    note("takes", token)
    while held("GPU") < AT_ONCE or not held("CPU"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for path in snakemake.output:
        Path(path).touch()
    note("gives", token)
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose driver lists four GPUs."""
    driver = tmp_path / "bin/nvidia-smi"
    driver.parent.mkdir()
    listed = "".join(f"echo 'GPU {i}: H100 (UUID: {u})'\n" for i, u in enumerate(UUIDS))
    driver.write_text("#!/bin/sh\n" + listed)
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(driver.parent), prepend=os.pathsep)
    monkeypatch.setenv("FAIRPRUNE_LEASES", str(tmp_path / "leases"))
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)


def most_at_a_time(events):
    """The largest number of simultaneous holders of each device, and of all GPUs."""
    now, most = {}, {}
    rows = sorted((line.split() for line in events), key=lambda row: float(row[2]))
    for event, device, _ in rows:
        for name in (device, device[:3]):
            now[name] = now.get(name, 0) + (1 if event == "takes" else -1)
            most[name] = max(most.get(name, 0), now[name])
    return most


@pytest.mark.parametrize("slots", [1, 2])
def test_each_gpu_has_its_jobs_and_cpu_jobs_run_beside_them(project, machine, slots):
    at_once = len(UUIDS) * slots
    project.configure(changed(gpu=1, gpu_slots=slots))
    for name in ("final", *CPU_JOBS):
        script = project.folder / f"workflow/scripts/{name}.py"
        script.write_text(SCRIPT.replace("AT_ONCE", str(at_once)))
    finals = [path for path in project.tables() if path.startswith("tiny/final/")]
    targets = [f"results/{path}" for path in (*finals, *CPU_RESULTS)]
    for path in targets:
        (project.folder / path).unlink()
    project.run(*targets, "--cores", str(4 + at_once), "--resources", f"gpu={at_once}")
    most = most_at_a_time((project.folder / "events").read_text().splitlines())
    assert {name: most[name] for name in UUIDS} == dict.fromkeys(UUIDS, slots)
    assert most["GPU"] == at_once
    assert most["CPU"] >= 1
