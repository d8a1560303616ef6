"""The command ``fairprune`` as a user types it, in a folder with nothing but a study."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.workflow.tiny import ROOT, changed

SMALL = changed(methods=["random", "el2n"], densities=[0.5], seeds=1, figures=[2])


def start(folder, *words, stdout=subprocess.PIPE):
    command = [sys.executable, "-m", "fairprune.command", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    streams = {"stdout": stdout, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, **streams)


def fairprune(folder, *words):
    with start(folder, *words) as process:
        printed, errors = process.communicate()
    return process.returncode, printed + errors


def test_a_study_runs_in_part_and_is_reported(tmp_path):
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(SMALL))
    report = tmp_path / "results/report.html"
    report.parent.mkdir()
    report.write_text("of another time")

    status, printed = fairprune(tmp_path, "report")
    assert status != 0 and "nothing to report yet" in printed
    assert report.read_text() == "of another time"

    target = "results/figures/tiny/figure2.pdf"
    status, printed = fairprune(tmp_path, "run", "--cores", "2", "--resources", "gpu=4", target)
    assert status == 0, printed
    assert "Study: study.yaml" in printed and (tmp_path / target).exists()
    assert len(printed.splitlines()) < 35 and "Finished jobid" not in printed, printed
    status, printed = fairprune(tmp_path, "status", target)
    assert status == 0 and "Nothing to be done" in printed

    (tmp_path / "study.yaml").rename(tmp_path / "study.txt")
    status, printed = fairprune(tmp_path, "report")
    assert status == 0 and "figure2.png" in report.read_text(), printed


@pytest.mark.parametrize("command", ["help", "status", "doctor"])
@pytest.mark.parametrize("reads", [False, True])
def test_what_looks_ends_quietly_with_its_reader(tmp_path, command, reads):
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(SMALL))
    reader, end = os.pipe()
    with start(tmp_path, command, stdout=end) as process:
        os.close(end)
        if reads:
            os.read(reader, 1)
        os.close(reader)
        assert "Error" not in process.stderr.read()
