"""A folder of one's own beside the package, in processes of its own."""

import os
import subprocess
import sys

import pytest

from tests.documentation import ROOT, blocks, page, study

USE = """
import sys
from fairprune import registry
from fairprune.study.sources import source_hash

registry.extend(sys.argv[1])
registry.extend(sys.argv[1])  # once more changes nothing
assert "mean_loss" in registry.names("scores") and "blended" in registry.names("quota_rules")
assert registry.constant("scores", "mean_loss", "VIEW") == "train"
registry.check_options("quota_rules", "blended", {"share": 0.5}, "here")
print(source_hash("fairprune.scores.mean_loss"))
"""
BOTH = """
import os, subprocess, sys
from fairprune import registry

for folder in sys.argv[2:]:
    registry.extend(folder)
os.chdir("/")
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
"""
INHERITED = "from fairprune import registry; print(*registry.names('scores'))"


def run(code, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr


@pytest.fixture
def folder(tmp_path):
    """The modules of extend.md in a folder of their own."""
    for title, text in blocks(page("docs/extend.md"), "python").items():
        file = tmp_path / "mine" / title.removeprefix("fairprune/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "mine"


def test_modules_are_found_checked_and_hashed(folder):
    first = run(USE, folder)
    assert len(first) == 16
    file = folder / "scores/mean_loss.py"
    file.write_text(file.read_text().replace("1e-12", "1e-9"))
    assert len(run(USE, folder)) == 16 and run(USE, folder) != first


def test_processes_take_it_over(folder):
    assert "mean_loss" in run(INHERITED, FAIRPRUNE_EXTENSIONS=str(folder)).split()
    assert "mean_loss" not in run(INHERITED).split()


def test_processes_take_several_over(folder, tmp_path):
    second = tmp_path / "second"
    (second / "scores").mkdir(parents=True)
    (second / "scores/other.py").write_text("")
    added = {"mean_loss", "other"}
    assert added <= set(run(BOTH, INHERITED, folder, second, PYTHONPATH=str(ROOT)).split())
    relative = {"FAIRPRUNE_EXTENSIONS": os.path.relpath(folder, ROOT), "PYTHONPATH": str(ROOT)}
    assert added <= set(run(BOTH, INHERITED, second, **relative).split())
    apart = tmp_path / f"a{os.pathsep}b"
    folder.rename(apart)
    assert "must have no ':' in its path" in run(USE, apart)


def test_a_name_of_ours_and_a_folder_of_nothing_are_refused(folder, tmp_path):
    (folder / "scores/el2n.py").write_text("")
    assert "scores/el2n.py has the name of one of fairprune's scores" in run(USE, folder)
    assert "must be a folder with one of the folders data, models" in run(USE, tmp_path)


def test_the_schema_knows_it():
    assert study({"extensions": "mine/"}).config["extensions"] == "mine/"
