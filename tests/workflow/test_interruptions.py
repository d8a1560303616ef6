"""After any death the same command goes on: to the bytes of a run that nothing disturbed."""

import os
import random
import re
import subprocess
import time

import psutil
import pytest

from tests.workflow.tiny import TINY, Project, changed

SEED = 20
KILLS = 20
COMMAND = ("all", "--cores", "2")
STUDY = changed(
    densities=[0.5],
    figures=[],
    methods=["full", "forgetting", "random_metriq"],
    queries={},
    training={**TINY["experiments"]["tiny"]["training"], "epochs": 16, "checkpoint_interval_s": 0},
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    project = Project.make(tmp_path_factory.mktemp("undisturbed") / "project", STUDY)
    project.run(*COMMAND)
    return project


def jobs_of(snakemake):
    """Processes of the scripts that a Snakemake runs, of which some may have ended."""
    found = []
    for process in psutil.Process(snakemake.pid).children(recursive=True):
        try:
            if "/.snakemake/scripts/" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            pass
    return found


def wait_until(condition, snakemake, timeout_s=120):
    """Wait for the condition, or the end of Snakemake."""
    deadline = time.monotonic() + timeout_s
    while snakemake.poll() is None and not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def leftovers(project):
    names = ("*.tmp", "*checkpoint*", "*.damaged")
    return [path for name in names for path in (project.folder / "results").rglob(name)]


class Killer:
    """Kills trainings and Snakemake itself at random moments, which it remembers."""

    def __init__(self, project, folder):
        self.project, self.folder, self.random = project, folder, random.Random(SEED)
        self.history, self.resumed = [], set()

    def disturb(self):
        """Run the study until it is killed as a whole, or ends."""
        log = self.folder / f"session{len(self.history)}.log"
        snakemake = self.project.start(*COMMAND, "--retries", "9", log=log)
        while len(self.history) < KILLS and snakemake.poll() is None:
            in_training = self.random.random() < 0.6
            moment = self.random.uniform(0, 0.4 if in_training else 2)
            wait_until(lambda: jobs_of(snakemake), snakemake)
            if in_training:
                wait_until(lambda: self.checkpoints(), snakemake)
            time.sleep(moment)
            victim = self.random.choice([snakemake, *jobs_of(snakemake) * 2])
            self.history.append((in_training, moment, "job" if victim != snakemake else "all"))
            self.note_resumed()
            victim.kill()
            if victim is snakemake:
                break
        status = snakemake.wait()
        self.note_resumed()
        return status, log.read_text()

    def checkpoints(self):
        return list((self.project.folder / "results").rglob("*checkpoint.pt"))

    def note_resumed(self):
        for log in (self.project.folder / "logs/tiny").rglob("*.log"):
            if found := re.search(r"\S+: resumed after epoch \d+", log.read_text()):
                self.resumed.add(found[0])


def test_twenty_kills_at_random_moments_change_no_table(undisturbed, tmp_path):
    project = Project.make(tmp_path / "project", STUDY)
    killer = Killer(project, tmp_path)
    sessions = 0
    while len(killer.history) < KILLS:
        killer.disturb()
        sessions += 1
    status, printed = killer.disturb()
    story = (
        f"seed {SEED}, {sessions} sessions: {killer.history}\n{killer.resumed}\n{printed[-3000:]}"
    )
    assert status == 0, story
    assert project.tables() == undisturbed.tables(), story
    assert killer.resumed, story
    assert leftovers(project) == [], story
    assert project.jobs() == {}


def test_a_failed_training_leaves_no_result_of_other_settings(undisturbed, tmp_path):
    project = undisturbed.copy(tmp_path / "project")
    settings = STUDY["experiments"]["tiny"]
    training = {**settings["training"], "learning_rate": 1000, "weight_decay": 1}
    project.configure(changed(**{**settings, "training": training}))
    result = "results/tiny/final/full/density1.0/seed0.parquet"
    printed = project.run(result, "--cores", "1", check=False)
    last = "\n".join(printed.splitlines()[-8:])
    assert re.search(
        r"final_tiny_0 failed: tiny/full/density1.0/seed0: the loss is nan in epoch [1-9] "
        r"at learning rate 1000; lower training.learning_rate",
        last,
    ), printed
    assert project.jobs(result) == {"final_tiny": 1}
    project.configure(STUDY)
    project.run(result, "--cores", "1")
    log = project.folder / "logs/tiny/final/full/density1.0/seed0.log"
    assert log.read_text().count("finished before, kept") == 2
    assert project.tables() == undisturbed.tables()


def damage(path, how):
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    path.write_bytes({"cut": content[:middle], "emptied": b"", "flipped": flipped}[how])


DAMAGED = {
    "data/fashion_mnist_mini/validation.npy": "flipped",
    "tiny/training_set.parquet": "cut",
    "tiny/query/full/seed0/record.npz": "cut",
    "tiny/scores/forgetting/seed0.parquet": "flipped",
    "tiny/scores/forgetting/mean.parquet": "emptied",
    "tiny/quotas/metriq/density0.5.parquet": "cut",
    "tiny/pruned/forgetting/density0.5/seed1.parquet": "flipped",
    "tiny/final/random_metriq/density0.5/seed1.parquet": "flipped",
    "tiny/costs/final/full/density1.0/seed0.json": "cut",
    "tiny/class_metrics.parquet": "cut",
    "tables/tiny.md": "emptied",
}


def test_damaged_artifacts_of_every_kind_are_made_again_by_the_same_command(undisturbed, tmp_path):
    project = undisturbed.copy(tmp_path / "project")
    for name, how in DAMAGED.items():
        damage(project.folder / "results" / name, how)
    printed = project.run(*COMMAND)
    for name in DAMAGED:
        assert f"results/{name} is not what its job wrote" in printed
    for path in leftovers(project):
        assert path.suffix == ".damaged"
        path.unlink()
    assert project.tables() == undisturbed.tables()
    logs = project.folder / "logs/tiny"
    redone = (logs / "final/random_metriq/density0.5/seed0.log").read_text()
    assert "seed0: finished before, kept" in redone and "seed1: epoch 24/24" in redone
    assert ": epoch" not in (logs / "final/forgetting/density0.5/seed0.log").read_text()


def test_of_two_at_once_the_second_is_refused_and_a_killed_one_frees_the_folder(tmp_path):
    project = Project.make(tmp_path / "project", STUDY)
    first = project.start(*COMMAND, log=tmp_path / "first.log")
    wait_until(lambda: jobs_of(first), first)
    second = project.run(*COMMAND, check=False)
    assert "Another Snakemake is at work in this folder" in second
    assert "cannot be locked" in second and "Traceback" not in second
    first.kill()
    first.wait()
    assert "Error" not in project.run("results/tables/table1.md", "--cores", "1")


@pytest.fixture
def small_disk(tmp_path):
    """An empty disk of its own, of 64 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)]
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    if (done := subprocess.run(mount, capture_output=True, text=True)).returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_named_and_with_space_the_same_command_goes_on(undisturbed, small_disk):
    project = undisturbed.copy(small_disk / "project")
    for path in (project.folder / "results/tiny/query/full/seed0").iterdir():
        path.unlink()
    free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(free - 160_000))
    command = ("results/tiny/query/full/seed0/record.npz", *COMMAND)
    printed = project.run(*command, check=False)
    assert "space left on the disk" in "\n".join(printed.splitlines()[-12:]), printed
    assert not (project.folder / "results/tiny/query/full/seed0/recall.parquet").exists()
    ballast.unlink()
    project.run(*command)
    assert project.tables() == undisturbed.tables()
    assert leftovers(project) == []
