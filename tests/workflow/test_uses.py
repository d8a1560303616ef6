"""Used as workflows are used: from another folder, as a module, one folder a study."""

import subprocess
import sys

import pytest
import yaml

from tests.workflow.tiny import ROOT, TINY

TARGET = "results/tiny/pruned/random/density0.3/seed0.parquet"


def snakemake(folder, *arguments, check=True):
    command = [sys.executable, "-m", "snakemake", *map(str, arguments), "--cores", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def study(tmp_path):
    """A folder with nothing but a study's own configuration."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(yaml.safe_dump(TINY))
    return tmp_path


@pytest.mark.parametrize("way", ["directory", "snakefile", "configfile"])
def test_a_study_stands_on_the_workflows_configuration_wherever_it_lies(study, way):
    if way == "directory":
        snakemake(ROOT, TARGET, "--directory", study)
    elif way == "snakefile":
        snakemake(study, TARGET, "--snakefile", ROOT / "Snakefile")
    else:
        (study / "config/config.yaml").rename(study / "tiny.yaml")
        own = ("--snakefile", ROOT / "Snakefile", "--configfile", study / "tiny.yaml")
        snakemake(study, TARGET, *own)
    assert (study / TARGET).exists()
    assert not (ROOT / TARGET).exists()


def test_another_folder_goes_on_after_a_death_too(study):
    printed = snakemake(study, "--snakefile", ROOT / "Snakefile", "--dry-run")
    assert "profiles/default" in printed


def write_as_module(file, before, config, prefix, place="Snakefile"):
    """A workflow that uses this one as a module after some lines of its own."""
    file.write_text(
        f"{before}\n"
        "module fairprune:\n"
        f'    snakefile: "{ROOT / place}"\n'
        f"    config: {config}\n"
        f"use rule * from fairprune{prefix}\n"
    )


@pytest.mark.parametrize("prefix", ["", " as study_*"])
def test_as_a_module_the_default_target_is_the_studys(tmp_path, prefix):
    own = 'configfile: "mine.yaml"'
    write_as_module(tmp_path / "Snakefile", own, 'config["pruning"]', prefix)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"other": 1, "pruning": TINY}))
    printed = snakemake(tmp_path, "--dry-run")
    assert f"{'study_' if prefix else ''}final" in printed and "study_table" in printed
    snakemake(tmp_path, TARGET)
    assert (tmp_path / TARGET).exists()


@pytest.mark.parametrize("place", ["Snakefile", "workflow/Snakefile"])
def test_as_a_module_it_leaves_the_first_rule_of_the_other_workflow_its_default(tmp_path, place):
    own = 'rule mine:\n    output: touch("mine.txt")'
    write_as_module(tmp_path / "Snakefile", own, repr(TINY), " as study_*", place)
    snakemake(tmp_path)
    assert (tmp_path / "mine.txt").exists() and not (tmp_path / "results").exists()


REFUSED = {
    "a key twice": ("run: [tiny]\n", TARGET, "the key 'run' is there twice"),
    "an unknown target": ("", TARGET.replace("density0.3", "densitynan"), "no such density of"),
    "a file for a folder": ("", TARGET, "results is no folder, and one is needed there"),
    "a file for a folder of logs": ("", TARGET, "logs/tiny is no folder, and one is needed there"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_planned_is_refused_in_a_sentence(study, case):
    more, target, message = REFUSED[case]
    with open(study / "config/config.yaml", "a") as file:
        file.write(more)
    if "file" in case:
        path = study / message.split()[0]
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    printed = snakemake(study, target, "-n", "--snakefile", ROOT / "Snakefile", check=False)
    assert message in printed and "Traceback" not in printed


def test_an_included_workflow_is_the_default_of_a_file_without_rules(study):
    (study / "Snakefile").write_text(f'include: "{ROOT / "Snakefile"}"\n')
    assert "study_table" in snakemake(study, "--dry-run")
    own = 'rule mine:\n    output: touch("mine.txt")\n'
    (study / "Snakefile").write_text(f'include: "{ROOT / "Snakefile"}"\n{own}')
    snakemake(study)
    assert (study / "mine.txt").exists() and not (study / "results/tables").exists()
