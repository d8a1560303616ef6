"""What the Snakemake workflow catalog looks for."""

import yaml

from tests.workflow.tiny import ROOT, Project


def test_the_file_in_the_workflow_folder_is_the_same_workflow(tmp_path):
    project = Project.make(tmp_path / "study")
    jobs = project.jobs("all", "--snakefile", "workflow/Snakefile")
    assert jobs and jobs == project.jobs()


def test_the_entry_of_the_catalog():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"] == {"conda": False, "apptainer": False}
    assert usage["report"] is True
    assert (ROOT / "config" / "README.md").is_file() and (ROOT / "LICENSE").is_file()
