"""The command ``fairprune`` as a user types it, in a folder with nothing but a study."""

import subprocess
import sys

import yaml

from tests.workflow.tiny import ROOT, changed

SMALL = changed(methods=["random", "el2n"], densities=[0.5], seeds=1, figures=[2])


def fairprune(folder, *words):
    command = [sys.executable, "-m", "fairprune.command", *words]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


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
