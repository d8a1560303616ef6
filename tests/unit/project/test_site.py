"""`make docs` refuses links and anchors that lead nowhere."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.documentation import ROOT, page

pytest.importorskip("mkdocs")


def test_broken_links_and_anchors_fail_the_build(tmp_path):
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    start = tmp_path / "docs" / "index.md"
    broken = "\n[a](missing.md) [b](method.md#missing) ![c](images/missing.png)\n"
    start.write_text(start.read_text() + broken)
    command = re.search(r"\$\(BIN\)/(mkdocs .*)", page("Makefile"))[1].split()
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    for missing in ("missing.md", "#missing", "missing.png"):
        assert f"{missing}'" in done.stderr
