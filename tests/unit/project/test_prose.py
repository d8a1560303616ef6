"""The intervals in the prose of docs are those of the committed tables."""

import subprocess
import sys

from tests.documentation import ROOT

TOOL = ROOT / "tools/make_prose.py"


def test_intervals_in_the_prose_are_those_of_the_tables():
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
