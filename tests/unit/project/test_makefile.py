"""What a user gives to make reaches the command as it is."""

import shutil
import subprocess

import pytest

from tests.documentation import ROOT

STRANGE = [
    "`touch ran`",
    'birds"; touch ran; "',
    "$(touch ran)",
    "$$(touch ran)",
    "$(shell touch ran)",
    "it's a $HOME; #1",
    "--help",
]


@pytest.mark.parametrize("path", STRANGE)
def test_a_path_is_neither_expanded_nor_run(tmp_path, path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    command = ["make", "-s", "-o", ".venv/installed", "new-study", f"DATA={path}", "USED=1"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    given = ["-m", "fairprune.command", "new", "--used-classes-only", "--", path]
    assert printed.stdout.splitlines() == given
    assert not (tmp_path / "ran").exists()
