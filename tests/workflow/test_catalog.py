"""What the Snakemake workflow catalog looks for."""

import subprocess
import sys

import pytest
import yaml

from tests.workflow.tiny import ROOT, Project

HEAVY = [
    "numpy",
    "scipy",
    "pyarrow",
    "pandas",
    "torch",
    "torchvision",
    "sklearn",
    "matplotlib",
    "PIL",
]
BARE = f"""
import sys
from snakemake.cli import main
sys.modules |= dict.fromkeys({HEAVY})  # as if they were not installed
main(sys.argv[1:])
"""


def test_the_file_in_the_workflow_folder_is_the_same_workflow(tmp_path):
    project = Project.make(tmp_path / "study")
    jobs = project.jobs("all", "--snakefile", "workflow/Snakefile")
    assert jobs and jobs == project.jobs()


def test_the_entry_of_the_catalog():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"] == {"conda": True, "apptainer": False}
    assert usage["report"] is True
    assert (ROOT / "config" / "README.md").is_file() and (ROOT / "LICENSE").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--lint", "--snakefile", "Snakefile"], "in a good condition"),
        (["--lint", "--snakefile", "workflow/Snakefile"], "in a good condition"),
        (["all", "-n", "--snakefile", "Snakefile"], "This was a dry-run"),
        (["-n", "--snakefile", "Snakefile", "--configfile", "config/demo.yaml"], "a dry-run"),
    ],
    ids=" ".join,
)
def test_snakemake_alone_suffices_to_lint_and_to_plan(arguments, said, tmp_path):
    """In an empty folder: what the checkout has made already is not planned."""
    paths = [str(ROOT / word) if (ROOT / word).is_file() else word for word in arguments]
    command = [sys.executable, "-c", BARE, *paths, "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    printed = done.stdout + done.stderr
    assert done.returncode == 0 and said in printed, printed[-3000:]
