"""After any death the same command goes on: to the bytes of a run that nothing disturbed."""

import os
import random
import re
import subprocess
import time

import psutil
import pytest

from fairprune.jobs.cost import read_cost
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
    names = ("*.tmp", "*checkpoint*")
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
        return list((self.project.folder / "results").rglob("*.checkpoint.pt"))

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
        r"final failed: tiny/full/density1.0/seed0: the loss is nan in epoch [1-9] "
        r"at learning rate 1000; lower training.learning_rate",
        last,
    ), printed
    assert project.jobs(result) == {"final": 1}
    project.configure(STUDY)
    project.run(result, "--cores", "1")
    assert project.tables() == undisturbed.tables()


def test_what_fails_after_a_training_costs_no_training(undisturbed, tmp_path):
    project = undisturbed.copy(tmp_path / "project")
    results = ("tiny/final/full/density1.0/seed0.parquet", "tiny/query/full/seed0/recall.parquet")
    targets = [f"results/{path}" for path in results]
    for target in targets:
        (project.folder / target).unlink()
    scripts = [project.folder / f"workflow/scripts/{name}.py" for name in ("final", "query")]
    before = [script.read_text() for script in scripts]
    for script, text in zip(scripts, before, strict=True):
        script.write_text(f"{text}\nraise SystemExit('out of time')\n")
    project.run(*targets, "--cores", "2", "--keep-going", check=False)
    assert not any((project.folder / target).exists() for target in targets)
    for script, text in zip(scripts, before, strict=True):
        script.write_text(text)
    project.run(*targets, "--cores", "2")
    for log in ("final/full/density1.0/seed0.log", "query/full/seed0.log"):
        assert ": epoch" not in (project.folder / "logs/tiny" / log).read_text()
    cost = "results/tiny/costs/final/full/density1.0/seed0.json"
    spent, usual = (read_cost(each.folder / cost)["time_s"] for each in (project, undisturbed))
    assert spent > usual / 10  # that of the job that trained, which is gone
    assert project.tables() == undisturbed.tables()
    assert leftovers(project) == []


def test_an_impossible_run_withholds_no_other_and_is_refused_when_its_size_is_known(tmp_path):
    config = changed(methods=["random"], densities=[0.005, 0.5], seeds=1, figures=[], queries={})
    project = Project.make(tmp_path / "project", config)
    printed = project.run("all", "--cores", "2", check=False)
    assert "density0.005/seed0: 1 training example; at least 2 needed" in printed
    assert (project.folder / "results/tiny/final/random/density0.5/seed0.parquet").exists()
    printed = project.run("all", "--cores", "2", check=False)
    said = "experiments.tiny.densities: 0.005 keeps 1 of the 200 training examples"
    assert said in printed and "Traceback" not in printed


def damage(path, how):
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    path.write_bytes({"cut": content[:middle], "emptied": b"", "flipped": flipped}[how])


KEPT = "density0.5/seed0.parquet"
DAMAGED = [  # what is damaged, how, and a result that is made from it
    ("query/full/seed0/record.npz", "cut", "scores/forgetting/seed0.parquet"),
    (f"pruned/forgetting/{KEPT}", "emptied", f"final/forgetting/{KEPT}"),
    ("costs/final/full/density1.0/seed0.json", "cut", "metrics.parquet"),
]


@pytest.mark.parametrize(("name", "how", "result"), DAMAGED)
def test_a_damaged_file_is_refused_by_name_and_made_again_when_deleted(
    undisturbed, tmp_path, name, how, result
):
    project = undisturbed.copy(tmp_path / "project")
    tiny = project.folder / "results/tiny"
    damage(tiny / name, how)
    (tiny / result).unlink()
    allowed = ("--rerun-triggers", "code")  # the damaged file is newer, and would be refused first
    printed = project.run(f"results/tiny/{result}", "--cores", "1", *allowed, check=False)
    assert f"results/tiny/{name} is not a readable" in printed
    assert "delete that file and run the same command again" in printed
    (tiny / name).unlink()
    project.run(f"results/tiny/{result}", *COMMAND)
    assert project.tables() == undisturbed.tables()


def test_of_two_at_once_the_second_is_refused_and_a_killed_one_frees_the_folder(tmp_path):
    project = Project.make(tmp_path / "project", STUDY)
    first = project.start(*COMMAND, log=tmp_path / "first.log")
    wait_until(lambda: jobs_of(first), first)
    second = project.run(*COMMAND, check=False)
    assert "another Snakemake is at work on" in second and "Traceback" not in second
    first.kill()
    first.wait()
    assert "Error" not in project.run("results/tables/table1.md", "--cores", "1")


LOOKS = (
    ("all", "--dry-run"),
    ("--list-rules",),
    ("--summary",),
    ("--rulegraph",),
    ("all", "--report", "../report.html"),
)


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_looking_writes_nothing_also_after_a_death_and_an_edit(undisturbed, tmp_path, look):
    project = undisturbed.copy(tmp_path / "project")
    note = project.folder / "results/tables/tiny.md"
    note.write_text(note.read_text() + "\nMy note.\n")
    marks = project.folder / ".snakemake/incomplete"
    marks.mkdir(exist_ok=True)
    (marks / "bWFyaw==").touch()
    before = state(project.folder)
    project.run(*look, "--cores", "1")
    assert state(project.folder) == before


def state(folder):
    """Every file with its content and time, but what Snakemake notes of each call itself."""
    own = re.compile(r"\.snakemake/(log|iocache)/")
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not own.search(str(path))
    }


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
